"""What a field fills, on a grid, and how to count in it."""

import math
from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from kinoform.media.surface.field import Field

Mask = npt.NDArray[np.bool_]
Profile = npt.NDArray[np.float64]

SPECK = 3
"""Components of fewer cells are noise."""


class Occupancy:
    """The cells of a grid over [-1, 1]^3 whose centres are inside a field, cropped to what is filled."""

    def __init__(self, field: Field, resolution: int) -> None:
        """`resolution` cells along each side; ValueError for a field that fills none of them."""
        line = ((np.arange(resolution) + 0.5) / resolution * 2 - 1).astype(np.float32)
        points = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
        filled = (field.distance(points) < 0).reshape(resolution, resolution, resolution)
        if not filled.any():
            raise ValueError("an empty field")
        spans = ndimage.find_objects(filled.astype(np.int8))[0]
        self.cells: Mask = filled[spans]
        """(x, y, z)"""
        self.points = points.reshape(resolution, resolution, resolution, 3)[spans]
        """(x, y, z, 3) the cells' centres."""

    def extent(self, axis: int) -> int:
        """How many cells long it is."""
        return int(self.cells.shape[axis])

    def slices(self, axis: int, low: float, high: float) -> list[Mask]:
        """The layers between two shares of its extent, across an axis; at least one."""
        length = self.extent(axis)
        first = min(int(low * length), length - 1)
        last = max(first + 1, min(math.ceil(high * length), length))
        return list(np.moveaxis(self.cells, axis, 0)[first:last])

    def shadow(self, axis: int, low: float = 0.0, high: float = 1.0) -> Mask:
        """All such layers seen through one another."""
        return np.logical_or.reduce(self.slices(axis, low, high))


def usual(counts: Iterable[int]) -> int:
    """The most frequent number; the greater of two as frequent."""
    tally = Counter(counts)
    return max(tally, key=lambda count: (tally[count], count))


def components(mask: Mask) -> int:
    """How many connected pieces it has, corners counting as contact, specks left out."""
    labels, _ = ndimage.label(mask, np.ones((3,) * mask.ndim))
    return int((np.bincount(labels.ravel())[1:] >= SPECK).sum())


def runs(line: npt.ArrayLike) -> int:
    """How many stretches of True a line has."""
    padded = np.concatenate([[False], np.asarray(line, bool)])
    return int((padded[1:] & ~padded[:-1]).sum())


def spokes(mask: Mask, centre: tuple[float, float], low: float, high: float) -> int:
    """How many arms cross most circles between two shares of the greatest distance from `centre`, in cells."""
    filled = np.argwhere(mask)
    reach = float(np.linalg.norm(filled - centre, axis=1).max())
    angles = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    counts = []
    for radius in np.linspace(low, high, 7) * reach:
        places = [centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)]
        ring = ndimage.map_coordinates(mask.astype(np.float32), places, order=1) > 0.5
        counts.append(int((ring & ~np.roll(ring, 1)).sum()))
    return usual(counts)


def centroid(mask: Mask) -> tuple[float, float]:
    """The mean place of the filled cells of a layer; its middle if none is."""
    if not mask.any():
        return (mask.shape[0] - 1) / 2, (mask.shape[1] - 1) / 2
    u, v = np.argwhere(mask).mean(0).tolist()
    return u, v


def peaks(profile: Profile, prominence: float) -> int:
    """How many maxima stand out by `prominence`, a share of the highest, from the valleys at both sides."""
    least = prominence * float(profile.max())
    count, rising, low, high = 0, True, 0.0, 0.0
    for value in (*profile.tolist(), 0.0):
        if rising:
            high = max(high, value)
            if value < high - least:
                count, rising, low = count + 1, False, value
        else:
            low = min(low, value)
            if value > low + least:
                rising, high = True, value
    return count


def widths(mask: Mask) -> Profile:
    """(v,) how many cells lie between the first and the last filled one of each column of a layer (u, v)."""
    first, last = mask.argmax(0), mask.shape[0] - mask[::-1].argmax(0)
    return np.where(mask.any(0), last - first, 0).astype(np.float64)
