"""Protos to the SDK's records."""

from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from kinoform_client import types
from kinoform_client._core.status import error_from_status
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.catalog.v1 import catalog_pb2
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.type.v1 import type_pb2
from kinoform_proto.video.v1 import video_pb2

_STAGES: dict[int, types.Stage] = {
    job_pb2.Progress.STAGE_QUEUED: types.Stage.QUEUED,
    job_pb2.Progress.STAGE_ENCODE: types.Stage.ENCODE,
    job_pb2.Progress.STAGE_DENOISE: types.Stage.DENOISE,
    job_pb2.Progress.STAGE_DECODE: types.Stage.DECODE,
    job_pb2.Progress.STAGE_WRITE: types.Stage.WRITE,
}


def job_from_proto(proto: job_pb2.Job) -> types.Job:
    """The record of a job."""
    return types.Job(
        name=proto.name,
        state=_state(proto.state),
        model=proto.model,
        request=_request(proto),
        priority=proto.priority,
        labels=dict(proto.labels),
        times=types.JobTimes(
            created=_time(proto.create_time) if proto.HasField("create_time") else None,
            started=_time(proto.start_time) if proto.HasField("start_time") else None,
            ended=_time(proto.end_time) if proto.HasField("end_time") else None,
        ),
        attempt=proto.attempt,
        progress=types.JobProgress(**_progress(proto.progress)),
        warnings=tuple(proto.warnings),
        outputs=tuple(output_from_proto(output) for output in proto.outputs),
        error=error_from_status(proto.error) if proto.HasField("error") else None,
        last_sequence=proto.last_sequence,
    )


def event_from_proto(proto: job_pb2.JobEvent) -> types.Event:
    """The record of an event; a plain Event for a kind that this version does not know."""
    place: dict[str, Any] = {
        "sequence": proto.sequence,
        "time": _time(proto.time) if proto.HasField("time") else None,
        "attempt": proto.attempt,
    }
    match proto.WhichOneof("event"):
        case "state_changed":
            change = proto.state_changed
            error = error_from_status(change.error) if change.HasField("error") else None
            return types.StateChanged(**place, state=_state(change.state), error=error, reason=change.reason)
        case "progress":
            return types.Progress(**place, **_progress(proto.progress))
        case "preview":
            look = proto.preview
            return types.Preview(**place, step=look.step, image=look.image, frames=look.frames)
        case "checkpoint_saved":
            return types.CheckpointSaved(**place, step=proto.checkpoint_saved.step)
        case "output":
            return types.OutputReady(**place, output=output_from_proto(proto.output))
        case "warning":
            return types.WarningRaised(**place, message=proto.warning.message)
    return types.Event(**place)


def output_from_proto(proto: job_pb2.Output) -> types.Output:
    """The record of a job's file."""
    return types.Output(
        role=proto.role,
        asset=proto.asset,
        media_type=proto.media_type,
        size_bytes=proto.size_bytes,
        sha256=proto.sha256,
    )


def asset_from_proto(proto: asset_pb2.Asset) -> types.Asset:
    """The record of a stored file."""
    return types.Asset(
        name=proto.name,
        display_name=proto.display_name,
        media_type=proto.media_type,
        size_bytes=proto.size_bytes,
        sha256=proto.sha256,
        created=_time(proto.create_time) if proto.HasField("create_time") else None,
        job=proto.job,
    )


def model_from_proto(proto: catalog_pb2.Model) -> types.Model:
    """The record of a model."""
    limits = proto.video
    return types.Model(
        name=proto.name.removeprefix("models/"),
        display_name=proto.display_name,
        family=proto.family,
        version=proto.version,
        description=proto.description,
        license=proto.license,
        limits=tuple(proto.limits),
        clip=types.ClipLimits(
            min_frames=limits.min_frames,
            max_frames=limits.max_frames,
            frames_step=limits.frames_step,
            default_frames=limits.default_frames,
            min_size=_size(limits.min_size),
            max_size=_size(limits.max_size),
            size_step=limits.size_step,
            default_size=_size(limits.default_size),
            default_frame_rate=Fraction(
                limits.default_frame_rate.numerator, limits.default_frame_rate.denominator or 1
            ),
            max_steps=limits.max_steps,
            default_steps=limits.default_steps,
            default_guidance=limits.default_guidance,
        ),
        batch_exact=proto.batch_exact,
        image_input=proto.image_input,
        card=_whole_numbers(MessageToDict(proto.card)),
        is_default=proto.is_default,
    )


def _state(number: int) -> types.JobState:
    return types.JobState(job_pb2.Job.State.Name(job_pb2.Job.State.ValueType(number)).removeprefix("STATE_"))


def _progress(proto: job_pb2.Progress) -> dict[str, Any]:
    return {
        "stage": _STAGES.get(proto.stage, types.Stage.UNKNOWN),
        "step": proto.step,
        "steps": proto.steps,
        "queue_position": proto.queue_position,
        "eta": proto.eta.ToTimedelta() if proto.HasField("eta") else None,
    }


def _request(proto: job_pb2.Job) -> dict[str, Any]:
    request = video_pb2.GenerateVideoRequest()
    if not proto.request.Unpack(request):
        return {"@type": proto.request.type_url}
    values: dict[str, Any] = MessageToDict(request, preserving_proto_field_name=True)
    if request.spec.sampling.HasField("seed"):
        # protobuf's JSON writes 64-bit numbers as strings
        values["spec"]["sampling"]["seed"] = request.spec.sampling.seed
    return values


def _time(stamp: Timestamp) -> datetime:
    return stamp.ToDatetime(tzinfo=UTC)


def _size(proto: type_pb2.Size) -> tuple[int, int]:
    return proto.width, proto.height


def _whole_numbers(value: Any) -> Any:
    """A Struct holds doubles only: 8.0 was 8 in the card."""
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
