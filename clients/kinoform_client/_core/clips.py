"""Clips, from Python's terms to requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from kinoform_client._core.check import Check
from kinoform_client._core.requests import Sampling, Ticket, address, prompt_proto, reach_proto, sampling_proto
from kinoform_client.clip_conditions import ClipCondition, ClipConditionKind, Repaint, Steps
from kinoform_client.types import Upscale, VideoFormat
from kinoform_proto.type.v1 import type_pb2
from kinoform_proto.video.v1 import video_pb2

_FORMATS = {
    VideoFormat.MP4: video_pb2.VideoFile.FORMAT_MP4,
    VideoFormat.WEBM: video_pb2.VideoFile.FORMAT_WEBM,
    VideoFormat.GIF: video_pb2.VideoFile.FORMAT_GIF,
    VideoFormat.PNG_SEQUENCE: video_pb2.VideoFile.FORMAT_PNG_SEQUENCE,
}
_KINDS = {kind: kind.value for kind in ClipConditionKind}
"""To the fields of the message."""
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
    image_strength: float | None = None
    image_steps: Steps | None = None
    conditions: Sequence[ClipCondition[type_pb2.MediaInput]] = ()
    repaint: Repaint[type_pb2.MediaInput] | None = None
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
    if (reach := reach_proto(clip.image_strength, clip.image_steps)) is not None:
        spec.image_reach.CopyFrom(reach)
    spec.conditions.extend(_condition(number, each, check) for number, each in enumerate(clip.conditions))
    if clip.repaint is not None:
        spec.repaint.CopyFrom(video_pb2.Repaint(footage=clip.repaint.footage, mask=clip.repaint.mask))
    spec.sampling.CopyFrom(sampling_proto(clip.sampling, check))
    _delivery(spec, clip.delivery, check)
    check.finish()
    return request


def _condition(number: int, given: ClipCondition[type_pb2.MediaInput], check: Check) -> video_pb2.VideoCondition:
    kind = check.choice(f"spec.conditions[{number}].kind", _KINDS, given.kind)
    condition = video_pb2.VideoCondition(reach=reach_proto(given.strength, given.steps))
    getattr(condition, kind).CopyFrom(given.source)
    return condition


def _delivery(spec: video_pb2.VideoSpec, delivery: Delivery, check: Check) -> None:
    if delivery.format is not None:
        spec.file.format = check.choice("spec.file.format", _FORMATS, delivery.format)
    if delivery.view_size is not None:
        spec.file.view_size.CopyFrom(check.size("spec.file.view_size", *delivery.view_size))
    if delivery.upscale is not None:
        spec.file.upscale = check.choice("spec.file.upscale", _UPSCALES, delivery.upscale)
