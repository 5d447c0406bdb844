"""Periodic noise: spectral (a filtered white spectrum) and cellular (Worley 1996), on square tiles that wrap around."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.fft import irfft2, rfft2
from scipy.spatial import cKDTree

Plane = npt.NDArray[np.float32]
"""(n, n) values of a tile, row 0 on top."""
Values = npt.NDArray[np.float32] | npt.NDArray[np.float64]
"""A plane on the way, of whatever precision."""

UNIT = 256
"""Pixels of the square in which layouts repeat, and after which noise has no longer waves."""


class Cells(NamedTuple):
    """A periodic Voronoi diagram; distances in pixels."""

    number: npt.NDArray[np.int64]
    """(n, n) which cell, 0 to `total`."""
    centre: Plane
    """Distance to the cell's own point."""
    edge: Plane
    """About the distance to the next cell: half of what the second point is further away."""
    total: int

    def each(self, values: npt.NDArray[np.float64]) -> Plane:
        """Spreads one value a cell over the cells' pixels."""
        return values[self.number].astype(np.float32)


def waves(
    rng: np.random.Generator,
    size: int,
    wavelength: float,
    *,
    falloff: float = 1.7,
    across: float = 1.0,
    along: float = 1.0,
    turn: float = 0.0,
    finest: float = 6.0,
) -> Plane:
    """Noise of mean 0 and deviation 1, flat below the frequency 1 / wavelength and falling as f ** -falloff above.

    Args:
        wavelength: of the largest features, in pixels.
        across, along: below 1 they draw the features out along x and y.
        turn: angle by which these two directions are turned, in radians.
        finest: wavelength in pixels below which all is faded out.
    """
    fy = np.fft.fftfreq(size)[:, None]
    fx = np.fft.rfftfreq(size)[None, :]
    turned_x, turned_y = fx * np.cos(turn) + fy * np.sin(turn), fy * np.cos(turn) - fx * np.sin(turn)
    frequency = np.hypot(turned_x / across, turned_y / along) * wavelength
    gain = (1 + frequency**2) ** (-falloff / 2) * np.exp(-0.5 * (np.hypot(fx, fy) * finest) ** 2)
    gain[np.hypot(fx, fy) < 0.99 / UNIT] = 0.0
    spectrum = rfft2(rng.standard_normal((size, size), dtype=np.float32)) * gain.astype(np.float32)
    plane = irfft2(spectrum, s=(size, size))
    return (plane / max(float(plane.std()), 1e-9)).astype(np.float32)


def cells(rng: np.random.Generator, size: int, per_unit: int, *, jitter: float = 1.0, stagger: float = 0.5) -> Cells:
    """Voronoi cells of points on a grid of `per_unit` x `per_unit` in each unit, moved by `jitter` of a step at most.

    stagger: by how much of a step every second row is shifted; `per_unit` is even.
    """
    count = per_unit * size // UNIT
    step = size / count
    row, column = np.mgrid[0:count, 0:count]
    moved = rng.uniform(-0.5, 0.5, (2, count, count)) * jitter
    x = (column + 0.5 + stagger * (row % 2) + moved[0]) * step
    y = (row + 0.5 + moved[1]) * step
    points = np.stack([x.ravel() % size, y.ravel() % size], axis=1)
    tree = cKDTree(np.minimum(points, np.nextafter(size, 0)), boxsize=size)
    rows, columns = np.mgrid[0:size, 0:size]
    distance, number = tree.query(np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1), k=2)
    first, second = distance.T.reshape(2, size, size)
    return Cells(
        number=number[:, 0].reshape(size, size),
        centre=first.astype(np.float32),
        edge=((second - first) / 2).astype(np.float32),
        total=count * count,
    )


def smoothstep(low: float, high: float, value: Values) -> Plane:
    """0 up to `low`, 1 from `high`, smooth between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return (t * t * (3 - 2 * t)).astype(np.float32)
