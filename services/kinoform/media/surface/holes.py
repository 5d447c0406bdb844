"""Holes of a mesh, filled."""

from collections import defaultdict

import numpy as np
import numpy.typing as npt

from kinoform.media.surface.topology import Positions, Triangles, directed_edges

MOST_EDGES = 200_000
"""A mesh with more open edges is no mesh with holes."""


def filled(positions: Positions, triangles: Triangles) -> tuple[Positions, Triangles, int]:
    """The mesh with a fan in every hole, the number of holes too. Old vertices and triangles keep their places.

    A hole of three or four edges gets no new vertex, a longer one gets one in its middle.
    """
    edges = _open_edges(triangles)
    if not len(edges) or len(edges) > MOST_EDGES:
        return positions, triangles, 0
    added: list[Positions] = []
    patches: list[tuple[int, int, int]] = []
    loops = _loops(edges[:, ::-1])
    for loop in loops:
        hub = loop[0]
        if len(loop) > 4:
            hub = len(positions) + len(added)
            added.append(positions[loop].mean(axis=0, dtype=np.float64).astype(np.float32))
        ring = zip(loop, [*loop[1:], loop[0]], strict=True)
        patches.extend((hub, start, stop) for start, stop in ring if hub not in (start, stop))
    return (
        np.concatenate([positions, np.array(added, np.float32).reshape(-1, 3)]),
        np.concatenate([triangles, np.array(patches, np.int32).reshape(-1, 3)]),
        len(loops),
    )


def _open_edges(triangles: Triangles) -> npt.NDArray[np.int64]:
    """(k, 2) edges of one triangle alone, in its direction."""
    edges, count = directed_edges(triangles), int(triangles.max()) + 1
    codes = edges.min(axis=1) * count + edges.max(axis=1)
    _, index, uses = np.unique(codes, return_index=True, return_counts=True)
    return edges[np.sort(index[uses == 1])]


def _loops(edges: npt.NDArray[np.int64]) -> list[list[int]]:
    """Closed walks of three vertices or more along directed edges, none through a vertex twice."""
    onward: defaultdict[int, list[int]] = defaultdict(list)
    for start, stop in edges.tolist():
        onward[start].append(stop)
    loops = []
    for first in list(onward):
        walk, places = [first], {first: 0}
        while onward[walk[-1]]:
            vertex = onward[walk[-1]].pop()
            if vertex in places:
                loop = walk[places[vertex] :]
                loops.append(loop)
                for passed in loop[1:]:
                    del places[passed]
                del walk[places[vertex] + 1 :]
            else:
                places[vertex] = len(walk)
                walk.append(vertex)
    return [loop for loop in loops if len(loop) > 2]
