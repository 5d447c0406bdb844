"""Between the wire's messages and the domain's: what every service's jobs are wrapped in."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TypeVar

from google.protobuf.duration_pb2 import Duration

from kinoform.media.mesh.report import MeshReport
from kinoform.serving.errors import BadStart, status_of
from kinoform.serving.messages import (
    Accepted,
    Cancel,
    CheckpointStored,
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
    Warned,
)
from kinoform.serving.reports import (
    ConditioningReport,
    MaterialReport,
    conditioning_report_to_proto,
    material_report_to_proto,
    mesh_report_to_proto,
)
from kinoform.serving.requests import ReadTask
from kinoform.store.assets import Blob
from kinoform_proto.engine.v1 import engine_pb2 as pb

Task = TypeVar("Task")

REASONS = {
    Reason.PAUSED: pb.Released.REASON_PAUSED,
    Reason.CANCELLED: pb.Released.REASON_CANCELLED,
    Reason.LOST_KEEP_ALIVE: pb.Released.REASON_LOST_KEEP_ALIVE,
    Reason.SHUTDOWN: pb.Released.REASON_SHUTDOWN,
    Reason.SUPERSEDED: pb.Released.REASON_SUPERSEDED,
    Reason.OVERLOADED: pb.Released.REASON_OVERLOADED,
    Reason.STORE_FULL: pb.Released.REASON_STORE_FULL,
}


def start_from_proto(message: pb.RunRequest, read: ReadTask[Task]) -> Start[Task]:
    """Reads the stream's first command. Raises BadStart if it is none, or its request is not resolved."""
    if message.WhichOneof("command") != "start":
        raise BadStart("command", f"the first command must be start, got {message.WhichOneof('command')}")
    start = message.start
    task = read(start.request, {field: blob.sha256 for field, blob in start.inputs.items()})
    patience_s = start.keep_alive_timeout.ToTimedelta().total_seconds()
    if patience_s <= 0:
        raise BadStart("start.keep_alive_timeout", f"must be positive, got {patience_s:g} s")
    return Start(
        job=start.job,
        attempt=start.attempt,
        task=task,
        checkpoint=start.checkpoint.sha256 if start.HasField("checkpoint") else None,
        origin=start.origin.sha256 if start.HasField("origin") else None,
        pause_at=start.pause_at or None,
        keep_steps=frozenset(start.keep_steps),
        priority=start.priority,
        deadline=start.deadline.ToNanoseconds() / 1e9 if start.HasField("deadline") else None,
        keep_alive_timeout_s=patience_s,
    )


async def commands_from_proto(messages: AsyncIterator[pb.RunRequest]) -> AsyncIterator[Command]:
    """Reads the commands after the first."""
    async for message in messages:
        match message.WhichOneof("command"):
            case "keep_alive":
                yield KeepAlive()
            case "pause":
                yield Pause(message.pause.preview)
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
        case CheckpointStored(step, state, kept):
            return pb.RunResponse(checkpoint=pb.CheckpointStored(step=step, state=_blob(state), kept=kept))
        case OutputStored():
            return pb.RunResponse(output=_output(event))
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


def _output(stored: OutputStored) -> pb.OutputStored:
    output = pb.OutputStored(
        role=stored.role,
        blob=_blob(stored.blob),
        display_name=stored.display_name,
        content_sha256=stored.content_sha256,
        credentials=None if stored.credentials is None else _blob(stored.credentials),
    )
    match stored.report:
        case MeshReport():
            output.mesh.CopyFrom(mesh_report_to_proto(stored.report))
        case MaterialReport():
            output.material.CopyFrom(material_report_to_proto(stored.report))
        case ConditioningReport():
            output.conditioning.CopyFrom(conditioning_report_to_proto(stored.report))
        case None:
            pass
    return output


def _blob(blob: Blob) -> pb.Blob:
    return pb.Blob(sha256=blob.sha256, size_bytes=blob.size, media_type=blob.media_type)


def _duration(seconds: float) -> Duration:
    duration = Duration()
    duration.FromTimedelta(timedelta(seconds=seconds))
    return duration
