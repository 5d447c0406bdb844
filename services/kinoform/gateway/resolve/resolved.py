"""What comes of resolving a request's spec."""

from collections.abc import Iterator
from dataclasses import dataclass

from kinoform.gateway.errors import Violation
from kinoform.models.card import AnyCard
from kinoform.models.services import ServiceName
from kinoform_proto.type.v1.type_pb2 import Sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A spec with nothing left open, seen from outside."""

    kind: ServiceName
    """The service that carries it out."""
    card: AnyCard | None = None
    """The model that it needs; None for work without one."""
    prompt: str = ""
    """What the model is told in words."""
    violations: tuple[Violation, ...] = ()
    """What can't be done of it."""


def step_violations(sampling: Sampling, most: int) -> Iterator[Violation]:
    """Steps beyond the model's, and steps to stop at or to keep that are none of those between first and last."""
    if sampling.steps > most:
        yield Violation("spec.sampling.steps", f"must be at most {most}, is {sampling.steps}")
    if sampling.HasField("pause_at") and sampling.pause_at >= sampling.steps:
        yield Violation("spec.sampling.pause_at", f"must be below the {sampling.steps} steps, is {sampling.pause_at}")
    for number, step in enumerate(sampling.keep_steps):
        if step >= sampling.steps:
            yield Violation(
                f"spec.sampling.keep_steps[{number}]", f"must be below the {sampling.steps} steps, is {step}"
            )
