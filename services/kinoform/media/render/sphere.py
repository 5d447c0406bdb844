"""Balls that show materials."""

import numpy as np

from kinoform.media.mesh.model import Mesh


def uv_sphere(radius: float = 0.5, *, segments: int = 96, rings: int = 48) -> Mesh:
    """A closed ball around the origin, longitude to the right and latitude up in its UVs, no triangle without area.

    radius: metres. The UV seam is at the back. A square of UVs covers twice as much around the equator as upwards.
    """
    v, u = np.meshgrid(np.linspace(0, 1, rings + 1), np.linspace(0, 1, segments + 1), indexing="ij")
    # A pole's vertices each serve one triangle, so they belong in the middle above it.
    u[0] += 0.5 / segments
    u[-1] -= 0.5 / segments
    longitude, latitude = 2 * np.pi * (u - 0.5), np.pi * (v - 0.5)
    across = np.cos(latitude)
    across[[0, -1]] = 0
    normals = np.stack([across * np.sin(longitude), np.sin(latitude), across * np.cos(longitude)], axis=-1)
    normals[1:-1, -1] = normals[1:-1, 0]  # closed to the last bit
    corner = np.arange(u.size).reshape(u.shape)
    a, b, c, d = corner[:-1, :-1], corner[:-1, 1:], corner[1:, 1:], corner[1:, :-1]
    lower = np.stack([a, b, c], axis=-1)[1:].reshape(-1, 3)
    upper = np.stack([a, c, d], axis=-1)[:-1].reshape(-1, 3)
    normals = normals.reshape(-1, 3).astype(np.float32)
    return Mesh(
        positions=normals * np.float32(radius),
        triangles=np.concatenate([lower, upper]).astype(np.int32),
        normals=normals,
        uvs=np.stack([np.clip(u, 0, 1), v], axis=-1).reshape(-1, 2).astype(np.float32),
    )
