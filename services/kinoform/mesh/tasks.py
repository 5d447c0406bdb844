"""What the mesh service is asked for."""

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import NamedTuple

from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.surface.relief import Plate
from kinoform.models.reach import Reach
from kinoform.models.shape import MeshRequest

Formats = tuple[MeshFormat, ...]
"""The files to write; at least one."""


class StoredView(NamedTuple):
    """A picture of what is to be made."""

    field: str
    """Its path among the request's inputs, such as `spec.image`."""
    sha256: str
    """Of its file in the asset store."""
    reach: Reach
    sketch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeTask:
    """A mesh to be generated."""

    model: str
    request: MeshRequest
    """Without its views, which are still to be read."""
    views: tuple[StoredView, ...]
    resolution: int
    """Samples along a side of the grid that the surface is found in."""
    triangles: int
    lods: int
    texture_size: int
    """Edge of the textures in pixels."""
    height_m: float | None
    """None for the typical height of such an object."""
    formats: Formats


class ReliefColour(NamedTuple):
    """What a relief is coloured with."""

    sha256: str
    """Of the picture's file in the asset store."""
    texture_size: int
    """Longer edge in pixels, at the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliefTask:
    """A plate to be made from a depth picture."""

    depth: str
    """SHA-256 of the picture's file in the asset store."""
    colour: ReliefColour | None
    plate: Plate
    resolution: int
    """Samples along the longer side, at the most."""
    formats: Formats


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessTask:
    """A stored mesh to be changed, or only to be written anew."""

    mesh: str
    """SHA-256 of the mesh's file in the asset store."""
    repair: bool
    close: bool
    height_m: float | None
    """None leaves it as large as it is."""
    triangles: int | None
    """None leaves them all."""
    unwrap: bool
    texture_size: int
    lods: int
    formats: Formats


@dataclass(frozen=True, slots=True, kw_only=True)
class LookWish:
    """A material in words."""

    model: str
    prompt: str
    negative_prompt: str
    steps: int
    guidance: float
    seed: int
    reproducible: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextureTask:
    """A stored mesh to be given a material."""

    mesh: str
    """SHA-256 of the mesh's file in the asset store."""
    look: LookWish | str
    """Of a stored material, its file's SHA-256."""
    tile_m: float | None
    """Edge of a tile on the mesh; None for the material's own."""
    texture_size: int
    formats: Formats


class TurntableFormat(Enum):
    """Containers and codecs."""

    MP4 = "mp4"
    WEBM = "webm"
    PNG = "png"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurntableTask:
    """A stored mesh to be shown from all sides."""

    mesh: str
    """SHA-256 of the mesh's file in the asset store."""
    frames: int
    size: int
    """Edge of the pictures in pixels."""
    rate: Fraction
    """Frames per second."""
    elevation_deg: float
    transparent: bool
    format: TurntableFormat


MeshTask = ShapeTask | ReliefTask | ProcessTask | TextureTask | TurntableTask
