"""Fewer triangles, and levels of detail."""

import fast_simplification
import numpy as np

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.errors import BadWish, NotClosed
from kinoform.media.surface.mend import mended
from kinoform.media.surface.normals import smooth_mesh
from kinoform.media.surface.topology import Positions, Triangles, is_closed, is_solid, manifold_of, volume, weld

FEWEST = 16
"""Triangles that a closed thing can always be brought down to without becoming flat."""
SHARE = 4
"""How many times fewer triangles each level has: with textures of half the width, as many texels for each."""
FINEST, COARSEST, STEPS = 1e-4, 0.25, 40
"""Tolerances, as shares of the mesh's size."""


def decimate(mesh: Mesh, triangles: int) -> Mesh:
    """At most so many triangles (>= 16), and few less, by quadric edge collapses (Garland and Heckbert 1997).

    A closed mesh stays closed and manifold. Its vertices are joined where they are at the same place, so UVs and
    colours go: unwrap and bake again. Raises BadWish, or NotClosed if a closed mesh would have to open.
    """
    if triangles < FEWEST:
        raise BadWish(f"triangles must be {FEWEST} or more, not {triangles}")
    return smooth_mesh(*fewer(*weld(mesh.positions, mesh.triangles), triangles))


def lods(mesh: Mesh, count: int) -> tuple[Mesh, ...]:
    """The mesh and count - 1 coarser ones, each with a quarter of the triangles of the one before, down to 16."""
    if count < 1:
        raise BadWish(f"lods must be 1 or more, not {count}")
    chain = [mesh]
    while len(chain) < count:
        chain.append(decimate(chain[-1], max(FEWEST, len(chain[-1].triangles) // SHARE)))
    return tuple(chain)


def fewer(positions: Positions, triangles: Triangles, target: int) -> tuple[Positions, Triangles]:
    """`decimate` on arrays whose vertices are joined."""
    if len(triangles) <= target:
        return positions, triangles
    solid = is_closed(triangles)
    for aggressiveness in (7, 5, 10):
        found = _collapsed(positions, triangles, target, aggressiveness)
        if solid and not is_closed(found[1]):
            found = mended(*found)
        if 0 < len(found[1]) <= target and (not solid or (is_solid(*found) and volume(*found) > 0)):
            return found
    if not solid:
        raise NotClosed(f"an open mesh of {len(triangles)} triangles does not come down to {target}")
    return by_tolerance(positions, triangles, target)


def _collapsed(
    positions: Positions, triangles: Triangles, target: int, aggressiveness: int
) -> tuple[Positions, Triangles]:
    found, faces = fast_simplification.simplify(positions, triangles, target_count=target, agg=aggressiveness)
    return weld(found.astype(np.float32), faces.astype(np.int32))


def by_tolerance(positions: Positions, triangles: Triangles, target: int) -> tuple[Positions, Triangles]:
    """manifold3d's simplification, which never opens a mesh, at growing tolerances until the target is reached.

    It may undershoot by far, and does not always reach a low one: for meshes that collapses would open. Raises
    NotClosed.
    """
    manifold, size = manifold_of(positions, triangles), float(np.ptp(positions, axis=0).max())
    for tolerance in np.geomspace(FINEST, COARSEST, STEPS) * size:
        manifold = manifold.simplify(float(tolerance))
        if manifold.num_tri() <= target:
            break
    if manifold.is_empty() or manifold.num_tri() > target:
        raise NotClosed(f"a closed mesh of {len(triangles)} triangles does not come down to {target}")
    mesh = manifold.to_mesh()
    return weld(np.asarray(mesh.vert_properties, np.float32)[:, :3], np.asarray(mesh.tri_verts, np.int32))
