"""Jobs made of a kept state of another: what is done stays, what follows is as the fork says."""

from collections.abc import Iterator
from dataclasses import dataclass

from kinoform.gateway import convert
from kinoform.gateway.errors import BadRequest, Violation
from kinoform.gateway.resolve.requests import copied, resolve, unpacked
from kinoform.gateway.submit import Beginning, Submitter, request_key, same
from kinoform.store.kept_states import KeptStates
from kinoform.store.records import JobRecord, KeptState
from kinoform_proto.job.v1.job_pb2 import ForkChanges, ForkJobRequest
from kinoform_proto.material.v1.material_pb2 import GenerateMaterialRequest
from kinoform_proto.mesh.v1.mesh_pb2 import GenerateMeshRequest, TextureMeshRequest
from kinoform_proto.type.v1.type_pb2 import Reach
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest

Forkable = GenerateVideoRequest | GenerateMeshRequest | TextureMeshRequest | GenerateMaterialRequest


@dataclass(frozen=True, slots=True)
class Forker:
    """Takes requests for forks."""

    submitter: Submitter
    kept: KeptStates

    def fork(self, request: ForkJobRequest) -> JobRecord:
        """Queue a job, or find the one that the same request made before. Blocks.

        Raises NotFound, NotKept, BadRequest with every bad field, Refused, RequestIdReused.
        """
        jobs, key = self.submitter.jobs, request_key(request)
        project = request.name.split("/")[1]
        before = jobs.find_request(project, key.id)
        if before is not None:
            return same(before, key)
        parent = jobs.get(request.name)
        origin = self.kept.get(request.name, request.step or None)
        asked = _changed(parent, request, origin)
        resolved = resolve(asked, self.submitter.offer)
        self.submitter.policies.check_prompt("changes.prompt", resolved.prompt)
        self.submitter.take_inputs(asked, resolved, project)
        return self.submitter.queue(asked, resolved, key, beginning=Beginning(parent.name, origin))


def _changed(parent: JobRecord, fork: ForkJobRequest, origin: KeptState) -> Forkable:
    """The parent's request as the fork has it. Raises BadRequest."""
    before = unpacked(convert.request_of(parent))
    assert isinstance(before, Forkable)  # others keep no state
    asked, changes = copied(before), fork.changes
    found = [*_violations(asked, changes, origin.step)]
    if found:
        raise BadRequest(found)
    asked.priority = fork.priority
    for name, value in fork.labels.items():
        asked.labels[name] = value
    _change_words(asked, changes)
    _change_sampling(asked, changes, origin.step)
    _change_strengths(asked, changes)
    return asked


def _violations(asked: Forkable, changes: ForkChanges, step: int) -> Iterator[Violation]:
    if changes.HasField("prompt") and changes.HasField("prompt_tail"):
        yield Violation("changes.prompt_tail", "must not stand beside prompt")
    if changes.HasField("image_strength"):
        reach = _image_reach(asked)
        if reach is None:
            yield Violation("changes.image_strength", "belongs to an image, and the job has none")
        elif isinstance(asked, GenerateVideoRequest) and changes.image_strength == 0 and reach.strength > 0:
            yield Violation("changes.image_strength", "must stay above 0: the job began with its image")
    reaches = _reaches(asked)
    for number in sorted(changes.condition_strengths):
        if number >= len(reaches):
            there = f"has {len(reaches)}" if reaches else "has none"
            yield Violation(f"changes.condition_strengths[{number}]", f"no such condition: the job {there}")
    if changes.HasField("pause_at") and changes.pause_at <= step:
        yield Violation("changes.pause_at", f"must be after step {step}, is {changes.pause_at}")


def _change_words(asked: Forkable, changes: ForkChanges) -> None:
    if changes.HasField("prompt"):
        asked.spec.prompt.text = changes.prompt
    elif changes.prompt_tail:
        before = asked.spec.prompt.text.rstrip(" ,")
        asked.spec.prompt.text = f"{before}, {changes.prompt_tail}" if before else changes.prompt_tail


def _change_sampling(asked: Forkable, changes: ForkChanges, step: int) -> None:
    sampling = asked.spec.sampling
    sampling.ClearField("pause_at")
    sampling.ClearField("keep_steps")
    if changes.HasField("guidance"):
        sampling.guidance = changes.guidance
    if changes.HasField("remaining_steps"):
        sampling.steps = step + changes.remaining_steps
    if changes.HasField("pause_at"):
        sampling.pause_at = changes.pause_at


def _change_strengths(asked: Forkable, changes: ForkChanges) -> None:
    reach = _image_reach(asked)
    if reach is not None and changes.HasField("image_strength"):
        reach.strength = changes.image_strength
    for number, strength in changes.condition_strengths.items():
        _reaches(asked)[number].strength = strength


def _image_reach(asked: Forkable) -> Reach | None:
    match asked:
        case GenerateVideoRequest() | GenerateMeshRequest() if asked.spec.HasField("image"):
            return asked.spec.image_reach
        case _:
            return None


def _reaches(asked: Forkable) -> list[Reach]:
    match asked:
        case GenerateVideoRequest():
            return [condition.reach for condition in asked.spec.conditions]
        case GenerateMeshRequest():
            return [view.reach for view in asked.spec.views]
        case _:
            return []
