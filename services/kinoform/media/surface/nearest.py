"""The nearest point of a mesh to any point."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from kinoform.media.surface.topology import Positions, Triangles, areas

CANDIDATES = 4
SAMPLES = 200_000
FARTHER = 0.05
"""A triangle that faces the right way may lie farther away by this share of the mesh's size."""
CHUNK = 1 << 17
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hits:
    """Points of a mesh's surface."""

    triangles: npt.NDArray[np.int64]
    """(k,)."""
    weights: npt.NDArray[np.float32]
    """(k, 3) barycentric coordinates."""
    distances: npt.NDArray[np.float32]
    """(k,) from the points asked for."""


class Nearest:
    """Looks among the triangles of the nearest of many samples of the surface, at least one in each triangle."""

    def __init__(self, positions: Positions, triangles: Triangles, samples: int = SAMPLES) -> None:
        """samples: about how many; their spacing bounds how far from the nearest point an answer may be."""
        self._corners = positions.astype(np.float64)[triangles]
        self._faces = np.cross(self._corners[:, 1] - self._corners[:, 0], self._corners[:, 2] - self._corners[:, 0])
        self.samples, self._owners = spread(self._corners, areas(positions, triangles), samples)
        self._size = float(np.ptp(self._corners.reshape(-1, 3), axis=0).max())
        self._tree = cKDTree(self.samples, balanced_tree=False)

    def find(self, points: Positions, normals: Positions | None = None) -> Hits:
        """The hits for points (k, 3): on triangles that face along the normals (k, 3), if such are near."""
        parts = []
        for start in range(0, len(points), CHUNK):
            some = slice(start, start + CHUNK)
            parts.append(self._find(points[some].astype(np.float64), None if normals is None else normals[some]))
        triangles, weights, distances = (np.concatenate(part) for part in zip(*parts, strict=True))
        return Hits(triangles=triangles, weights=weights.astype(np.float32), distances=distances.astype(np.float32))

    def _find(self, points: Floats, normals: Positions | None) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        triangles, weights, distances = self._among(self._tree, self._owners, points, normals)
        if normals is None:
            return triangles, weights, distances
        averted = np.flatnonzero(np.einsum("ki,ki->k", self._faces[triangles], normals) <= 0)
        asked, there = _sides(normals[averted]), _sides(self._faces[self._owners])
        for side in np.unique(asked):  # only what faces that way: by a thin wall all the nearest are of its back
            rows, members = averted[asked == side], np.flatnonzero(there == side)
            if len(members):
                tree = cKDTree(self.samples[members], balanced_tree=False)
                other = self._among(tree, self._owners[members], points[rows], normals[rows])
                near = other[2] <= distances[rows] + FARTHER * self._size
                triangles[rows[near]], weights[rows[near]], distances[rows[near]] = (part[near] for part in other)
        return triangles, weights, distances

    def _among(
        self, tree: cKDTree, owners: npt.NDArray[np.int64], points: Floats, normals: Positions | None
    ) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
        """Triangles, weights and distances: the best of the few triangles whose samples are nearest."""
        several = min(CANDIDATES, len(owners))
        _, samples = tree.query(points, k=several, workers=1)
        candidates = owners[samples.reshape(len(points), several)]
        corners = self._corners[candidates]
        repeated = np.repeat(points, several, axis=0)
        weights = closest_weights(repeated, corners.reshape(-1, 3, 3)).reshape(-1, several, 3)
        at = np.einsum("ksc,ksci->ksi", weights, corners)
        distances = np.sqrt(((at - points[:, None]) ** 2).sum(axis=2))
        badness = distances
        if normals is not None:
            averted = np.einsum("ksi,ki->ks", self._faces[candidates], normals) <= 0
            badness = distances + np.where(averted, FARTHER * self._size, 0)
        rows, best = np.arange(len(points)), badness.argmin(axis=1)
        return candidates[rows, best], weights[rows, best], distances[rows, best]


def _sides(vectors: npt.NDArray[np.float32] | Floats) -> npt.NDArray[np.int64]:
    """(k,) from 0 to 5: along which axis each vector points most, and which way."""
    axes = np.abs(vectors).argmax(axis=1)
    return 2 * axes + np.signbit(vectors[np.arange(len(vectors)), axes])


def spread(corners: Floats, sizes: Floats, count: int) -> tuple[Floats, npt.NDArray[np.int64]]:
    """About `count` points on triangles (m, 3, 3), as many on each as its size asks for, and whose each is.

    One at every centre; the others by the R2 sequence (Roberts 2018), folded into the triangle.
    """
    shares = np.floor(sizes * (count / max(float(sizes.sum()), 1e-30))).astype(np.int64)
    owners = np.repeat(np.arange(len(corners)), shares + 1)
    ends = np.cumsum(shares + 1)
    number = np.arange(len(owners)) - (ends - shares - 1)[owners]
    u, v = (0.5 + number * 0.7548776662466927) % 1, (0.5 + number * 0.5698402909980532) % 1
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    u, v = np.where(number == 0, 1 / 3, u), np.where(number == 0, 1 / 3, v)
    weights = np.stack([1 - u - v, u, v], axis=1)
    return np.einsum("kc,kci->ki", weights, corners[owners]), owners


def closest_weights(points: Floats, corners: Floats) -> Floats:
    """(k, 3) barycentric coordinates of the point of each triangle (k, 3, 3) nearest to each point (k, 3)."""
    a, b, c = np.moveaxis(corners, 1, 0)
    weights = _plane_weights(points - a, b - a, c - a)
    outside = np.flatnonzero(~(weights >= 0).all(axis=1))
    if len(outside):
        weights[outside] = _edge_weights(points[outside], corners[outside])
    return weights


def _plane_weights(p: Floats, u: Floats, v: Floats) -> Floats:
    uu, uv, vv, pu, pv = (np.einsum("ki,ki->k", x, y) for x, y in ((u, u), (u, v), (v, v), (p, u), (p, v)))
    double = uu * vv - uv * uv
    flat = double <= 1e-14 * uu * vv
    double = np.where(flat, 1, double)
    second, third = (vv * pu - uv * pv) / double, (uu * pv - uv * pu) / double
    weights = np.stack([1 - second - third, second, third], axis=1)
    weights[flat] = -1
    return weights


def _edge_weights(points: Floats, corners: Floats) -> Floats:
    best, weights = np.full(len(points), np.inf), np.zeros((len(points), 3))
    for start, stop in ((0, 1), (1, 2), (2, 0)):
        origin, edge = corners[:, start], corners[:, stop] - corners[:, start]
        length = np.einsum("ki,ki->k", edge, edge)
        along = np.clip(np.einsum("ki,ki->k", points - origin, edge) / np.where(length > 0, length, 1), 0, 1)
        distance = ((origin + along[:, None] * edge - points) ** 2).sum(axis=1)
        nearer = distance < best
        best = np.where(nearer, distance, best)
        here = np.zeros_like(weights)
        here[:, start], here[:, stop] = 1 - along, along
        weights = np.where(nearer[:, None], here, weights)
    return weights
