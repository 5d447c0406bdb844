"""Between a field in the cube [-1, 1]^3 and the grid that the autoencoder reads."""

import numpy as np
import numpy.typing as npt

from kinoform.media.surface.field import Field, Points

COLOURED = 0.1
"""Places farther than this from the surface carry no appearance: about one and a half cells of a grid of 32."""


def cell_centres(size: int) -> Points:
    """Centres of size^3 equal cells of the cube, (size^3, 3) float32 as (x, y, z); x runs fastest, z slowest."""
    axis = ((np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1).astype(np.float32)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    return np.stack([x.ravel(), y.ravel(), z.ravel()], axis=1)


def grid_of(field: Field, size: int, band: float) -> npt.NDArray[np.float32]:
    """(6, size, size, size) float32 in [-1, 1], axes (z, y, x): distance over `band`, cut off, and appearance."""
    points = cell_centres(size)
    distance = field.distance(points)
    grid = np.zeros((6, size**3), np.float32)
    grid[0] = np.clip(distance / band, -1, 1)
    near = np.abs(distance) < COLOURED
    grid[1:, near] = 2 * field.appearance(points[near]).T - 1
    return grid.reshape(6, size, size, size)
