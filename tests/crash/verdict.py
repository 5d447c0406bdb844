"""What must hold of a job whatever was done to it."""

import itertools
from collections.abc import Mapping, Sequence

from kinoform_proto.job.v1.job_pb2 import Job, JobEvent

ENDS = frozenset({Job.STATE_SUCCEEDED, Job.STATE_FAILED, Job.STATE_CANCELLED})
ORDER = {stage: place for place, stage in enumerate((2, 3, 4, 6, 7, 5))}
"""Progress.Stage numbers: encode, denoise, decode, surface, render, write."""


def objections(
    job: Job, events: Sequence[JobEvent], outputs: Mapping[str, str], undisturbed: Mapping[str, str]
) -> list[str]:
    """Everything that is wrong with how a job went; empty if nothing is. outputs: SHA-256 by role."""
    found = []
    if job.state != Job.STATE_SUCCEEDED:
        found.append(f"ended as {Job.State.Name(job.state)}: {job.error.message}")
    ends = [event for event in events if event.state_changed.state in ENDS]
    if len(ends) != 1 or ends[0] is not events[-1]:
        found.append(f"ended {len(ends)} times")
    sequences = [event.sequence for event in events]
    if sequences != list(range(1, len(events) + 1)):
        found.append(f"its log is not 1, 2, 3 …: {sequences}")
    way = [_place(event) for event in events if event.progress.stage in ORDER]
    if any(after <= before for before, after in itertools.pairwise(way)):
        found.append(f"its progress repeats itself or goes backwards: {way}")
    for kind, of in (
        ("preview", lambda event: event.preview.step),
        ("checkpoint_saved", lambda event: event.checkpoint_saved.step),
    ):
        steps = [of(event) for event in events if event.HasField(kind)]
        if steps != sorted(set(steps)):
            found.append(f"{kind} repeats itself or goes backwards: {steps}")
    roles = [event.output.role for event in events if event.HasField("output")]
    if sorted(roles) != sorted(undisturbed):
        found.append(f"outputs told of: {roles}")
    if dict(outputs) != dict(undisturbed):
        found.append("its bytes are other ones")
    return found


def struck_at(events: Sequence[JobEvent]) -> str:
    """Where the first attempt really was when it was cut short; empty if it never was."""
    first = [event for event in events if event.attempt <= 1 and event.WhichOneof("event") != "state_changed"]
    if len({event.attempt for event in events if event.attempt}) < 2:
        return ""
    if not first:
        return "queued"
    last = first[-1]
    match last.WhichOneof("event"):
        case "progress":
            return f"step {last.progress.step}" if last.progress.stage == 3 else _STAGE[last.progress.stage]
        case other:
            return str(other)


def _place(event: JobEvent) -> tuple[int, int]:
    return ORDER[event.progress.stage], event.progress.step


_STAGE = {1: "queued", 2: "encoding", 4: "decoding", 5: "uploading"}
