"""Small objects to draw."""

import numpy as np

from kinoform.media.mesh.model import Material, Mesh, Part
from kinoform.media.render.sphere import uv_sphere

Colour = tuple[int, int, int]


def plain(colour: Colour, *, roughness: int = 255, metallic: int = 0) -> Material:
    return Material(
        name="plain",
        base_colour=np.full((1, 1, 3), colour, np.uint8),
        orm=np.array([[[255, roughness, metallic]]], np.uint8),
    )


def ball(material: Material) -> Part:
    return Part(mesh=uv_sphere(0.3, segments=64, rings=32), material=material)


def box(low: tuple[float, float, float], high: tuple[float, float, float]) -> Mesh:
    """Axis-aligned, with sharp edges."""
    corner = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
    quads = np.array([[0, 1, 3, 2], [4, 6, 7, 5], [0, 4, 5, 1], [2, 3, 7, 6], [0, 2, 6, 4], [1, 5, 7, 3]])
    normals = np.array([[-1, 0, 0], [1, 0, 0], [0, -1, 0], [0, 1, 0], [0, 0, -1], [0, 0, 1]])
    vertices = np.asarray(low) + corner[quads.reshape(-1)] * (np.asarray(high) - low)
    triangles = 4 * np.arange(6)[:, None, None] + [[0, 1, 2], [0, 2, 3]]
    return Mesh(
        positions=vertices.astype(np.float32),
        triangles=triangles.reshape(-1, 3).astype(np.int32),
        normals=np.repeat(normals, 4, axis=0).astype(np.float32),
    )
