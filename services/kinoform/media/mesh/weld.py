"""Vertices joined where they share a place: what files split along UV seams becomes one surface again."""

import numpy as np
import numpy.typing as npt


def welded(
    positions: npt.NDArray[np.float32], triangles: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Distinct positions (n, 3), in lexical order, and the triangles (m, 3) between them, degenerate ones included."""
    unsigned_zeros = positions + np.float32(0)
    order = np.lexsort(unsigned_zeros.T[::-1])
    ordered = unsigned_zeros[order]
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = np.any(ordered[1:] != ordered[:-1], axis=1)
    new_index = np.empty(len(ordered), np.int32)
    new_index[order] = np.cumsum(is_new) - 1
    return ordered[is_new], new_index[triangles]


def has_three_corners(triangles: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """(m,) whether each of the triangles (m, 3) has distinct vertices."""
    a, b, c = triangles.T
    return (a != b) & (b != c) & (c != a)
