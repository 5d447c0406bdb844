"""Which triangle each texel of a texture shows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt

from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.topology import Triangles

REACH = 0.75
"""Texels whose centre lies so far outside a triangle still show it: half a texel's diagonal and a little more."""
MOST_OVERLAP = 64
"""How many times over all texels the triangles' bounding boxes may cover."""
CHUNK = 1 << 20
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texels:
    """k texels of a square texture, in the picture's order."""

    size: int
    """Width and height."""
    places: npt.NDArray[np.int64]
    """(k,) row * size + column; row 0 is the top."""
    triangles: npt.NDArray[np.int64]
    """(k,) index of the triangle shown."""
    weights: npt.NDArray[np.float32]
    """(k, 3) barycentric coordinates, from 0 to 1, of the texel's centre or of a point of the triangle near it."""

    def nearest(self) -> npt.NDArray[np.int64]:
        """(size, size) the number, from 0 to k - 1, of the texel nearest to each place: so that no seam shows."""
        numbers = np.full(self.size * self.size, -1, np.int64)
        numbers[self.places] = np.arange(len(self.places))
        square = numbers.reshape(self.size, self.size)
        rows, columns = distance_transform_edt(square < 0, return_distances=False, return_indices=True)
        return square[rows, columns]


def rasterise(uvs: npt.NDArray[np.float32], triangles: Triangles, size: int) -> Texels:
    """The texels of a square texture that the triangles cover or touch. uvs: (n, 2), origin bottom-left.

    A texel shows the triangle that its centre is in, or else the nearest; the last one where several are.
    Raises BadWish where the UVs cover the texture many times over, or not at all.
    """
    corners = np.stack([uvs[:, 0] * size - 0.5, (1 - uvs[:, 1].astype(np.float64)) * size - 0.5], axis=1)[triangles]
    numbers, places, weights, depths = (np.concatenate(part) for part in zip(*_covered(corners, size), strict=True))
    order = np.argsort(np.minimum(depths, 0), kind="stable")
    chosen = np.full(size * size, -1, np.int64)
    chosen[places[order]] = order  # of several for one place the last stays: the one that is deepest inside
    chosen = chosen[chosen >= 0]
    if not len(chosen):
        raise BadWish("uvs cover no texel")
    inside = np.clip(weights[chosen], 0, 1)
    inside /= inside.sum(axis=1, keepdims=True)
    return Texels(
        size=size, places=places[chosen], triangles=numbers[chosen], weights=inside.astype(np.float32, copy=False)
    )


def _covered(
    corners: Floats, size: int
) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Singles, Singles]]:
    """Triangle, place, weights and depth inside (in texels) of each pair of a triangle and a texel that it touches."""
    low = np.clip(np.ceil(corners.min(axis=1) - REACH), 0, size).astype(np.int64)
    high = np.clip(np.floor(corners.max(axis=1) + REACH), -1, size - 1).astype(np.int64)
    spans = np.maximum(high - low + 1, 0)
    counts = spans.prod(axis=1)
    ends = np.cumsum(counts)
    if not len(ends) or ends[-1] > MOST_OVERLAP * size * size:
        raise BadWish("uvs cover the texture too many times over")
    start = 0
    while start < len(counts):
        done = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK, side="right")))
        yield _touched(corners, low, spans, np.arange(start, stop), size)
        start = stop


def _touched(
    corners: Floats, low: npt.NDArray[np.int64], spans: npt.NDArray[np.int64], some: npt.NDArray[np.int64], size: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Singles, Singles]:
    counts = spans[some].prod(axis=1)
    numbers = np.repeat(some, counts)
    within = np.arange(len(numbers)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows, columns = np.divmod(within, spans[numbers, 0])
    weights, heights = _barycentric(corners[some] - low[some, None])  # near 0, single precision is enough
    which = numbers - some[0]
    x, y = columns.astype(np.float32)[:, None], rows.astype(np.float32)[:, None]
    each = weights[which, :, 0] * x + weights[which, :, 1] * y + weights[which, :, 2]
    depths = (each * heights[which]).min(axis=1)
    touching = depths >= -REACH
    numbers = numbers[touching]
    places = (rows[touching] + low[numbers, 1]) * size + columns[touching] + low[numbers, 0]
    return numbers, places, each[touching], depths[touching]


def _barycentric(corners: Floats) -> tuple[Singles, Singles]:
    """Coefficients (m, 3, 3) of each corner's weight a x + b y + c, and heights (m, 3) over the opposite edges.

    A triangle without an area gets weights that put every texel outside.
    """
    ahead, behind = np.roll(corners, -1, axis=1), np.roll(corners, -2, axis=1)
    (x1, y1), (x2, y2) = np.moveaxis(ahead, 2, 0), np.moveaxis(behind, 2, 0)
    double = (corners[..., 0] * (y1 - y2)).sum(axis=1)[:, None]
    flat = np.abs(double) < 1e-12
    area = np.where(flat, 1.0, double)
    constant = np.where(flat, -np.inf, (x1 * y2 - x2 * y1) / area)
    weights = np.stack([(y1 - y2) / area, (x2 - x1) / area, constant], axis=-1)
    heights = np.abs(area) / np.maximum(np.hypot(x2 - x1, y2 - y1), 1e-12)
    return weights.astype(np.float32), heights.astype(np.float32)
