"""From a request for a clip to the task."""

from collections.abc import Iterator
from fractions import Fraction

from google.protobuf.any_pb2 import Any as AnyMessage

from kinoform.media.video import VideoFormat
from kinoform.models.clip import ClipRequest
from kinoform.serving.errors import BadStart
from kinoform.serving.reach import reach_from_proto
from kinoform.serving.requests import Inputs, check_resolved, is_sampled, stored, unpacked
from kinoform.video.task import ClipFile, ClipTask, Stored, StoredCondition, StoredRepaint, Upscale
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest, VideoFile, VideoSpec

IMAGE = "spec.image"
"""Field path of the first frame among a request's inputs."""

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


def task_from_proto(request: AnyMessage, inputs: Inputs) -> ClipTask:
    """Reads a resolved GenerateVideoRequest. Raises BadStart."""
    spec = unpacked(request, GenerateVideoRequest()).spec
    check_resolved(
        {
            "model": bool(spec.model),
            "frames": spec.HasField("frames"),
            "size": spec.HasField("size"),
            "frame_rate": spec.HasField("frame_rate"),
            **is_sampled(spec.sampling),
        }
    )
    return ClipTask(
        model=spec.model,
        clip=_clip(spec),
        image=_stored(inputs, IMAGE) if spec.HasField("image") else None,
        conditions=tuple(_conditions(spec, inputs)),
        repaint=_repaint(inputs) if spec.HasField("repaint") else None,
        file=_file(spec),
    )


def _conditions(spec: VideoSpec, inputs: Inputs) -> Iterator[StoredCondition]:
    for number, condition in enumerate(spec.conditions):
        kind = condition.WhichOneof("kind")
        if kind is None:
            raise BadStart("start.request", f"is not resolved: conditions[{number}] says no kind")
        yield StoredCondition(
            kind, _stored(inputs, f"spec.conditions[{number}].{kind}"), reach_from_proto(condition.reach)
        )


def _repaint(inputs: Inputs) -> StoredRepaint:
    return StoredRepaint(_stored(inputs, "spec.repaint.footage"), _stored(inputs, "spec.repaint.mask"))


def _stored(inputs: Inputs, field: str) -> Stored:
    return Stored(field, stored(inputs, field))


def _clip(spec: VideoSpec) -> ClipRequest:
    return ClipRequest(
        image_reach=reach_from_proto(spec.image_reach),
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
