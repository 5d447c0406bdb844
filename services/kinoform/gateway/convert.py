"""Records of the stores to messages, and back."""

from collections.abc import Callable, Sequence

from google.protobuf import any_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc import error_details_pb2, status_pb2

from kinoform.store.records import AssetRecord, JobFilter, JobRecord, JobState, OutputRecord, PayloadFactory
from kinoform.store.retention import FOREVER, Terms
from kinoform_proto.asset.v1.asset_pb2 import Asset
from kinoform_proto.engine.v1 import engine_pb2
from kinoform_proto.job.v1 import job_pb2

STATES = {
    JobState.QUEUED: job_pb2.Job.STATE_QUEUED,
    JobState.RUNNING: job_pb2.Job.STATE_RUNNING,
    JobState.PAUSED: job_pb2.Job.STATE_PAUSED,
    JobState.SUCCEEDED: job_pb2.Job.STATE_SUCCEEDED,
    JobState.FAILED: job_pb2.Job.STATE_FAILED,
    JobState.CANCELLED: job_pb2.Job.STATE_CANCELLED,
}
STAGES = {
    "encode": job_pb2.Progress.STAGE_ENCODE,
    "denoise": job_pb2.Progress.STAGE_DENOISE,
    "decode": job_pb2.Progress.STAGE_DECODE,
    "write": job_pb2.Progress.STAGE_WRITE,
    "surface": job_pb2.Progress.STAGE_SURFACE,
    "render": job_pb2.Progress.STAGE_RENDER,
}
_STATE_OF = {number: state for state, number in STATES.items()}
TERMINAL = frozenset(STATES[state] for state in JobState if state.terminal)
"""Numbers of the states that end a job."""


def timestamp(at: int) -> Timestamp:
    """A time. at: microseconds since 1970, UTC."""
    return Timestamp(seconds=at // 1_000_000, nanos=at % 1_000_000 * 1000)


def stage(name: str) -> job_pb2.Progress.Stage.ValueType:
    """The stage that generation services call so: `denoise`."""
    return STAGES.get(name, job_pb2.Progress.STAGE_UNSPECIFIED)


def request_of(record: JobRecord) -> any_pb2.Any:
    """The resolved request that made the job."""
    return any_pb2.Any.FromString(record.submission.request)


def job_to_proto(record: JobRecord, *, ahead: int = 0, kept: Sequence[int] = (), terms: Terms = FOREVER) -> job_pb2.Job:
    """The job as callers see it.

    ahead: how many jobs stand before it in the queue; kept: steps with kept states; terms: its project's.
    """
    asked, status = record.submission, record.status
    job = job_pb2.Job(
        name=record.name,
        state=STATES[status.state],
        model=asked.model,
        request=request_of(record),
        priority=asked.priority,
        labels=asked.labels,
        create_time=timestamp(asked.created_at),
        attempt=status.attempt,
        warnings=asked.warnings,
        outputs=[output_to_proto(output) for output in status.outputs],
        last_sequence=status.last_sequence,
        kept_steps=kept,
    )
    if asked.parent is not None and asked.origin_step is not None:
        job.lineage.job, job.lineage.step = asked.parent, asked.origin_step
    job.progress.CopyFrom(_progress(record, ahead))
    if asked.deadline is not None:
        job.deadline.CopyFrom(timestamp(asked.deadline))
    if status.started_at is not None:
        job.start_time.CopyFrom(timestamp(status.started_at))
    if status.ended_at is not None:
        job.end_time.CopyFrom(timestamp(status.ended_at))
    expires = terms.job_expires(status.ended_at)
    if expires is not None:
        job.expire_time.CopyFrom(timestamp(expires))
    if status.error is not None:
        job.error.CopyFrom(status_pb2.Status.FromString(status.error))
    return job


def _progress(record: JobRecord, ahead: int) -> job_pb2.Progress:
    status = record.status
    now = job_pb2.Progress.STAGE_QUEUED if status.state is JobState.QUEUED else stage(status.stage)
    return job_pb2.Progress(stage=now, step=status.step, steps=status.steps, queue_position=ahead)


def output_to_proto(output: OutputRecord) -> job_pb2.Output:
    """A result as callers see it."""
    shown = job_pb2.Output(
        role=output.role,
        asset=output.asset,
        media_type=output.media_type,
        size_bytes=output.size,
        sha256=output.sha256,
    )
    shown.MergeFromString(output.payload)
    return shown


def output_payload(stored: engine_pb2.OutputStored, *, credentials: str = "") -> bytes:
    """What only some outputs have, for `OutputRecord.payload`. credentials: the asset's name, if they have one."""
    match stored.WhichOneof("report"):
        case "mesh":
            shown = job_pb2.Output(mesh=stored.mesh)
        case "material":
            shown = job_pb2.Output(material=stored.material)
        case "conditioning":
            shown = job_pb2.Output(conditioning=stored.conditioning)
        case None:
            shown = job_pb2.Output()
    shown.content_sha256, shown.credentials = stored.content_sha256, credentials
    return shown.SerializeToString(deterministic=True)


def same_content(before: OutputRecord, stored: engine_pb2.OutputStored) -> bool:
    """Whether a file is the one before, or was before it was signed anew."""
    if before.sha256 == stored.blob.sha256:
        return True
    return bool(stored.content_sha256) and output_to_proto(before).content_sha256 == stored.content_sha256


def reason_of(error: status_pb2.Status) -> str:
    """`ErrorInfo.reason`; empty without one."""
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in error.details if detail.Unpack(info)), "")


def asset_to_proto(record: AssetRecord, terms: Terms) -> Asset:
    """An asset's record as callers see it. terms: its project's."""
    expires = terms.file_expires(record.created_at)
    return Asset(
        name=record.name,
        display_name=record.display_name,
        media_type=record.media_type,
        size_bytes=record.size,
        sha256=record.sha256,
        create_time=timestamp(record.created_at),
        job=record.job or "",
        expire_time=None if expires is None else timestamp(expires),
    )


def filter_from_proto(wanted: job_pb2.JobFilter) -> JobFilter:
    """Which jobs to list."""
    return JobFilter(
        states=frozenset(_STATE_OF[state] for state in wanted.states),
        models=frozenset(wanted.models),
        labels=dict(wanted.labels),
    )


EventMaker = Callable[[job_pb2.JobEvent], None]
"""Fills in what happened."""


def event(at: int, attempt: int, happened: EventMaker) -> PayloadFactory:
    """An event's payload, complete but for the sequence number that the store gives. at: microseconds."""

    def payload(sequence: int) -> bytes:
        made = job_pb2.JobEvent(sequence=sequence, attempt=attempt, time=timestamp(at))
        happened(made)
        return made.SerializeToString()

    return payload


def state_changed(state: JobState, reason: str = "", error: status_pb2.Status | None = None) -> EventMaker:
    """The job entered a state."""

    def fill(made: job_pb2.JobEvent) -> None:
        made.state_changed.state = STATES[state]
        made.state_changed.reason = reason
        if error is not None:
            made.state_changed.error.CopyFrom(error)

    return fill


def happened(
    what: job_pb2.Progress | job_pb2.Preview | job_pb2.CheckpointSaved | job_pb2.Output | job_pb2.Warning,
) -> EventMaker:
    """Anything else that befalls a job."""
    match what:
        case job_pb2.Progress():
            return lambda made: made.progress.CopyFrom(what)
        case job_pb2.Preview():
            return lambda made: made.preview.CopyFrom(what)
        case job_pb2.CheckpointSaved():
            return lambda made: made.checkpoint_saved.CopyFrom(what)
        case job_pb2.Output():
            return lambda made: made.output.CopyFrom(what)
        case job_pb2.Warning():
            return lambda made: made.warning.CopyFrom(what)
