"""A tileable material on any mesh, without a stretch and without a seam."""

import numpy as np

from kinoform.media.mesh.model import Material, Mesh, Part
from kinoform.media.surface.bake import Floats, Look, bake, unit32
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.mesh_source import texture
from kinoform.media.surface.unwrap import unwrap

SHARPNESS = 6.0
"""How fast one projection gives way to the next."""


class TriplanarSource:
    """Projects a tile along x, y and z, and blends the three by the direction of the surface."""

    def __init__(self, tile: Material, scale: float) -> None:
        """tile: of square pictures. scale: its width in the mesh's unit."""
        self._tile = tile
        self._scale = scale

    def look(self, points: Floats, normals: Floats) -> Look:
        """Bumps are blended as whiteout does, which keeps them upright on all sides (Golus, 2017)."""
        weights = np.abs(normals) ** np.float32(SHARPNESS)
        weights /= weights.sum(axis=1, keepdims=True)
        colours, bumps, orm = (np.zeros_like(points) for _ in range(3))
        for axis in range(3):
            share = weights[:, axis : axis + 1]
            along, up, out = _plane(axis, normals)
            uvs = np.stack([_dot(points, along), _dot(points, up)], axis=1) / np.float32(self._scale)
            colours += share * texture(self._tile.base_colour, uvs)
            bumps += share * self._bump(uvs, normals, along, up, out)
            if self._tile.orm is not None:
                orm += share * texture(self._tile.orm, uvs)
        return Look(colours=colours, normals=unit32(bumps), orm=None if self._tile.orm is None else orm)

    def _bump(self, uvs: Floats, normals: Floats, along: Floats, up: Floats, out: Floats) -> Floats:
        if self._tile.normal is None:
            return normals
        x, y, z = (texture(self._tile.normal, uvs) * 2 - 1).T
        right, above, ahead = _dot(normals, along) + x, _dot(normals, up) + y, _dot(normals, out) * z
        return right[:, None] * along + above[:, None] * up + ahead[:, None] * out


def triplanar(mesh: Mesh, tile: Material, scale_m: float, texture_size: int) -> Part:
    """The mesh, unwrapped if it has no UVs, with the tile's pictures baked on it. scale_m: metres that a tile spans.

    Raises BadWish for the scale or the size, or where the mesh's own UVs overlap many times over.
    """
    if not 0 < scale_m < np.inf:
        raise BadWish(f"scale_m must be greater than 0, not {scale_m}")
    unwrapped = unwrap(mesh, texture_size) if mesh.uvs is None else mesh
    return Part(mesh=unwrapped, material=bake(unwrapped, TriplanarSource(tile, scale_m), texture_size, tile.name))


def _plane(axis: int, normals: Floats) -> tuple[Floats, Floats, Floats]:
    """Right, up and out (k, 3) of the plane across an axis, as one sees it who looks at the surface from outside."""
    side = np.where(normals[:, axis] < 0, -1, 1).astype(np.float32)
    along, up, out = (np.zeros_like(normals) for _ in range(3))
    out[:, axis] = side
    if axis == 0:
        along[:, 2], up[:, 1] = -side, 1
    elif axis == 1:
        along[:, 0], up[:, 2] = 1, -side
    else:
        along[:, 0], up[:, 1] = side, 1
    return along, up, out


def _dot(left: Floats, right: Floats) -> Floats:
    return np.einsum("ki,ki->k", left, right)
