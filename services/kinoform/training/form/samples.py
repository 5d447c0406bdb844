"""What is taken from a training solid: a grid to encode, points to decode at, and views to condition on."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinoform.media.surface.field import Field, Points
from kinoform.models.form_mini.grid import cell_centres, grid_of
from kinoform.models.form_mini.pictures import framed
from kinoform.training.form.views import draw_view, render_view

GRID = 32
BAND = 0.25
NEAR_POINTS, FAR_POINTS = 1536, 512
NEAR = 0.09
"""Points are drawn around the centres of cells that are this near to the surface, and anywhere."""
VIEWS = 1


class Sample(NamedTuple):
    """One solid, in bytes: grids and values in [-1, 1] as int8 steps of 1 / 127."""

    grid: npt.NDArray[np.int8]
    """(6, GRID, GRID, GRID)"""
    points: npt.NDArray[np.float16]
    """(NEAR_POINTS + FAR_POINTS, 3), the near ones first."""
    values: npt.NDArray[np.int8]
    """(NEAR_POINTS + FAR_POINTS, 6): what the decoder should read at the points."""
    views: npt.NDArray[np.uint8]
    """(VIEWS, VIEW, VIEW, 4) RGBA, framed as the model expects pictures."""


def sample(field: Field, rng: np.random.Generator) -> Sample:
    """Takes a sample; a function of the field and the generator's state alone."""
    grid = grid_of(field, GRID, BAND)
    near = cell_centres(GRID)[(np.abs(grid[0]) < NEAR / BAND).ravel()]
    drawn = near[rng.integers(len(near), size=NEAR_POINTS)] + rng.uniform(-1, 1, (NEAR_POINTS, 3)) * (1.2 / GRID)
    points = np.concatenate([drawn.clip(-1, 1), rng.uniform(-1, 1, (FAR_POINTS, 3))]).astype(np.float16)
    coarse = grid[0] * np.float32(BAND)
    views = [framed(render_view(field, coarse, draw_view(rng))) for _ in range(VIEWS)]
    return Sample(_bytes(grid), points, _bytes(values_at(field, points.astype(np.float32))), np.stack(views))


def values_at(field: Field, points: Points) -> npt.NDArray[np.float32]:
    """(n, 6) what the decoder should read at the points: distance over BAND, cut off, and appearance in [-1, 1]."""
    distance = np.clip(field.distance(points) / np.float32(BAND), -1, 1)
    values: npt.NDArray[np.float32] = np.concatenate([distance[:, None], 2 * field.appearance(points) - 1], axis=1)
    return values


def floats(stored: npt.NDArray[np.int8]) -> npt.NDArray[np.float32]:
    """Grids and values as they were, to 1 / 254."""
    return stored.astype(np.float32) / np.float32(127)


def _bytes(values: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    return np.round(values * 127).astype(np.int8)
