"""Python values to requests. The server judges them; here only what protobuf can't carry is refused."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeVar

from kinoform_client.errors import ErrorDetails, InvalidArgumentError, Violation
from kinoform_client.types import Upscale, VideoFormat
from kinoform_proto.type.v1 import type_pb2
from kinoform_proto.video.v1 import video_pb2

E = TypeVar("E", VideoFormat, Upscale)

INLINE_LIMIT = 1 << 20
"""Bytes of a picture that may travel inside a request; larger ones go through an upload."""
_TEXT_LIMIT = 1 << 20
ASSET_NAME = re.compile(r"projects/[a-z0-9-]{1,63}/assets/[a-z0-9-]{1,63}")
_NTSC = {23.976: Fraction(24000, 1001), 29.97: Fraction(30000, 1001), 59.94: Fraction(60000, 1001)}

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
class Sampling:
    """How the denoiser is run; None leaves the choice to the server."""

    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    reproducible: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The file to write; None leaves the choice to the server."""

    format: VideoFormat | str | None = None
    view_size: tuple[int, int] | None = None
    """(width, height) in pixels to enlarge to."""
    upscale: Upscale | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """A clip to be made, in Python's terms."""

    prompt: str
    negative_prompt: str = ""
    model: str = ""
    frames: int | None = None
    width: int | None = None
    height: int | None = None
    fps: Fraction | str | int | None = None
    sampling: Sampling = Sampling()
    delivery: Delivery = Delivery()
    priority: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)


def new_request_id() -> str:
    """A fresh id, under which a request may be sent again and again and is carried out once."""
    return str(uuid.uuid4())


def generate_video(
    clip: ClipRequest, *, project: str, request_id: str, image: type_pb2.MediaInput | None
) -> video_pb2.GenerateVideoRequest:
    """The request. Raises InvalidArgumentError, with every field that can't be sent."""
    check = _Check()
    request = video_pb2.GenerateVideoRequest(parent=f"projects/{project}", request_id=request_id)
    request.priority = check.whole("priority", clip.priority)
    request.labels.update(clip.labels)
    spec = request.spec
    spec.model = clip.model
    spec.prompt.text = check.text("spec.prompt.text", clip.prompt)
    spec.prompt.negative = check.text("spec.prompt.negative", clip.negative_prompt)
    if clip.frames is not None:
        spec.frames = check.whole("spec.frames", clip.frames)
    if clip.width is not None or clip.height is not None:
        spec.size.CopyFrom(check.size("spec.size", clip.width, clip.height))
    if clip.fps is not None:
        spec.frame_rate.CopyFrom(check.rate("spec.frame_rate", clip.fps))
    if image is not None:
        spec.image.CopyFrom(image)
    _sampling(spec, clip.sampling, check)
    _delivery(spec, clip.delivery, check)
    check.finish()
    return request


def _sampling(spec: video_pb2.VideoSpec, sampling: Sampling, check: "_Check") -> None:
    if sampling.seed is not None:
        spec.sampling.seed = check.whole("spec.sampling.seed", sampling.seed, 0, (1 << 63) - 1)
    if sampling.steps is not None:
        spec.sampling.steps = check.whole("spec.sampling.steps", sampling.steps)
    if sampling.guidance is not None:
        spec.sampling.guidance = sampling.guidance
    spec.sampling.reproducible = sampling.reproducible


def _delivery(spec: video_pb2.VideoSpec, delivery: Delivery, check: "_Check") -> None:
    if delivery.format is not None:
        spec.file.format = _FORMATS[check.choice("spec.file.format", VideoFormat, delivery.format, VideoFormat.MP4)]
    if delivery.view_size is not None:
        spec.file.view_size.CopyFrom(check.size("spec.file.view_size", *delivery.view_size))
    if delivery.upscale is not None:
        spec.file.upscale = _UPSCALES[check.choice("spec.file.upscale", Upscale, delivery.upscale, Upscale.LANCZOS)]


class _Check:
    """Collects what protobuf can't carry, so that every bad field is named at once."""

    def __init__(self) -> None:
        self._violations: list[Violation] = []

    def whole(self, path: str, value: int, low: int = -(1 << 31), high: int = (1 << 31) - 1) -> int:
        if low <= value <= high:
            return value
        self._bad(path, f"must be between {low} and {high}, got {value}")
        return 0

    def text(self, path: str, value: str) -> str:
        size = len(value.encode("utf-8", "surrogatepass"))
        if size > _TEXT_LIMIT:
            self._bad(path, f"holds {size} bytes, far more than a request can carry")
            return ""
        return value

    def size(self, path: str, width: int | None, height: int | None) -> type_pb2.Size:
        if width is None or height is None:
            self._bad(path, "give width and height together")
            return type_pb2.Size()
        return type_pb2.Size(width=self.whole(f"{path}.width", width), height=self.whole(f"{path}.height", height))

    def rate(self, path: str, value: Fraction | str | int) -> type_pb2.FrameRate:
        try:
            rate = Fraction(value)
        except (ValueError, ZeroDivisionError):
            self._bad(path, f"must be frames per second as a number or a fraction, got {value!r}")
            return type_pb2.FrameRate()
        rate = _NTSC.get(float(rate), rate)
        if rate.denominator > 1001 or not 0 < rate.numerator <= 240000:
            self._bad(path, f"must be a fraction of at most 240000/1001, like 24 or 24000/1001; got {value}")
            return type_pb2.FrameRate()
        return type_pb2.FrameRate(numerator=rate.numerator, denominator=rate.denominator)

    def choice(self, path: str, kind: type[E], value: E | str, fallback: E) -> E:
        try:
            return kind(value)
        except ValueError:
            self._bad(path, f"must be one of {', '.join(kind)}; got {value!r}")
            return fallback

    def finish(self) -> None:
        if self._violations:
            details = ErrorDetails(
                code="INVALID_ARGUMENT", reason="INVALID_REQUEST", violations=tuple(self._violations)
            )
            raise InvalidArgumentError("the request can't be sent", details)

    def _bad(self, path: str, description: str) -> None:
        self._violations.append(Violation(path, description))
