"""What hangs together, what is closed, and how much it holds."""

import manifold3d
import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Positions = npt.NDArray[np.float32]
"""(n, 3)."""
Triangles = npt.NDArray[np.int32]
"""(m, 3) vertex indices."""
Labels = npt.NDArray[np.int32]


def weld(
    positions: Positions, triangles: Triangles, places: npt.NDArray[np.float64] | None = None
) -> tuple[Positions, Triangles]:
    """Vertices at the very same place become one; triangles that lose a corner by that, and lone vertices, go.

    places: (n, 3) where the vertices count as being, if not at their positions.
    """
    same = positions if places is None else places
    order = np.lexsort(same.T)
    first = np.ones(len(order), np.bool_)
    first[1:] = (same[order[1:]] != same[order[:-1]]).any(axis=1)
    group = np.empty(len(order), np.int32)
    group[order] = np.cumsum(first) - 1
    return compact(positions[order[first]], group[triangles])


def compact(positions: Positions, triangles: Triangles) -> tuple[Positions, Triangles]:
    """Without triangles that have a corner twice, and without vertices that no triangle uses."""
    a, b, c = triangles.T
    kept = triangles[(a != b) & (b != c) & (c != a)]
    used = np.zeros(len(positions), np.bool_)
    used[kept] = True
    places = (np.cumsum(used) - 1).astype(np.int32)
    return positions[used], places[kept]


def directed_edges(triangles: Triangles) -> npt.NDArray[np.int64]:
    """(3m, 2) from corner to corner, in the triangles' order: all first edges, all second, all third."""
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]).astype(np.int64)


def is_closed(triangles: Triangles) -> bool:
    """Whether every edge has two triangles, which run along it in opposite ways."""
    if not len(triangles):
        return False
    edges, count = directed_edges(triangles), int(triangles.max()) + 1
    there = np.sort(edges[:, 0] * count + edges[:, 1])
    back = np.sort(edges[:, 1] * count + edges[:, 0])
    return bool((there[1:] != there[:-1]).all() and (there == back).all())


def is_solid(positions: Positions, triangles: Triangles) -> bool:
    """Whether it stays closed when vertices at the same place are joined, and manifold3d takes it as it is."""
    joined = weld(positions, triangles)
    return is_closed(joined[1]) and manifold_of(*joined).status() == manifold3d.Error.NoError


def manifold_of(positions: Positions, triangles: Triangles) -> manifold3d.Manifold:
    """As manifold3d has it. Its status says whether it is one."""
    return manifold3d.Manifold(
        manifold3d.Mesh(np.ascontiguousarray(positions, np.float32), np.ascontiguousarray(triangles, np.uint32))
    )


def components(triangles: Triangles, vertices: int) -> Labels:
    """(m,) a number for each triangle, the same for those that share vertices, from 0 in order of appearance."""
    ends = np.concatenate([triangles[:, :2], triangles[:, 1:]])
    graph = coo_array((np.ones(len(ends), np.bool_), (ends[:, 0], ends[:, 1])), shape=(vertices, vertices))
    _, labels = connected_components(graph.tocsr(), directed=False)
    return np.unique(labels[triangles[:, 0]], return_inverse=True)[1].astype(np.int32)


def volumes(positions: Positions, triangles: Triangles, labels: Labels) -> npt.NDArray[np.float64]:
    """Signed volume of each component: positive where its triangles face outwards."""
    a, b, c = (positions[triangles[:, corner]].astype(np.float64) for corner in range(3))
    return np.bincount(labels, np.einsum("ij,ij->i", a, np.cross(b, c)) / 6).astype(np.float64)


def volume(positions: Positions, triangles: Triangles) -> float:
    """Signed volume of a closed mesh."""
    return float(volumes(positions, triangles, np.zeros(len(triangles), np.int32)).sum())


def areas(positions: Positions, triangles: Triangles) -> npt.NDArray[np.float64]:
    """(m,) area of each triangle."""
    a, b, c = (positions[triangles[:, corner]].astype(np.float64) for corner in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
