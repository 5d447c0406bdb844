"""Tangents, as normal maps are read with."""

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.normals import corner_angles, gather, unit


def tangents(mesh: Mesh) -> npt.NDArray[np.float32]:
    """(n, 4) as in glTF 2.0: a unit tangent along growing u, orthogonal to the normal, and in w the sign (1 or -1) with
    which cross(normal, tangent) points along growing v (up in the picture).

    As MikkTSpace (Mikkelsen 2008) weights them: each triangle's gradient of u, laid into the vertex's plane and at
    length 1, times its angle there. Raises BadWish without UVs.
    """
    if mesh.uvs is None:
        raise BadWish("tangents need a mesh with uvs, which has none")
    corners = mesh.positions.astype(np.float64)[mesh.triangles]
    along, up = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    uv = mesh.uvs.astype(np.float64)[mesh.triangles]
    (du1, dv1), (du2, dv2) = (uv[:, 1] - uv[:, 0]).T, (uv[:, 2] - uv[:, 0]).T
    turn = np.sign(du1 * dv2 - du2 * dv1)
    of_faces = (along * dv2[:, None] - up * dv1[:, None]) * turn[:, None]
    normals, angles = mesh.normals.astype(np.float64), corner_angles(corners)
    summed = np.zeros_like(normals)
    for corner in range(3):
        vertices = mesh.triangles[:, corner : corner + 1]
        flat = unit(_flattened(of_faces, normals[vertices[:, 0]]))
        summed += gather(flat, vertices, angles[:, corner : corner + 1], len(normals))
    signs = np.bincount(mesh.triangles.ravel(), (turn[:, None] * angles).ravel(), len(normals))
    found = unit(_flattened(summed, normals), np.zeros(3))
    lost = ~found.any(axis=1)
    found[lost] = _any_orthogonal(normals[lost])
    return np.concatenate([found, np.where(signs < 0, -1.0, 1.0)[:, None]], axis=1).astype(np.float32)


def _flattened(vectors: npt.NDArray[np.float64], normals: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return vectors - normals * np.einsum("ni,ni->n", vectors, normals)[:, None]


def _any_orthogonal(normals: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A unit vector at right angles to each normal, away from the axis that it is nearest to."""
    axes = np.eye(3)[np.abs(normals).argmin(axis=1)]
    return unit(_flattened(axes, normals))
