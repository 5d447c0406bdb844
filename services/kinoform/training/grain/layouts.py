"""Regular layouts as functions of place: courses of bricks and tiles, hexagons, threads. All repeat in each unit."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinoform.training.grain.noise import UNIT, Plane

Numbers = npt.NDArray[np.int64]


class Courses(NamedTuple):
    """Rectangles in rows."""

    row: Numbers
    column: Numbers
    """Which rectangle, counted over the whole tile."""
    x: Plane
    y: Plane
    """Place in the rectangle, 0 to 1."""
    edge: Plane
    """Distance to the nearest side in pixels."""
    shape: tuple[int, int]
    """(rows, columns) of the whole tile."""

    def each(self, values: npt.NDArray[np.float64]) -> Plane:
        """Spreads (rows, columns) values over the rectangles' pixels."""
        return values[self.row, self.column].astype(np.float32)


def places(size: int) -> tuple[Plane, Plane]:
    """(x, y) of each pixel's centre in units, 0 to size / UNIT."""
    line = ((np.arange(size) + 0.5) / UNIT).astype(np.float32)
    x, y = np.meshgrid(line, line)
    return x, y


def courses(x: Plane, y: Plane, columns: int, rows: int, *, stagger: float = 0.0) -> Courses:
    """`columns` x `rows` rectangles a unit, every second row shifted by `stagger` of a width (then `rows` is even).

    x, y: places in units, also warped ones outside of the tile.
    """
    units = max(round(float(x.max() - x.min())), 1)
    row = np.floor(y * rows)
    shifted = x * columns + stagger * (row % 2)
    column = np.floor(shifted)
    inner_x, inner_y = (shifted - column).astype(np.float32), (y * rows - row).astype(np.float32)
    edge = np.minimum(
        np.minimum(inner_x, 1 - inner_x) * (UNIT / columns), np.minimum(inner_y, 1 - inner_y) * (UNIT / rows)
    )
    shape = (rows * units, columns * units)
    return Courses(
        row=row.astype(np.int64) % shape[0],
        column=column.astype(np.int64) % shape[1],
        x=inner_x,
        y=inner_y,
        edge=edge.astype(np.float32),
        shape=shape,
    )


class Hexagons(NamedTuple):
    """A honeycomb."""

    number: Numbers
    """Which hexagon, 0 to `total`."""
    edge: Plane
    """Distance to the border in pixels."""
    total: int

    def each(self, values: npt.NDArray[np.float64]) -> Plane:
        """Spreads one value a hexagon over its pixels."""
        return values[self.number].astype(np.float32)


def hexagons(x: Plane, y: Plane, columns: int, rows: int) -> Hexagons:
    """Two lattices of `columns` x `rows` centres a unit, one shifted by a half both ways; regular where
    rows = columns / sqrt(3)."""
    units = max(round(float(x.max() - x.min())), 1)
    found = []
    for half in (0.0, 0.5):
        column, row = np.floor(x * columns + half), np.floor(y * rows + half)
        dx = np.abs(x * columns + half - column - 0.5)
        dy = np.abs(y * rows + half - row - 0.5) * np.sqrt(3.0)
        reach = np.maximum(dx, dx / 2 + dy * np.sqrt(3.0) / 2)
        number = (row.astype(np.int64) % (rows * units)) * columns * units + column.astype(np.int64) % (columns * units)
        found.append((reach, number))
    (first, one), (second, other) = found
    count = columns * rows * units * units
    nearer = first <= second
    edge = (0.5 - np.minimum(first, second)) * UNIT / columns
    return Hexagons(np.where(nearer, one, other + count), edge.astype(np.float32), 2 * count)


class Threads(NamedTuple):
    """Two sets of threads that pass over and under each other."""

    over: npt.NDArray[np.bool_]
    """Where the thread along x lies on top."""
    bulge: Plane
    """Height of the upper thread, 0 at its sides and where it dives, 1 in the middle."""
    number: Numbers
    """Which thread is on top: those along x come first."""
    total: int


def threads(x: Plane, y: Plane, per_unit: int, *, floats: int = 1, shift: int = 1) -> Threads:
    """`per_unit` threads a unit each way; a thread passes over `floats` others and then under as many, the next one
    shifted by `shift`: 1, 1 is plain weave, 2, 1 twill. per_unit is a multiple of 2 * floats."""
    units = max(round(float(x.max() - x.min())), 1)
    column, row = np.floor(x * per_unit), np.floor(y * per_unit)
    phase = (column + shift * row) % (2 * floats)
    over = phase < floats
    along = np.where(over, (x * per_unit - column + phase) / floats, _run(x, y, per_unit, floats, shift))
    side = np.where(over, y * per_unit - row, x * per_unit - column)
    bulge = np.sin(np.pi * side) ** 0.7 * (0.35 + 0.65 * np.sin(np.pi * np.clip(along, 0, 1)) ** 0.8)
    count = per_unit * units
    number = np.where(over, row.astype(np.int64) % count, count + column.astype(np.int64) % count)
    return Threads(over, bulge.astype(np.float32), number, 2 * count)


def _run(x: Plane, y: Plane, per_unit: int, floats: int, shift: int) -> Plane:
    """Place along the upper thread that runs along y, 0 to 1 between its dives."""
    column, row = np.floor(x * per_unit), np.floor(y * per_unit)
    phase = (column + shift * row) % (2 * floats) - floats
    within = phase if shift == 1 else floats - 1 - phase
    along: Plane = ((y * per_unit - row + within) / floats).astype(np.float32)
    return along
