"""From a field to an asset."""

import math
from dataclasses import dataclass

from kinoform.media.mesh.model import MeshAsset, Part
from kinoform.media.surface.bake import LARGEST, bake
from kinoform.media.surface.decimate import FEWEST, fewer, lods
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.extract import solid_of
from kinoform.media.surface.field import Field
from kinoform.media.surface.field_source import FieldSource
from kinoform.media.surface.normals import smooth_mesh
from kinoform.media.surface.scale import scaled
from kinoform.media.surface.unwrap import unwrap
from kinoform.media.surface.volume import checked_resolution, sample

SMALLEST_TEXTURE = 16
MOST_LODS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class SurfaceWish:
    """What an asset shall have."""

    height_m: float
    """Greater than 0."""
    triangles: int = 10_000
    """At most, in the finest level; 16 or more."""
    lods: int = 1
    """Levels of detail, 1 to 8; each with a quarter of the triangles, and textures of half the width."""
    texture_size: int = 1024
    """Texels along an edge of the finest level's textures, 16 to 4096."""
    resolution: int = 128
    """Cells along an edge of the cube; a multiple of 8 up to 256."""

    def __post_init__(self) -> None:
        if not (self.height_m > 0 and math.isfinite(self.height_m)):
            raise BadWish(f"height_m must be greater than 0, not {self.height_m}")
        if self.triangles < FEWEST:
            raise BadWish(f"triangles must be {FEWEST} or more, not {self.triangles}")
        if not 1 <= self.lods <= MOST_LODS:
            raise BadWish(f"lods must be from 1 to {MOST_LODS}, not {self.lods}")
        if not SMALLEST_TEXTURE <= self.texture_size <= LARGEST:
            raise BadWish(f"texture_size must be from {SMALLEST_TEXTURE} to {LARGEST}, not {self.texture_size}")
        checked_resolution(self.resolution)


def build_asset(field: Field, wish: SurfaceWish, name: str) -> MeshAsset:
    """Surface, decimation, levels, UVs and textures: a closed mesh in metres, standing on the ground.

    Deterministic. Raises NoSurface for a field without one, BadWish where the wish cannot be met.
    """
    volume = sample(field, wish.resolution)
    finest = smooth_mesh(*fewer(*solid_of(volume), wish.triangles))
    source = FieldSource(field, volume)
    parts = []
    for level, mesh in enumerate(lods(finest, wish.lods)):
        size = max(SMALLEST_TEXTURE, wish.texture_size >> level)
        unwrapped = unwrap(mesh, size)
        parts.append(Part(mesh=unwrapped, material=bake(unwrapped, source, size, f"{name}-{level}")))
    return scaled(MeshAsset(name=name, lods=tuple(parts)), wish.height_m)
