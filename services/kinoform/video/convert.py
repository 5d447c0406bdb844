"""From a request for a clip to the task."""

from fractions import Fraction

from google.protobuf.any_pb2 import Any as AnyMessage

from kinoform.media.video import VideoFormat
from kinoform.models.clip import ClipRequest
from kinoform.serving.requests import Inputs, check_resolved, is_sampled, stored, unpacked
from kinoform.video.maker import IMAGE
from kinoform.video.task import ClipFile, ClipTask, Upscale
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest, VideoFile, VideoSpec

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
        image=stored(inputs, IMAGE) if spec.HasField("image") else None,
        file=_file(spec),
    )


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
