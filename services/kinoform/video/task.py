"""What the video service is asked for."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from kinoform.media.video import VideoFormat
from kinoform.models.clip import ClipRequest


class Upscale(Enum):
    """Ways to enlarge."""

    NEAREST = "nearest"
    LANCZOS = "lanczos"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipFile:
    """The file to write."""

    format: VideoFormat
    rate: Fraction
    """Frames per second."""
    view_size: tuple[int, int] | None
    """(width, height) to enlarge to; None leaves the generated size."""
    upscale: Upscale


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTask:
    """A clip to be made."""

    model: str
    clip: ClipRequest
    """Without its picture, which stands in `image`."""
    image: str | None
    """SHA-256 of the first frame's file in the asset store."""
    file: ClipFile
