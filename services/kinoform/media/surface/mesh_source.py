"""How another mesh looks: to keep the look of one that is decimated, repaired or unwrapped anew."""

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Part, Picture
from kinoform.media.surface.bake import Floats, Look, mix, unit32
from kinoform.media.surface.nearest import Nearest
from kinoform.media.surface.tangents import tangents

PLAIN = 0.8
"""Grey of a mesh without any colours."""


class MeshSource:
    """Looks up the nearest point of a mesh that faces the same way: its texture, or its vertices' colours."""

    def __init__(self, part: Part) -> None:
        self._mesh = part.mesh
        self._material = part.material if part.mesh.uvs is not None else None
        self._nearest = Nearest(part.mesh.positions, part.mesh.triangles)
        bumpy = self._material is not None and self._material.normal is not None
        self._frames = tangents(part.mesh) if bumpy else None

    def look(self, points: Floats, normals: Floats) -> Look:
        """Of the nearest points."""
        hits = self._nearest.find(points, normals)
        corners, weights = self._mesh.triangles[hits.triangles], hits.weights
        smooth = unit32(mix(self._mesh.normals, corners, weights))
        if self._material is None or self._mesh.uvs is None:
            return Look(colours=self._vertex_colours(corners, weights), normals=smooth, orm=None)
        uvs = mix(self._mesh.uvs, corners, weights)
        orm = self._material.orm
        return Look(
            colours=texture(self._material.base_colour, uvs),
            normals=self._bumps(smooth, uvs, corners, weights),
            orm=None if orm is None else texture(orm, uvs),
        )

    def _vertex_colours(self, corners: npt.NDArray[np.int32], weights: Floats) -> Floats:
        if self._mesh.colours is None:
            return np.full((len(corners), 3), PLAIN, np.float32)
        return mix((self._mesh.colours / 255).astype(np.float32), corners, weights)

    def _bumps(self, smooth: Floats, uvs: Floats, corners: npt.NDArray[np.int32], weights: Floats) -> Floats:
        if self._frames is None or self._material is None or self._material.normal is None:
            return smooth
        along = unit32(mix(self._frames[:, :3], corners, weights))
        up = np.cross(smooth, along) * self._frames[corners[:, 0], 3:]
        x, y, z = (axis[:, None] for axis in (texture(self._material.normal, uvs) * 2 - 1).T)
        return unit32(x * along + y * up + z * smooth)


def texture(picture: Picture, uvs: Floats) -> Floats:
    """(k, 3) in [0, 1] at uvs (k, 2), origin bottom-left; bilinear, repeating beyond [0, 1]."""
    height, width, _ = picture.shape
    x = (uvs[:, 0].astype(np.float64) * width - 0.5) % width
    y = ((1 - uvs[:, 1].astype(np.float64)) * height - 0.5) % height
    left, top = x.astype(np.int64) % width, y.astype(np.int64) % height
    right, bottom = (left + 1) % width, (top + 1) % height
    across, down = (x - np.floor(x))[:, None], (y - np.floor(y))[:, None]
    above = picture[top, left] * (1 - across) + picture[top, right] * across
    below = picture[bottom, left] * (1 - across) + picture[bottom, right] * across
    return ((above * (1 - down) + below * down) / 255).astype(np.float32)
