"""Fewer triangles, and levels of detail."""

import fast_simplification
import numpy as np

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.errors import BadWish, NotClosed
from kinoform.media.surface.normals import smooth_mesh
from kinoform.media.surface.topology import Positions, Triangles, is_solid, manifold_of, volume, weld

FEWEST = 16
"""Triangles that a closed thing can always be brought down to without becoming flat."""
SHARE = 4
"""How many times fewer triangles each level has: with textures of half the width, as many texels for each."""
_SEARCHES = 24


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
    solid = is_solid(positions, triangles)
    for aggressiveness in (5, 7, 10, 3):
        found = _collapsed(positions, triangles, target, aggressiveness)
        if 0 < len(found[1]) <= target and (not solid or (is_solid(*found) and volume(*found) > 0)):
            return found
    if not solid:
        raise NotClosed(f"an open mesh of {len(triangles)} triangles does not come down to {target}")
    return _by_tolerance(positions, triangles, target)


def _collapsed(
    positions: Positions, triangles: Triangles, target: int, aggressiveness: int
) -> tuple[Positions, Triangles]:
    found, faces = fast_simplification.simplify(positions, triangles, target_count=target, agg=aggressiveness)
    return weld(found.astype(np.float32), faces.astype(np.int32))


def _by_tolerance(positions: Positions, triangles: Triangles, target: int) -> tuple[Positions, Triangles]:
    """manifold3d's simplification, which never opens a mesh, at the least tolerance that reaches the target."""
    manifold = manifold_of(positions, triangles)
    too_fine, too_coarse = 0.0, float(np.ptp(positions, axis=0).max())
    best = None
    for _ in range(_SEARCHES):
        tolerance = (too_fine + too_coarse) / 2
        simplified = manifold.simplify(tolerance)
        if simplified.num_tri() > target or simplified.is_empty():
            too_fine, too_coarse = (tolerance, too_coarse) if simplified.num_tri() > target else (too_fine, tolerance)
            continue
        too_coarse, best = tolerance, simplified.to_mesh()
    if best is None:
        raise NotClosed(f"a closed mesh of {len(triangles)} triangles does not come down to {target}")
    return weld(np.asarray(best.vert_properties, np.float32)[:, :3], np.asarray(best.tri_verts, np.int32))
