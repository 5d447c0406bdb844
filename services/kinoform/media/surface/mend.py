"""Closed meshes that edge collapses have pinched, made manifold again."""

import manifold3d
import numpy as np

from kinoform.media.surface.topology import Positions, Triangles, compact, directed_edges, is_closed, manifold_of

APART = 0.1
"""How far twins move towards the middle of their neighbours."""


def mended(positions: Positions, triangles: Triangles) -> tuple[Positions, Triangles]:
    """Without folded triangles and without edges of four triangles, as far as possible; a closed mesh stays as it is.

    manifold3d splits the vertices of pinched edges; the copies, each on its own sheet, are then moved a little apart.
    """
    positions, triangles = _unfolded(positions, triangles)
    manifold = manifold_of(positions, triangles)
    if is_closed(triangles) or manifold.status() != manifold3d.Error.NoError or manifold.is_empty():
        return positions, triangles
    mesh = manifold.to_mesh()
    positions = np.array(mesh.vert_properties, np.float32)[:, :3]
    triangles = np.asarray(mesh.tri_verts, np.int32)
    return _apart(positions, triangles), triangles


def _unfolded(positions: Positions, triangles: Triangles) -> tuple[Positions, Triangles]:
    """Without pairs of triangles on the same three vertices, back to back."""
    _, which, uses = np.unique(np.sort(triangles, axis=1), axis=0, return_inverse=True, return_counts=True)
    return compact(positions, triangles[uses[which] != 2])


def _apart(positions: Positions, triangles: Triangles) -> Positions:
    """With vertices at the same place moved towards the middle of their neighbours."""
    _, which, uses = np.unique(positions, axis=0, return_inverse=True, return_counts=True)
    twins = uses[which] > 1
    edges = directed_edges(triangles)
    edges = edges[twins[edges[:, 0]]]
    sums = [np.bincount(edges[:, 0], positions[edges[:, 1], axis], len(positions)) for axis in range(3)]
    counts = np.bincount(edges[:, 0], minlength=len(positions))
    middles = np.stack(sums, axis=1) / np.maximum(counts, 1)[:, None]
    moved = positions + APART * (middles - positions)
    return np.where(twins[:, None], moved, positions).astype(np.float32)
