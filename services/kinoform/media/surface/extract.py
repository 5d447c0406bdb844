"""The closed surface of a field."""

import numpy as np
from skimage.measure import marching_cubes

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.errors import NoSurface
from kinoform.media.surface.field import Field
from kinoform.media.surface.normals import smooth_mesh
from kinoform.media.surface.tetrahedra import marching_tetrahedra
from kinoform.media.surface.topology import Positions, Triangles, compact, components, is_closed, volumes
from kinoform.media.surface.volume import Volume, sample

CRUMB = 0.005
"""Pieces, and hollows, of less than this share of the largest piece's volume are noise."""


def surface_of(field: Field, resolution: int) -> Mesh:
    """The field's surface in units of the cube, closed and manifold. Raises NoSurface, BadWish."""
    return surface_of_volume(sample(field, resolution))


def surface_of_volume(volume: Volume) -> Mesh:
    """`solid_of` with smooth normals."""
    return smooth_mesh(*solid_of(volume))


def solid_of(volume: Volume) -> tuple[Positions, Triangles]:
    """Marching cubes (Lewiner et al. 2003), without crumbs. Closed and manifold, facing outwards."""
    positions, triangles = _cubes(volume)
    if not is_closed(triangles):  # Lewiner's tables err on rare ambiguous neighbours; tetrahedra have no ambiguity
        positions, triangles = marching_tetrahedra(volume.distances)
    in_cube = (positions.astype(np.float64) * volume.step - 1).astype(np.float32)
    return without_crumbs(in_cube, triangles)


def without_crumbs(positions: Positions, triangles: Triangles, crumb: float = CRUMB) -> tuple[Positions, Triangles]:
    """Only the pieces and hollows that hold at least a share of what the largest holds."""
    labels = components(triangles, len(positions))
    held = np.abs(volumes(positions, triangles, labels))
    if not held.max() > 0:
        raise NoSurface("the surface holds nothing")
    return compact(positions, triangles[(held >= crumb * held.max())[labels]])


def _cubes(volume: Volume) -> tuple[Positions, Triangles]:
    """In grid steps."""
    inside = volume.distances < 0
    boxes = []
    for axis in range(3):
        along = np.flatnonzero(inside.any(axis=tuple(other for other in range(3) if other != axis)))
        if not len(along):
            raise NoSurface("the field touches nothing but the border of its cube")
        boxes.append(slice(along[0] - 1, along[-1] + 2))
    part = np.ascontiguousarray(volume.distances[tuple(boxes)])
    positions, triangles, _, _ = marching_cubes(part, 0.0)
    return positions + np.array([box.start for box in boxes], np.float32), triangles.astype(np.int32)
