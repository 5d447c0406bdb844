"""What leads a clip beside its words and its first frame."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

Source = TypeVar("Source", covariant=True)

Steps = tuple[float, float]
"""Where a condition begins to act and where it ends, as shares of the steps: 0 = before all, 1 = after the last."""


class ClipConditionKind(StrEnum):
    """What leads."""

    LAST_FRAME = "last_frame"
    """A picture: the clip ends with it."""
    EDGES = "edges"
    """White lines on black."""
    DEPTH = "depth"
    """Relative inverse depth: near is white."""
    MASK = "mask"
    """White where the subject is."""
    PALETTE = "palette"
    """A picture whose colours the clip takes."""


@dataclass(frozen=True, slots=True)
class ClipCondition(Generic[Source]):
    """One of them. `client.videos.generate(..., conditions=[ClipCondition("mask", "matte.mp4", strength=0.8)])`."""

    kind: ClipConditionKind | str
    source: Source
    """As `image`; of a map also a clip: animated WebP or GIF, MP4, MOV, WebM, Matroska, a ZIP file of PNG frames. A
    picture speaks of the first frame, a clip of all of them."""
    strength: float | None = None
    """0 (as if it were not there) to 2; None is 1, as the model was trained."""
    steps: Steps | None = None
    """None is all of them."""


@dataclass(frozen=True, slots=True)
class Repaint(Generic[Source]):
    """Keep a part of a clip or picture, and make the rest anew."""

    footage: Source
    """What a part is kept of. Of the generated size, the kept pixels stay as they are, bit for bit."""
    mask: Source
    """White is made anew, what is darker than half is kept."""
