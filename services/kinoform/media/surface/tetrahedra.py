"""Marching tetrahedra: more triangles than cubes give, and no case in which the result is not manifold."""

from itertools import permutations

import numpy as np
import numpy.typing as npt

from kinoform.media.surface.topology import Positions, Triangles


def marching_tetrahedra(distances: npt.NDArray[np.float32]) -> tuple[Positions, Triangles]:
    """The zero surface in grid steps. distances: (a, b, c), never 0, negative inside, positive on the border.

    Every cell is cut into the six tetrahedra around its main diagonal (Kuhn), which fit to their neighbours'.
    """
    strides = np.array([distances.shape[1] * distances.shape[2], distances.shape[2], 1])
    tetrahedra = _mixed_cells(distances)[:, None, None] + _kuhn() @ strides
    tetrahedra = tetrahedra.reshape(-1, 4)
    inside = distances.ravel()[tetrahedra] < 0
    case = inside @ np.array([1, 2, 4, 8])
    corners = [
        tetrahedra[case == number][:, edges].reshape(-1, 3, 2)  # (triangles, corner, end of the cut edge)
        for number, edges in _CASES.items()
    ]
    ends = np.sort(np.concatenate(corners).reshape(-1, 2), axis=1)
    cut, triangles = np.unique(ends[:, 0] * distances.size + ends[:, 1], return_inverse=True)
    low, high = np.divmod(cut, distances.size)
    from_low = np.stack(np.unravel_index(low, distances.shape), axis=1)
    to_high = np.stack(np.unravel_index(high, distances.shape), axis=1)
    at_low, at_high = distances.ravel()[low].astype(np.float64), distances.ravel()[high].astype(np.float64)
    positions = from_low + (to_high - from_low) * (at_low / (at_low - at_high))[:, None]
    return positions.astype(np.float32), triangles.reshape(-1, 3).astype(np.int32)


def _mixed_cells(distances: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """Flat indices of the lower corners of cells with both signs."""
    inside = distances < 0
    shifted = [inside[x : x - 1 or None, y : y - 1 or None, z : z - 1 or None] for x, y, z in np.ndindex(2, 2, 2)]
    mixed = np.logical_or.reduce(shifted) & ~np.logical_and.reduce(shifted)
    return np.ravel_multi_index(np.nonzero(mixed), distances.shape)


def _kuhn() -> npt.NDArray[np.intp]:
    """(6, 4, 3) corners in steps, each tetrahedron with a positive determinant."""
    axes = np.eye(3, dtype=np.intp)
    tetrahedra = []
    for a, b, c in permutations(range(3)):
        path = [0 * axes[a], axes[a], axes[a] + axes[b], axes.sum(axis=0)]
        odd = (a, b, c) in ((0, 2, 1), (1, 0, 2), (2, 1, 0))
        tetrahedra.append([path[0], path[2], path[1], path[3]] if odd else path)
    return np.array(tetrahedra)


def _cases() -> dict[int, npt.NDArray[np.intp]]:
    """For each set of inner corners, as bits: (3k, 2) the edges that its k triangles cut, seen from outside."""
    even = [p for p in permutations(range(4)) if sum(p[i] > p[j] for i in range(4) for j in range(i + 1, 4)) % 2 == 0]
    cases = {}
    for i, j, k, m in even:
        cases[1 << i] = [(i, j), (i, k), (i, m)]
        cases[15 ^ 1 << i] = [(i, j), (i, m), (i, k)]
        cases[1 << i | 1 << j] = [(i, k), (i, m), (j, m), (i, k), (j, m), (j, k)]
    return {number: np.array(edges) for number, edges in cases.items()}


_CASES = _cases()
