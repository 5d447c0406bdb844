"""A scene that rays hit: what each one sees, at what depth, facing where."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from kinoform.training.depth.camera import Eye
from kinoform.training.depth.pieces import Piece

Floats = npt.NDArray[np.float32]


class Sight(NamedTuple):
    """What n rays of a camera see; h * w of them."""

    triangle: npt.NDArray[np.int32]
    """(n,) -1 for the sky."""
    weights: Floats
    """(n, 3) barycentric."""
    depth: Floats
    """(n,) metres along the optical axis; inf for the sky."""
    normals: Floats
    """(n, 3) unit, in the world's axes, towards the viewer; 0 for the sky."""


class World:
    """A piece with its bounding volume hierarchy (Embree)."""

    def __init__(self, piece: Piece) -> None:
        self.piece = piece
        corners = piece.corners
        flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        self._facets = (flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-20)).astype(np.float32)
        positions = np.ascontiguousarray(corners.reshape(-1, 3))
        triangles = np.arange(len(positions), dtype=np.int32).reshape(-1, 3)
        self._embree = EmbreeScene()
        self._shape = TriangleMesh(self._embree, positions, triangles)

    def seen(self, eye: Eye, width: int, height: int) -> Sight:
        """Through every pixel's middle."""
        rays = eye.rays(width, height)
        found = self._embree.run(np.tile(eye.position, (len(rays), 1)), rays, output=1)
        triangle, u, v = found["primID"], found["u"], found["v"]
        weights = np.stack([1 - u - v, u, v], axis=-1)
        sky = triangle < 0
        depth = np.where(sky, np.float32(np.inf), found["tfar"])
        smooth = np.einsum("nc,nci->ni", weights, self.piece.normals[triangle])
        smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-12)
        facets = self._facets[triangle]
        # the facet says which side is seen: a smooth normal may turn away at an outline
        side = np.where(np.einsum("ni,ni->n", facets, rays) > 0, -1, 1) * np.where(
            np.einsum("ni,ni->n", facets, smooth) < 0, -1, 1
        )
        normals = np.where(sky[:, None], 0, smooth * side[:, None]).astype(np.float32)
        return Sight(triangle, weights.astype(np.float32), depth, normals)

    def hidden(self, origins: Floats, directions: Floats, lengths: Floats) -> npt.NDArray[np.bool_]:
        """(n,) whether anything lies on each ray within its length, in units of its direction."""
        if not len(origins):
            return np.zeros(0, np.bool_)
        return np.asarray(self._embree.run(origins, directions, dists=lengths, query="OCCLUDED") >= 0)
