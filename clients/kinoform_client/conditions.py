"""Conditionings as the SDK hands them out: pictures prepared once, to steer any number of jobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kinoform_client.errors import KinoformError
from kinoform_client.types import Output


class ConditionKind(StrEnum):
    """What is taken from a picture."""

    UNKNOWN = "unknown"
    """Something that this version of the SDK has no name for."""
    REFERENCE = "reference"
    """The picture itself, upright and in sRGB, in another size if one is given."""
    EDGES = "edges"
    """Its edges by Canny's method, black or white."""
    SOFT_EDGES = "soft_edges"
    """Its outlines, as an artist would draw them, in greys."""
    CUT_OUT = "cut_out"
    """What stands in front, without the background; comes with a mask."""
    PALETTE = "palette"
    """Its colours; they stand in the report, too."""
    DEPTH = "depth"
    """How far everything is, relative: the nearest point white, the farthest black."""
    NORMALS = "normals"
    """Which way everything faces."""
    POSE = "pose"
    """How people stand: a skeleton each; comes with the points as JSON, `pose`."""
    EMBEDDING = "embedding"
    """A vector by which pictures that look alike can be found, an NPY file, `embedding`; of pictures only."""


class Fit(StrEnum):
    """How a picture gets another size."""

    COVER = "cover"
    """Filled wholly, proportions kept, what juts out cut off evenly on both sides."""
    CONTAIN = "contain"
    """Shown wholly, proportions kept: one side may come out shorter than asked for."""
    STRETCH = "stretch"
    """Each side by itself."""


class ConditioningState(StrEnum):
    """Whether a conditioning is ready."""

    PREPARING = "PREPARING"
    """In the queue or being prepared. Jobs may be given it already: they wait for it."""
    READY = "READY"
    FAILED = "FAILED"
    """It can't be prepared, or was cancelled. Asked for again, it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioning:
    """A prepared picture or clip, as it stood when it was read."""

    name: str
    """`projects/{p}/conditionings/{c}`; c is the fingerprint."""
    kind: ConditionKind
    state: ConditioningState
    image: str
    """What it was made of, a picture or a clip: an asset's or a conditioning's name."""
    settings: Mapping[str, int | float | str | tuple[int, int]]
    """With every default filled in, under the names that `create` takes them by."""
    job: str
    """The job that prepares it, `projects/{p}/jobs/{j}`: watch it, or cancel it."""
    outputs: tuple[Output, ...]
    """`picture`; also `mask` of a cut-out, `pose`, `embedding`. Of a clip the pictures are the middle one's, and `clip`
    and `mask_clip` hold all. Empty until it is READY.
    """
    fingerprint: str
    """SHA-256 of the picture's bytes, the settings and the method's version, lower-case hexadecimal."""
    error: KinoformError | None
    """Why it FAILED."""
    created: datetime | None
    """When it was asked for first, UTC."""
