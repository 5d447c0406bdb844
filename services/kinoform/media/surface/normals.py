"""Smooth vertex normals."""

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.topology import Positions, Triangles

UP = np.array([0.0, 1.0, 0.0])


def smooth_normals(positions: Positions, triangles: Triangles) -> npt.NDArray[np.float32]:
    """(n, 3) of unit length: the mean of the triangles' normals, each weighted by its angle at the vertex.

    Thürmer and Wüthrich, Computing Vertex Normals from Polygonal Facets, 1998. Independent of how the surface is cut
    into triangles. A vertex without a usable triangle points up.
    """
    corners = positions.astype(np.float64)[triangles]
    faces = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    return unit(gather(faces, triangles, corner_angles(corners), len(positions)), UP).astype(np.float32)


def corner_angles(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(m, 3) angles of triangles at their corners, in radians. corners: (m, 3, 3)."""
    ahead = unit(np.roll(corners, -1, axis=1) - corners)
    back = -np.roll(ahead, 1, axis=1)
    return np.arccos(np.clip(np.einsum("mci,mci->mc", ahead, back), -1, 1))


def gather(
    vectors: npt.NDArray[np.float64], triangles: Triangles, weights: npt.NDArray[np.float64], vertices: int
) -> npt.NDArray[np.float64]:
    """(n, 3) sums at the vertices of their triangles' vectors (m, 3), each times its corner's weight (m, 3)."""
    weighted = (vectors[:, None] * weights[..., None]).reshape(-1, 3)
    return np.stack([np.bincount(triangles.ravel(), axis, vertices) for axis in weighted.T], axis=1)


def unit(vectors: npt.NDArray[np.float64], otherwise: npt.NDArray[np.float64] | None = None) -> npt.NDArray[np.float64]:
    """Vectors (..., 3) at length 1; those without a length become `otherwise`, or stay 0."""
    lengths = np.sqrt(np.einsum("...i,...i->...", vectors, vectors))[..., None]
    scaled = vectors / np.where(lengths > 1e-20, lengths, 1)
    return scaled if otherwise is None else np.where(lengths > 1e-20, scaled, otherwise)


def smooth_mesh(positions: Positions, triangles: Triangles) -> Mesh:
    """A mesh with smooth normals."""
    return Mesh(positions=positions, triangles=triangles, normals=smooth_normals(positions, triangles))
