"""Parts made ready to be hit by rays: one bounding volume hierarchy (Embree), light kept at vertices, textures."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from kinoform.media.mesh.model import Mesh, Part
from kinoform.media.render.sampling import sphere_directions
from kinoform.media.render.subdivide import subdivide
from kinoform.media.render.texture import Texture
from kinoform.media.render.tone import from_srgb

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int32]

NUDGE = np.float32(1e-3)
"""How far off a surface a ray starts, in the scene's radii."""
_EDGE = 0.1
"""In radii; longer edges are split, so that occlusion kept at vertices is fine enough."""
_MOST_TRIANGLES = 60_000
_SKY_RAYS, _FEWEST_SKY_RAYS, _MOST_RAYS = 192, 32, 8_000_000
"""In all directions, of which half are above a surface: so many from a vertex, and fewer if there are many vertices."""
_PLAIN = Texture.of(np.full((1, 1, 3), 200, np.uint8), srgb=True)
_MATTE = Texture.of(np.array([[[255, 140, 0]]], np.uint8), srgb=False)
_FLAT = Texture.of(np.array([[[128, 128, 255]]], np.uint8), srgb=False)


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A material's textures, with neutral ones in the places of those that are missing."""

    base: Texture
    orm: Texture
    normal: Texture | None


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """The nearest surface along each of n rays."""

    triangle: Indices
    """(n,) index, -1 where nothing is hit."""
    weights: Floats
    """(n, 3) barycentric."""
    distance: Floats
    """(n,) in radii."""


class Scene:
    """Parts in a frame of their own: the centre of their bounding ball is the origin, its radius 1."""

    def __init__(self, parts: Sequence[Part]) -> None:
        corners = np.concatenate([part.mesh.positions for part in parts])
        low, high = corners.min(axis=0), corners.max(axis=0)
        self.centre: Floats = (low + high) / 2
        self.radius = float(max(np.linalg.norm(corners - self.centre, axis=1).max(), 1e-9))
        self.floor = float((low[1] - self.centre[1]) / self.radius)
        """Height of the ground on which the parts stand."""
        meshes = [self._vertices(part.mesh) for part in parts]
        starts = np.cumsum([0, *(len(vertices) for vertices, _ in meshes)])
        vertices = np.concatenate([vertices for vertices, _ in meshes])
        self.triangles: Indices = np.concatenate([t + s for (_, t), s in zip(meshes, starts, strict=False)])
        self.part: Indices = np.repeat(np.arange(len(parts), dtype=np.int32), [len(t) for _, t in meshes])
        """(m,) the part of each triangle."""
        self.positions, self.uvs, self.colours = vertices[:, :3], vertices[:, 6:8], vertices[:, 8:11]
        self.normals = _unit(vertices[:, 3:6])
        self.tangents = _tangents(self.positions, self.uvs, self.normals, self.triangles)
        """(n, 4): the direction of u, and the sign that makes normal × tangent the direction of v."""
        self.flat_normals, self.uv_scale = _facets(self.positions, self.uvs, self.triangles)
        """(m, 3) the triangles' own unit normals by their winding, and (m,) UV units per radius on them."""
        self.looks = [_look(part) for part in parts]
        self._embree = EmbreeScene()
        self._shape = TriangleMesh(self._embree, np.ascontiguousarray(self.positions), self.triangles)
        self.occlusion = self._openness()
        """(n,) in [0, 1]: the share of the sky above each vertex that is open, weighted by the cosine."""

    def hit(self, origins: Floats, directions: Floats) -> Hits:
        """The first hits of n rays. origins, directions: (n, 3), the latter of unit length."""
        found = self._embree.run(origins, directions, output=1)
        u, v = found["u"], found["v"]
        return Hits(found["primID"], np.stack([1 - u - v, u, v], axis=-1), found["tfar"])

    def hidden(self, origins: Floats, directions: Floats) -> npt.NDArray[np.bool_]:
        """(n,) whether anything lies along each ray."""
        if len(origins) == 0:
            return np.zeros(0, np.bool_)
        return self._embree.run(origins, directions, query="OCCLUDED") >= 0

    def _vertices(self, mesh: Mesh) -> tuple[Floats, Indices]:
        """(n, 11): position, normal, UV, linear colour; split until light can be kept at them."""
        n = len(mesh.positions)
        uvs = np.zeros((n, 2), np.float32) if mesh.uvs is None else mesh.uvs
        colours = np.ones((n, 3), np.float32)
        if mesh.colours is not None:
            colours = from_srgb(np.asarray(mesh.colours / 255, np.float32))
        places = (mesh.positions - self.centre) / np.float32(self.radius)
        vertices = np.concatenate([places, mesh.normals, uvs, colours], axis=1, dtype=np.float32)
        return subdivide(vertices, mesh.triangles, _EDGE, _MOST_TRIANGLES)

    def _openness(self) -> Floats:
        origins = self.positions + NUDGE * self.normals
        seen, whole = np.zeros(len(origins), np.float32), np.zeros(len(origins), np.float32)
        rays = min(max(_MOST_RAYS // len(origins), _FEWEST_SKY_RAYS), _SKY_RAYS)
        for direction in sphere_directions(rays):
            cosine = self.normals @ direction
            above = np.flatnonzero(cosine > 0.02)
            hidden = self.hidden(origins[above], np.tile(direction, (len(above), 1)))
            whole[above] += cosine[above]
            seen[above] += cosine[above] * ~hidden
        return np.asarray(seen / np.maximum(whole, np.float32(1e-6)), np.float32)


def _look(part: Part) -> Look:
    material = part.material
    if material is None:
        white = Texture.of(np.full((1, 1, 3), 255, np.uint8), srgb=True)
        return Look(_PLAIN if part.mesh.colours is None else white, _MATTE, None)
    base = Texture.of(material.base_colour, srgb=True)
    orm = _MATTE if material.orm is None else Texture.of(material.orm, srgb=False)
    return Look(base, orm, None if material.normal is None else Texture.of(material.normal, srgb=False))


def _facets(positions: Floats, uvs: Floats, triangles: Indices) -> tuple[Floats, Floats]:
    corners, places = positions[triangles], uvs[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    (u1, v1), (u2, v2) = (places[:, 1] - places[:, 0]).T, (places[:, 2] - places[:, 0]).T
    scale = np.sqrt(np.abs(u1 * v2 - u2 * v1) / np.maximum(np.linalg.norm(normals, axis=1), np.float32(1e-12)))
    return _unit(normals), scale


def _tangents(positions: Floats, uvs: Floats, normals: Floats, triangles: Indices) -> Floats:
    """Lengyel's tangents: every triangle's directions of u and v, summed at its corners and made orthogonal."""
    corners, places = positions[triangles], uvs[triangles]
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    (u1, v1), (u2, v2) = (places[:, 1] - places[:, 0]).T, (places[:, 2] - places[:, 0]).T
    sign = np.sign(u1 * v2 - u2 * v1)[:, None]
    along_u = sign * (v2[:, None] * e1 - v1[:, None] * e2)
    along_v = sign * (u1[:, None] * e2 - u2[:, None] * e1)
    u_sum, v_sum = (_summed(vectors, triangles, len(positions)) for vectors in (along_u, along_v))
    fallback = np.cross(normals, np.where(np.abs(normals[:, :1]) < 0.9, [[1, 0, 0]], [[0, 1, 0]]))
    tangents = u_sum - np.einsum("ij,ij->i", u_sum, normals)[:, None] * normals
    length = np.linalg.norm(tangents, axis=1, keepdims=True)
    tangents = np.where(length > 1e-12, tangents / np.maximum(length, 1e-12), _unit(np.asarray(fallback, np.float32)))
    hand = np.where(np.einsum("ij,ij->i", np.cross(normals, tangents), v_sum) < 0, -1, 1)
    return np.concatenate([tangents, hand[:, None]], axis=1).astype(np.float32)


def _summed(vectors: Floats, triangles: Indices, count: int) -> Floats:
    """(count, 3): each triangle's vector added to its three corners."""
    places = triangles.reshape(-1)
    columns = [np.bincount(places, np.repeat(vectors[:, axis], 3), count) for axis in range(3)]
    return np.stack(columns, axis=-1).astype(np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12), np.float32)
