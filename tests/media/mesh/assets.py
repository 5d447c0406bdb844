"""Small meshes with known shapes."""

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Material, Mesh, MeshAsset, Part

_FACES = ((0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3))


def cube() -> Mesh:
    """Of one metre around the origin: 24 vertices, since each face has its own, and 12 triangles."""
    corners = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)], np.float32) - np.float32(0.5)
    positions = corners[np.array(_FACES)].reshape(-1, 3)
    normals = np.repeat(np.cross(positions[1::4] - positions[::4], positions[2::4] - positions[::4]), 4, axis=0)
    tiles = [(column, row) for column in range(3) for row in range(2)]
    square = np.array([(0.125, 0.125), (0.875, 0.125), (0.875, 0.875), (0.125, 0.875)])
    uvs = np.concatenate([(square + tile) / (3, 2) for tile in tiles])
    triangles = (4 * np.arange(6)[:, None] + np.array((0, 1, 2, 0, 2, 3))).reshape(-1, 3)
    return Mesh(
        positions=positions,
        triangles=triangles.astype(np.int32),
        normals=normals.astype(np.float32),
        uvs=uvs.astype(np.float32),
    )


def triangle() -> Mesh:
    """One, with UVs."""
    return Mesh(
        positions=np.array([(0, 0, 0), (0.3, 0, 0), (0, 0.7, 0.1)], np.float32),
        triangles=np.array([(0, 1, 2)], np.int32),
        normals=unit(np.cross((0.3, 0, 0), (0, 0.7, 0.1))[None].repeat(3, axis=0)),
        uvs=np.array([(0, 0), (1, 0), (0, 1)], np.float32),
    )


def sphere(rings: int = 24, sectors: int = 48) -> Mesh:
    """2 × (rings - 1) × sectors triangles around the origin, with a UV seam, at 0.3 m."""
    theta, phi = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, sectors + 1), indexing="ij")
    x, y, z = np.sin(theta) * np.sin(phi), np.cos(theta), np.sin(theta) * np.cos(phi)
    x[:, -1], z[:, -1] = x[:, 0], z[:, 0]  # to the last bit: the seam is closed
    x[-1], z[-1] = 0, 0
    directions = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    a = (np.arange(rings)[:, None] * (sectors + 1) + np.arange(sectors)).reshape(-1)
    b = a + sectors + 1
    upper, lower = np.stack([a, b, b + 1], axis=1), np.stack([a, b + 1, a + 1], axis=1)
    return Mesh(
        positions=(0.3 * directions).astype(np.float32),
        triangles=np.concatenate([upper[: -sectors or None], lower[sectors:]]).astype(np.int32),
        normals=unit(directions),
        uvs=np.stack([phi / (2 * np.pi), 1 - theta / np.pi], axis=-1).reshape(-1, 2).astype(np.float32),
    )


def wood(size: int = 16) -> Material:
    """All maps, of noise; the normal map is flat."""
    rng = np.random.default_rng(3)
    return Material(
        name="wood",
        base_colour=rng.integers(0, 256, (size, 2 * size, 3), np.uint8),
        normal=np.full((size, size, 3), (128, 128, 255), np.uint8),
        orm=rng.integers(0, 256, (size, size, 3), np.uint8),
    )


def textured(mesh: Mesh, material: Material | None = None) -> MeshAsset:
    """With all maps."""
    return MeshAsset(name="toy", lods=(Part(mesh=mesh, material=material or wood()),))


def plain(mesh: Mesh) -> MeshAsset:
    """Neither textures nor colours."""
    return MeshAsset(name="toy", lods=(Part(mesh=mesh),))


def coloured(mesh: Mesh) -> MeshAsset:
    """Colours at the vertices, and no UVs."""
    colours = np.random.default_rng(5).integers(0, 256, (len(mesh.positions), 3), np.uint8)
    bare = Mesh(positions=mesh.positions, triangles=mesh.triangles, normals=mesh.normals, colours=colours)
    return MeshAsset(name="toy", lods=(Part(mesh=bare),))


def unit(vectors: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """(n, 3) at unit length."""
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def corners(mesh: Mesh) -> npt.NDArray[np.float32]:
    """(m, 3, 3): where each triangle is, whatever its vertices' order."""
    return mesh.positions[mesh.triangles]
