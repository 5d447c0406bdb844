"""A closed mesh of anything, by way of voxels."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import binary_dilation, distance_transform_edt, label

from kinoform.media.surface.extract import solid_of
from kinoform.media.surface.nearest import Nearest
from kinoform.media.surface.topology import Positions, Triangles
from kinoform.media.surface.volume import Volume, fenced, grid_points

SKIN = 0.9
"""Half the thickness, in voxels, of walls that enclose nothing: more than half a voxel's diagonal, so nothing leaks."""
BAND = 2
"""Voxels to either side of the surface whose distances are worth knowing."""
FILL = 0.9
"""Share of the cube's edge that the mesh takes."""
MOST_SAMPLES = 2_000_000


def remeshed(positions: Positions, triangles: Triangles, resolution: int) -> tuple[Positions, Triangles]:
    """The outer surface of what the triangles enclose, closed and manifold. resolution: as `volume.sample` takes it.

    Whatever cannot be reached from outside becomes solid, so hollows vanish, and so do holes of less than about two
    voxels. Walls that enclose nothing become two voxels thick. Detail below a voxel goes. Raises NoSurface.
    """
    low, high = positions.min(axis=0).astype(np.float64), positions.max(axis=0).astype(np.float64)
    centre, scale = (low + high) / 2, 2 * FILL / float((high - low).max())
    in_cube = ((positions - centre) * scale).astype(np.float32)
    volume = Volume(distances=fenced(_signed(in_cube, triangles, resolution)), evaluations=0)
    found, faces = solid_of(volume)
    return (found.astype(np.float64) / scale + centre).astype(np.float32), faces


def _signed(positions: Positions, triangles: Triangles, resolution: int) -> npt.NDArray[np.float32]:
    """Signed distances at the grid's samples, right within the band and clamped beyond."""
    step = 2.0 / resolution
    distances = _unsigned(positions, triangles, resolution)
    shell = distances < SKIN * step
    regions, _ = label(~shell)
    outside = regions == regions[0, 0, 0]
    inside = ~shell & ~outside
    if inside.any():
        to_inside, to_outside = distance_transform_edt(~inside), distance_transform_edt(~outside)
        walls = shell & (to_inside > 2 * SKIN + 1)
        negative = inside | (shell & (to_inside < to_outside))
    else:
        walls, negative = shell, inside
    signed = np.where(negative, -distances, distances)
    return np.where(walls, distances - np.float32(SKIN * step), signed)


def _unsigned(positions: Positions, triangles: Triangles, resolution: int) -> npt.NDArray[np.float32]:
    step = 2.0 / resolution
    corners = positions.astype(np.float64)[triangles]
    area = float(
        np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum() / 2
    )
    nearest = Nearest(positions, triangles, samples=min(MOST_SAMPLES, int(area / (step / 2) ** 2) + 1))
    touched = np.zeros((resolution + 1,) * 3, np.bool_)
    touched[tuple(np.rint((nearest.samples + 1) / step).astype(np.int64).T)] = True
    band = np.flatnonzero(binary_dilation(touched, np.ones((3, 3, 3)), iterations=BAND))
    distances = np.full(touched.shape, np.float32(BAND * step))
    found = nearest.find(grid_points(band, resolution)).distances
    distances.ravel()[band] = np.minimum(found, np.float32(BAND * step))
    return distances
