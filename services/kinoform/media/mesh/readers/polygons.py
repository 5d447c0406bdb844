"""Polygons as triangles."""

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.assembly import check_counts


def fans(counts: npt.NDArray[np.int64], limits: MeshLimits) -> npt.NDArray[np.int64]:
    """Triangles (m, 3) as corner numbers, for polygons of so many corners each, one after another: fans from the first.

    Polygons of fewer than three corners have none. Raises MediaCorrupt for negative counts, MediaTooLarge.
    """
    if len(counts) and counts.min() < 0:
        raise MediaCorrupt(f"a polygon of {counts.min()} corners")
    each = np.maximum(counts - 2, 0)
    total = int(each.sum(dtype=np.float64))  # no sum of 64-bit integers wraps around here
    check_counts(total, 0, limits)
    first = np.repeat(np.cumsum(counts) - counts, each)
    within = np.arange(total) - np.repeat(np.cumsum(each) - each, each)
    return np.stack([first, first + within + 1, first + within + 2], axis=1)


def distinct_rows(rows: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The distinct rows (k, w), ordered, and for each of the rows (n, w) its place among them (n,)."""
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    is_new = np.ones(len(rows), np.bool_)
    is_new[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    place = np.empty(len(rows), np.int64)
    place[order] = np.cumsum(is_new) - 1
    return ordered[is_new], place
