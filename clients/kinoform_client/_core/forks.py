"""Requests for forks: a kept state of a job, and what changes from there on."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kinoform_client._core.check import Check
from kinoform_proto.job.v1 import job_pb2


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changes in the steps that follow; what is None stays as it was."""

    prompt: str | None = None
    prompt_tail: str | None = None
    guidance: float | None = None
    remaining_steps: int | None = None
    image_strength: float | None = None
    condition_strengths: Mapping[int, float] = field(default_factory=dict)
    pause_at: int | None = None


def fork_job(
    name: str, step: int | None, changes: Changes, *, request_id: str, priority: int, labels: Mapping[str, str]
) -> job_pb2.ForkJobRequest:
    """The request. Raises InvalidArgumentError."""
    check = Check()
    request = job_pb2.ForkJobRequest(
        name=name,
        request_id=request_id,
        step=0 if step is None else check.whole("step", step, 1, 999),
        changes=job_pb2.ForkChanges(
            prompt=changes.prompt,
            prompt_tail=changes.prompt_tail,
            guidance=changes.guidance,
            remaining_steps=check.maybe("changes.remaining_steps", changes.remaining_steps),
            image_strength=changes.image_strength,
            condition_strengths=dict(changes.condition_strengths),
            pause_at=check.maybe("changes.pause_at", changes.pause_at),
        ),
        priority=check.whole("priority", priority),
        labels=labels,
    )
    check.finish()
    return request
