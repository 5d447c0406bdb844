"""Between the wire's messages and the domain's."""

from collections.abc import AsyncIterator
from datetime import timedelta
from fractions import Fraction

from google.protobuf.duration_pb2 import Duration

from kinoform.media.video import VideoFormat
from kinoform.models.clip import ClipRequest
from kinoform.store.assets import Blob
from kinoform.video.errors import BadStart, status_of
from kinoform.video.messages import (
    Accepted,
    Cancel,
    CheckpointStored,
    ClipFile,
    Command,
    Event,
    Failed,
    Finished,
    Heartbeat,
    KeepAlive,
    OutputStored,
    Pause,
    PreviewStored,
    Progressed,
    Reason,
    Released,
    SetPriority,
    Start,
    Upscale,
    Warned,
)
from kinoform_proto.engine.v1 import engine_pb2 as pb
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest, VideoFile, VideoSpec

IMAGE = "spec.image"
"""Field path of the first frame among `Start.inputs`."""

FORMATS = {
    VideoFile.FORMAT_UNSPECIFIED: VideoFormat.MP4,
    VideoFile.FORMAT_MP4: VideoFormat.MP4,
    VideoFile.FORMAT_WEBM: VideoFormat.WEBM,
    VideoFile.FORMAT_GIF: VideoFormat.GIF,
    VideoFile.FORMAT_PNG_SEQUENCE: VideoFormat.PNG,
}
UPSCALES = {
    VideoFile.UPSCALE_UNSPECIFIED: Upscale.LANCZOS,
    VideoFile.UPSCALE_NEAREST: Upscale.NEAREST,
    VideoFile.UPSCALE_LANCZOS: Upscale.LANCZOS,
}
REASONS = {
    Reason.PAUSED: pb.Released.REASON_PAUSED,
    Reason.CANCELLED: pb.Released.REASON_CANCELLED,
    Reason.LOST_KEEP_ALIVE: pb.Released.REASON_LOST_KEEP_ALIVE,
    Reason.SHUTDOWN: pb.Released.REASON_SHUTDOWN,
    Reason.SUPERSEDED: pb.Released.REASON_SUPERSEDED,
    Reason.OVERLOADED: pb.Released.REASON_OVERLOADED,
}


def start_from_proto(message: pb.RunRequest) -> Start:
    """Reads the stream's first command. Raises BadStart if it is none, or its request is not resolved."""
    if message.WhichOneof("command") != "start":
        raise BadStart("command", f"the first command must be start, got {message.WhichOneof('command')}")
    start = message.start
    request = GenerateVideoRequest()
    if not start.request.Unpack(request):
        raise BadStart("start.request", f"must hold {request.DESCRIPTOR.full_name}, got {start.request.type_url!r}")
    spec = request.spec
    _check_resolved(spec)
    if spec.HasField("image") and IMAGE not in start.inputs:
        raise BadStart("start.inputs", f"lacks the blob of {IMAGE}")
    patience_s = start.keep_alive_timeout.ToTimedelta().total_seconds()
    if patience_s <= 0:
        raise BadStart("start.keep_alive_timeout", f"must be positive, got {patience_s:g} s")
    return Start(
        job=start.job,
        attempt=start.attempt,
        model=spec.model,
        clip=_clip(spec),
        file=_file(spec),
        image=start.inputs[IMAGE].sha256 if spec.HasField("image") else None,
        checkpoint=start.checkpoint.sha256 if start.HasField("checkpoint") else None,
        priority=start.priority,
        keep_alive_timeout_s=patience_s,
        token=start.token,
    )


async def commands_from_proto(messages: AsyncIterator[pb.RunRequest]) -> AsyncIterator[Command]:
    """Reads the commands after the first."""
    async for message in messages:
        match message.WhichOneof("command"):
            case "keep_alive":
                yield KeepAlive()
            case "pause":
                yield Pause()
            case "cancel":
                yield Cancel()
            case "set_priority":
                yield SetPriority(message.set_priority.priority)
            case other:
                raise BadStart("command", f"can't follow start: {other}")


def event_to_proto(event: Event) -> pb.RunResponse:
    """Writes an event."""
    match event:
        case Accepted(position):
            return pb.RunResponse(accepted=pb.Accepted(queue_position=position))
        case Progressed(stage, step, steps, eta_s):
            eta = None if eta_s is None else _duration(eta_s)
            return pb.RunResponse(progress=pb.StepDone(stage=stage.value, step=step, steps=steps, eta=eta))
        case PreviewStored(step, image, frames):
            return pb.RunResponse(preview=pb.PreviewReady(step=step, image=_blob(image), frames=frames))
        case CheckpointStored(step, state):
            return pb.RunResponse(checkpoint=pb.CheckpointStored(step=step, state=_blob(state)))
        case OutputStored(role, blob, name):
            return pb.RunResponse(output=pb.OutputStored(role=role, blob=_blob(blob), display_name=name))
        case Warned(text):
            return pb.RunResponse(warning=pb.Warned(message=text))
        case Heartbeat():
            return pb.RunResponse(heartbeat=pb.Heartbeat())
        case Finished():
            return pb.RunResponse(finished=pb.Finished())
        case Failed(error):
            return pb.RunResponse(failed=pb.Failed(error=status_of(error)))
        case Released(reason):
            return pb.RunResponse(released=pb.Released(reason=REASONS[reason]))


def _check_resolved(spec: VideoSpec) -> None:
    found = {
        "model": bool(spec.model),
        "frames": spec.HasField("frames"),
        "size": spec.HasField("size"),
        "frame_rate": spec.HasField("frame_rate"),
        "sampling.seed": spec.sampling.HasField("seed"),
        "sampling.steps": spec.sampling.HasField("steps"),
        "sampling.guidance": spec.sampling.HasField("guidance"),
    }
    missing = [name for name, there in found.items() if not there]
    if missing:
        raise BadStart("start.request", f"is not resolved: {', '.join(missing)} missing")


def _clip(spec: VideoSpec) -> ClipRequest:
    return ClipRequest(
        prompt=spec.prompt.text,
        negative_prompt=spec.prompt.negative,
        frames=spec.frames,
        width=spec.size.width,
        height=spec.size.height,
        steps=spec.sampling.steps,
        guidance=spec.sampling.guidance,
        seed=spec.sampling.seed,
        reproducible=spec.sampling.reproducible,
    )


def _file(spec: VideoSpec) -> ClipFile:
    view = spec.file.view_size
    return ClipFile(
        format=FORMATS[spec.file.format],
        rate=Fraction(spec.frame_rate.numerator, spec.frame_rate.denominator),
        view_size=(view.width, view.height) if spec.file.HasField("view_size") else None,
        upscale=UPSCALES[spec.file.upscale],
    )


def _blob(blob: Blob) -> pb.Blob:
    return pb.Blob(sha256=blob.sha256, size_bytes=blob.size, media_type=blob.media_type)


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=seconds))
    return duration
