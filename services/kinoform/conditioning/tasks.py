"""What the conditioning service is asked for."""

from dataclasses import dataclass

from kinoform.media.picture.sized import Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """The picture itself."""

    size: tuple[int, int] | None
    """(width, height); None for the picture's own."""
    fit: Fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """See `kinoform.media.picture.edges.canny`."""

    low: float
    high: float
    aperture: int
    blur: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftEdges:
    """Outlines in greys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOut:
    """The foreground."""

    hardness: float
    """Of its border, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The main colours."""

    colours: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """How far everything is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normals:
    """Which way everything faces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How people stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """A vector that is near for pictures that look alike."""


Drawn = Reference | Edges | CutOut | Palette | Pose
"""What needs no torch."""
Seen = SoftEdges | Depth | Normals | Embedding
"""What a network of torch sees in the picture."""
Wish = Drawn | Seen


MAX_FRAMES = 240
"""Of a clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditioningTask:
    """A picture or a clip to be prepared."""

    source: str
    """SHA-256 of its file in the asset store."""
    moves: bool
    """Whether it is a clip."""
    max_side: int
    """A larger picture is made smaller first."""
    wish: Wish
