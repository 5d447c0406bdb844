"""Finer triangles with the same surface, so that light can be kept at vertices."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]


def subdivide(vertices: Floats, triangles: Indices, longest: float, most: int) -> tuple[Floats, Indices]:
    """Split every edge longer than `longest` in the middle, again and again; no gaps arise (conforming).

    vertices: (n, k), position first, the other numbers interpolated along. triangles: (m, 3).
    Stops early, still without gaps, rather than pass `most` triangles.
    """
    while True:
        edges = np.stack([triangles, np.roll(triangles, -1, axis=1)], axis=-1)
        lengths = np.linalg.norm(np.diff(vertices[edges][..., :3], axis=2)[:, :, 0], axis=-1)
        long = lengths > longest
        if not long.any() or len(triangles) + long.sum() > most:
            return vertices, triangles
        pairs, which = np.unique(np.sort(edges[long], axis=-1), axis=0, return_inverse=True)
        middles = np.zeros(triangles.shape, np.int32)
        middles[long] = len(vertices) + which.reshape(-1)
        vertices = np.concatenate([vertices, (vertices[pairs[:, 0]] + vertices[pairs[:, 1]]) / 2])
        triangles = _split(triangles, middles, long)


def _split(triangles: Indices, middles: Indices, long: npt.NDArray[np.bool_]) -> Indices:
    """Edge i goes from corner i to i + 1 and has its middle in `middles` where `long` says so."""
    count = long.sum(axis=1)
    # Turn each triangle so that with one long edge it comes first, with two they come first and second.
    turn = np.where(count == 1, long.argmax(axis=1), np.where(count == 2, (long.argmin(axis=1) + 1) % 3, 0))
    order = (turn[:, None] + np.arange(3)) % 3
    a, b, c = np.take_along_axis(triangles, order, axis=1).T
    p, q, r = np.take_along_axis(middles, order, axis=1).T
    pieces = {
        0: [(a, b, c)],
        1: [(a, p, c), (p, b, c)],
        2: [(a, p, q), (p, b, q), (a, q, c)],
        3: [(a, p, r), (p, b, q), (r, q, c), (p, q, r)],
    }
    return np.concatenate([np.stack(corners, axis=1)[count == n] for n, group in pieces.items() for corners in group])
