"""Clips, from Python's terms to requests."""

from dataclasses import dataclass
from fractions import Fraction

from kinoform_client._core.check import Check
from kinoform_client._core.requests import Sampling, Ticket, address, prompt_proto, sampling_proto
from kinoform_client.types import Upscale, VideoFormat
from kinoform_proto.type.v1 import type_pb2
from kinoform_proto.video.v1 import video_pb2

_FORMATS = {
    VideoFormat.MP4: video_pb2.VideoFile.FORMAT_MP4,
    VideoFormat.WEBM: video_pb2.VideoFile.FORMAT_WEBM,
    VideoFormat.GIF: video_pb2.VideoFile.FORMAT_GIF,
    VideoFormat.PNG_SEQUENCE: video_pb2.VideoFile.FORMAT_PNG_SEQUENCE,
}
_UPSCALES = {
    Upscale.NEAREST: video_pb2.VideoFile.UPSCALE_NEAREST,
    Upscale.LANCZOS: video_pb2.VideoFile.UPSCALE_LANCZOS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The file to write; None leaves the choice to the server."""

    format: VideoFormat | str | None = None
    view_size: tuple[int, int] | None = None
    """(width, height) in pixels to enlarge to."""
    upscale: Upscale | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip to be made; None leaves the choice to the server."""

    prompt: str
    negative_prompt: str = ""
    image: type_pb2.MediaInput | None = None
    model: str = ""
    frames: int | None = None
    width: int | None = None
    height: int | None = None
    fps: Fraction | str | int | None = None
    sampling: Sampling
    delivery: Delivery


def generate_video(clip: Clip, ticket: Ticket) -> video_pb2.GenerateVideoRequest:
    """The request. Raises InvalidArgumentError, with every field that can't be sent."""
    check = Check()
    request = address(video_pb2.GenerateVideoRequest(), ticket, check)
    spec = request.spec
    spec.model = clip.model
    spec.prompt.CopyFrom(prompt_proto(clip.prompt, clip.negative_prompt, check))
    if clip.frames is not None:
        spec.frames = check.whole("spec.frames", clip.frames)
    if clip.width is not None or clip.height is not None:
        spec.size.CopyFrom(check.size("spec.size", clip.width, clip.height))
    if clip.fps is not None:
        spec.frame_rate.CopyFrom(check.rate("spec.frame_rate", clip.fps))
    if clip.image is not None:
        spec.image.CopyFrom(clip.image)
    spec.sampling.CopyFrom(sampling_proto(clip.sampling, check))
    _delivery(spec, clip.delivery, check)
    check.finish()
    return request


def _delivery(spec: video_pb2.VideoSpec, delivery: Delivery, check: Check) -> None:
    if delivery.format is not None:
        spec.file.format = check.choice("spec.file.format", _FORMATS, delivery.format)
    if delivery.view_size is not None:
        spec.file.view_size.CopyFrom(check.size("spec.file.view_size", *delivery.view_size))
    if delivery.upscale is not None:
        spec.file.upscale = check.choice("spec.file.upscale", _UPSCALES, delivery.upscale)
