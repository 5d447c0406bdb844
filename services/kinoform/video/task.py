"""What the video service is asked for."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Literal, NamedTuple

from kinoform.media.video import VideoFormat
from kinoform.models.clip import ClipRequest, MapKind
from kinoform.models.reach import Reach


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


class Stored(NamedTuple):
    """A file in the asset store."""

    field: str
    """Of the request."""
    sha256: str


class StoredCondition(NamedTuple):
    """A condition whose footage is still to be read."""

    kind: MapKind | Literal["last_frame", "palette"]
    file: Stored
    reach: Reach


class StoredRepaint(NamedTuple):
    """A repaint whose footage is still to be read."""

    footage: Stored
    mask: Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipTask:
    """A clip to be made."""

    model: str
    clip: ClipRequest
    """Without what stands below."""
    image: Stored | None
    """The first frame."""
    conditions: tuple[StoredCondition, ...] = ()
    repaint: StoredRepaint | None = None
    file: ClipFile
