"""From points of a surface, open or closed, to signed distances on a grid."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

SIDE = 64
"""Cells along an edge of the cube [-1, 1]^3; distances are known at their centres."""
CELL = 2 / SIDE
FINE = 2 * SIDE
"""Cells of the grid in which the inside of thin walls is looked for."""
SPACING = CELL / 2 / 1.8
"""Of the surface's points: so that none of the fine cells that it crosses is left out, but for touched corners."""
SHEET = 1.0 * CELL
"""What a surface without an inside grows by on either side, so that it is as thick as a cell of the grid of 32 that
form-mini reads. No wire slips through from half a square cell's diagonal on, 0.71."""
SLIM = 0.5 * CELL
"""What a part grows by whose inside is too thin, less than two cells, to be sure to hold a cell's centre."""
BAND = 2.5
"""Cells from the surface within which distances are to its points, not to its cells."""
AROUND = np.ones((3, 3, 3), np.bool_)


class Distances(NamedTuple):
    """A solid on the grid."""

    values: Floats
    """(SIDE, SIDE, SIDE) over x, y, z: signed distances at the centres of cells, negative inside."""
    visible: Mask
    """(n,) which of the points lie on the outside."""


def signed_distances(points: Floats) -> Distances:
    """The solid that points (n, 3) of its surface, SPACING apart, enclose.

    Inside is what a flood from the cube's border does not reach, in a grid of FINE cells or in one of SIDE, whose
    coarser walls close larger gaps. Walls that enclose nothing grow to be more than a cell thick."""
    cells = _cells(points, SIDE)
    walls = _marked(cells, SIDE)
    outside = flooded(walls)
    filled = _filled(points)
    filled[~walls] = ~outside[~walls]
    rim = walls & ndimage.binary_dilation(outside, AROUND)
    visible = rim[tuple(cells.T)]
    shell, homes = points[visible], cells[visible]
    steps = ndimage.distance_transform_edt(~rim)
    near = np.argwhere(steps <= BAND)
    distance, at = cKDTree(shell, balanced_tree=False).query(_centres(near), workers=1)
    inside = filled > 0.5
    edge = rim[tuple(near.T)]
    inside[tuple(near[edge].T)] = _behind(filled, near[edge], shell[at[edge]])
    values = np.where(inside, -steps, steps) * CELL
    values[tuple(near.T)] = np.where(inside[tuple(near.T)], -distance, distance)
    _grow(values, shell, homes, filled, near)
    return Distances(values.astype(np.float32), visible)


def flooded(walls: Mask) -> Mask:
    """The cells that are reached from the first corner through faces, without crossing a wall."""
    labels, _ = ndimage.label(~walls)
    return np.asarray(labels == labels[0, 0, 0]) & ~walls


def _cells(points: Floats, side: int) -> Ints:
    return np.clip(((points + 1) * (side / 2)).astype(np.int64), 0, side - 1)


def _marked(cells: Ints, side: int) -> Mask:
    marked = np.zeros((side, side, side), np.bool_)
    marked[tuple(cells.T)] = True
    return marked


def _centres(places: Ints) -> Floats:
    return ((places + 0.5) * CELL - 1).astype(np.float32)


def _filled(points: Floats) -> Floats:
    """(SIDE, SIDE, SIDE) the share of each cell that is inside; walls, of the FINE grid, count half."""
    walls = _marked(_cells(points, FINE), FINE)
    fine = 1 - flooded(walls) - np.float32(0.5) * walls
    # a sheet's walls have no inside next to them, and count as nothing
    fine[walls & ~ndimage.binary_dilation(fine == 1, AROUND)] = 0
    pooled: Floats = fine.reshape(SIDE, 2, SIDE, 2, SIDE, 2).mean(axis=(1, 3, 5), dtype=np.float32)
    return pooled


def _behind(filled: Floats, places: Ints, nearest: Floats) -> Mask:
    """Whether the centres of cells (k, 3) lie on the fuller side of the nearest points (k, 3) of the surface."""
    smooth = ndimage.gaussian_filter(filled, 1.0)
    slope = np.stack([part[tuple(places.T)] for part in np.gradient(smooth)], axis=1)
    return np.asarray(np.einsum("ki,ki->k", slope, _centres(places) - nearest) > 0)


def _grow(values: npt.NDArray[np.float64], shell: Floats, homes: Ints, filled: Floats, near: Ints) -> None:
    """Thickens, in place, where the points of the surface have nothing or not enough behind them."""
    holds = ndimage.binary_dilation(filled > 0, AROUND)[tuple(homes.T)]
    core = ndimage.binary_dilation(values <= -CELL / 2, AROUND, iterations=2)[tuple(homes.T)]
    for thin, growth in ((~holds, SHEET), (holds & ~core, SLIM)):
        if thin.any():
            tree = cKDTree(shell[thin], balanced_tree=False)
            distance, _ = tree.query(_centres(near), distance_upper_bound=BAND * CELL, workers=1)
            found = np.isfinite(distance)
            there = tuple(near[found].T)
            grown = np.where(values[there] < 0, values[there], distance[found]) - growth
            values[there] = np.minimum(values[there], grown)
