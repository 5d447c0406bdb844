"""A field on a regular grid, evaluated only where its surface may be."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinoform.media.surface.errors import BadWish, NoSurface
from kinoform.media.surface.field import Field, Points

Cells = npt.NDArray[np.int32]
"""(n, 3) lower corners of cubes, in grid steps."""
Values = npt.NDArray[np.float32]

COARSEST = 8
"""Grid steps along the first level's cells."""
MARGIN = 2.0
"""How many times a field may overstate its distances before a surface is missed. 1 is enough for a true distance."""
NUDGE = 0.001
"""No sample lies nearer to 0 than this share of a grid step, so that no two vertices of a surface coincide."""
LARGEST = 256
CHUNK = 1 << 17
"""Points of one call of a field: bounds its memory."""
CORNERS = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.int32)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """Distances at the corners of resolution^3 grid cells that fill the cube [-1, 1]^3.

    Exact in every cell that the surface may cross, interpolated from coarser cells elsewhere; never 0; positive
    (outside) all along the border, so that every surface in it is closed.
    """

    distances: Values
    """(r + 1, r + 1, r + 1) over x, y and z, negative inside."""
    evaluations: int
    """Points at which the field was asked."""

    @property
    def resolution(self) -> int:
        """Cells along an edge of the cube."""
        return self.distances.shape[0] - 1

    @property
    def step(self) -> float:
        """Width of a cell, in units of the cube."""
        return 2.0 / self.resolution


def sample(field: Field, resolution: int) -> Volume:
    """The field's volume. resolution: cells along an edge, a multiple of 8 up to 256.

    Coarse cells are split in two along each axis while the surface may be in them: while their corners differ in sign,
    or one is nearer to the surface than a point of the cell can be to its corners (times MARGIN). A field with
    distances clamped to small values is evaluated at more points, never wrongly.

    Raises BadWish for the resolution, NoSurface where the field is empty, solid throughout or not finite.
    """
    checked_resolution(resolution)
    shape = (resolution + 1,) * 3
    distances, known = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    cells = _all_cells(resolution)
    for size in (8, 4, 2, 1):
        _evaluate_corners(field, cells, size, distances, known)
        if size > 1:
            near = _near(cells, size, distances)
            if size == COARSEST:
                _fill_all(distances)
            else:
                _fill(cells[~near], size, distances, known)
            cells = _split(cells[near], size)
    if not (distances < 0).any():
        raise NoSurface("the field is empty")
    if not (distances > 0).any():
        raise NoSurface("the field is solid throughout")
    return Volume(distances=fenced(distances), evaluations=int(known.sum()))


def checked_resolution(resolution: int) -> int:
    """The resolution, if a volume can have it. Raises BadWish."""
    if not COARSEST <= resolution <= LARGEST or resolution % COARSEST:
        raise BadWish(f"resolution must be a multiple of {COARSEST} from {COARSEST} to {LARGEST}, not {resolution}")
    return resolution


def evaluate(function: Callable[[Points], Values], points: Points) -> Values:
    """The function at the points, in chunks. Raises NoSurface where a value is not finite."""
    parts = [function(points[start : start + CHUNK]) for start in range(0, len(points), CHUNK)]
    values = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    if not np.isfinite(values).all():
        raise NoSurface("the field is not finite")
    return values.astype(np.float32, copy=False)


def fenced(distances: Values) -> Values:
    """The distances off zero everywhere, and outside along the border, as a volume has them."""
    step = 2.0 / (len(distances) - 1)
    least = np.float32(NUDGE * step)
    fenced = np.where(np.abs(distances) < least, np.where(distances < 0, -least, least), distances)
    for axis in range(3):
        for side in (0, -1):
            border = np.moveaxis(fenced, axis, 0)[side]
            np.maximum(border, np.float32(step / 2), out=border)
    return fenced


def grid_points(indices: npt.NDArray[np.intp], resolution: int) -> Points:
    """Positions of samples, given as flat indices into the grid."""
    steps = np.stack(np.unravel_index(indices, (resolution + 1,) * 3), axis=1)
    return (steps * (2.0 / resolution) - 1.0).astype(np.float32)


def _all_cells(resolution: int) -> Cells:
    along = np.arange(0, resolution, COARSEST, dtype=np.int32)
    return np.stack(np.meshgrid(along, along, along, indexing="ij"), axis=-1).reshape(-1, 3)


def _split(cells: Cells, size: int) -> Cells:
    return (cells[:, None] + CORNERS * (size // 2)).reshape(-1, 3)


def _corners(cells: Cells, size: int, resolution: int) -> npt.NDArray[np.intp]:
    """(n, 8) flat indices of the cells' corners."""
    strides = np.array([(resolution + 1) ** 2, resolution + 1, 1], np.int64)
    return (cells @ strides)[:, None] + (CORNERS * size) @ strides


def _evaluate_corners(field: Field, cells: Cells, size: int, distances: Values, known: npt.NDArray[np.bool_]) -> None:
    resolution = len(distances) - 1
    wanted = np.zeros(known.shape, np.bool_)
    wanted.ravel()[_corners(cells, size, resolution)] = True
    indices = np.flatnonzero(wanted & ~known)
    distances.ravel()[indices] = evaluate(field.distance, grid_points(indices, resolution))
    known.ravel()[indices] = True


def _near(cells: Cells, size: int, distances: Values) -> npt.NDArray[np.bool_]:
    """Whether the surface may be in each cell."""
    resolution = len(distances) - 1
    corners = distances.ravel()[_corners(cells, size, resolution)]
    reach = MARGIN * np.sqrt(3.0) / 2 * size * (2.0 / resolution)
    inside = corners < 0
    return (np.abs(corners).min(axis=1) <= reach) | (inside.any(axis=1) != inside.all(axis=1))


def _fill(cells: Cells, size: int, distances: Values, known: npt.NDArray[np.bool_]) -> None:
    """Trilinear interpolation of the corners at the samples of cells without a surface; known ones stay."""
    resolution = len(distances) - 1
    inner = distances.ravel()[_corners(cells, size, resolution)].reshape(-1, 2, 2, 2)
    for axis in (1, 2, 3):
        inner = _finer(inner, axis, size)
    strides = np.array([(resolution + 1) ** 2, resolution + 1, 1])
    offsets = np.stack(np.meshgrid(*[np.arange(size + 1)] * 3, indexing="ij"), axis=-1) @ strides
    places = (cells @ strides)[:, None] + offsets.ravel()
    unknown = ~known.ravel()[places]
    distances.ravel()[places[unknown]] = inner.reshape(places.shape)[unknown]


def _fill_all(distances: Values) -> None:
    """Trilinear interpolation of the coarsest level's samples everywhere."""
    inner = distances[::COARSEST, ::COARSEST, ::COARSEST]
    for axis in range(3):
        inner = _finer(inner, axis, COARSEST)
    distances[...] = inner


def _finer(values: Values, axis: int, size: int) -> Values:
    """Linear interpolation along an axis, from n samples to size * (n - 1) + 1."""
    along = np.moveaxis(values, axis, 0)
    finer = np.empty((size * (len(along) - 1) + 1, *along.shape[1:]), np.float32)
    for step in range(size):
        share = np.float32(step / size)
        finer[step:-1:size] = (1 - share) * along[:-1] + share * along[1:]
    finer[-1] = along[-1]
    return np.moveaxis(finer, 0, axis)
