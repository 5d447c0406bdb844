"""How a field's surface looks."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from kinoform.media.surface.bake import Floats, Look, unit32
from kinoform.media.surface.field import Field
from kinoform.media.surface.volume import Volume, evaluate

MARCHES = 3
"""Steps along the normal from a mesh to the surface that it stands for."""
FINEST_SHADE = 64
"""Cells along the cube's edge are enough for occlusion."""
SHADE_RADII = (0.04, 0.08, 0.16)
"""Sizes of hollows that darken, in units of the cube."""
OPEN_SHARE = 0.15865525
"""How much of a normal distribution lies beyond one deviation: what a flat surface has of the ball in front of it."""


class FieldSource:
    """Colours from the field at each texel; normals and occlusion from its volume, which costs no evaluation more."""

    def __init__(self, field: Field, volume: Volume) -> None:
        self._field = field
        self._volume = volume
        self._shades = _shades(volume)

    def look(self, points: Floats, normals: Floats) -> Look:
        """Where the surface is met from the points along their normals. Raises NoSurface if the field is not finite."""
        points = self._met(points, normals)
        appearance = evaluate(self._field.appearance, points)
        occlusion = self._openness(points, normals)
        return Look(
            colours=appearance[:, :3],
            normals=self._normals(points, normals),
            orm=np.concatenate([occlusion[:, None], appearance[:, 3:]], axis=1),
        )

    def _met(self, points: Floats, normals: Floats) -> Floats:
        """Sphere tracing (Hart 1996), outwards from within and inwards from without."""
        for _ in range(MARCHES):
            points = points - trilinear(self._volume.distances, points)[:, None] * normals
        return np.clip(points, -1, 1)

    def _normals(self, points: Floats, smooth: Floats) -> Floats:
        """Central differences over a cell; the smooth ones where those point away, as across a thin wall."""
        step = np.float32(self._volume.step)
        gradient = np.empty_like(points)
        for axis in range(3):
            offset = np.zeros(3, np.float32)
            offset[axis] = step
            ahead, behind = (trilinear(self._volume.distances, points + sign * offset) for sign in (1, -1))
            gradient[:, axis] = ahead - behind
        found = unit32(gradient)
        agree = np.einsum("ki,ki->k", found, smooth) > 0
        return np.where(agree[:, None], found, smooth)

    def _openness(self, points: Floats, normals: Floats) -> Floats:
        """(k,) 1 in the open, 0 in the deep: the share of empty space in soft balls in front of the surface."""
        openness = np.ones(len(points), np.float32)
        for radius, shade in zip(SHADE_RADII, self._shades, strict=True):
            filled = trilinear(shade, points + np.float32(radius) * normals)
            openness *= np.clip((1 - filled) / (1 - OPEN_SHARE), 0, 1) ** (1 / len(SHADE_RADII))
        return openness


def _shades(volume: Volume) -> list[npt.NDArray[np.float32]]:
    """How full the surroundings of each sample are, on the scale of each radius; by signs, so any field will do."""
    stride = max(1, volume.resolution // FINEST_SHADE)
    coarse = volume.distances[::stride, ::stride, ::stride]
    solid = np.clip(0.5 - coarse / (stride * volume.step), 0, 1)
    width = 2.0 / (len(coarse) - 1)
    return [gaussian_filter(solid, radius / width, mode="constant", truncate=3.0) for radius in SHADE_RADII]


def trilinear(values: npt.NDArray[np.float32], points: Floats) -> Floats:
    """(k,) values of a grid over the cube [-1, 1]^3 at points (k, 3), interpolated; beyond it those of its border."""
    last = len(values) - 1
    steps = np.clip((points + 1) * np.float32(last / 2), 0, last)
    low = np.minimum(steps.astype(np.int64), last - 1)
    x, y, z = (steps - low).T
    flat, row = values.ravel(), last + 1
    corner = (low[:, 0] * row + low[:, 1]) * row + low[:, 2]

    def along_z(start: npt.NDArray[np.int64]) -> Floats:
        return flat[start] * (1 - z) + flat[start + 1] * z

    near = along_z(corner) * (1 - y) + along_z(corner + row) * y
    far = along_z(corner + row * row) * (1 - y) + along_z(corner + row * row + row) * y
    return (near * (1 - x) + far * x).astype(np.float32)
