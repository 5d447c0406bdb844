"""UVs for a mesh that has none."""

import numpy as np
import xatlas

from kinoform.media.mesh.model import Mesh

GUTTER = 256
"""Charts lie a texel apart for so many texels of the texture's width, and at least two: mip levels need the room."""


def unwrap(mesh: Mesh, texture_size: int) -> Mesh:
    """The mesh with UVs in [0, 1] that do not overlap and are not mirrored.

    Vertices are split along the seams, and nothing moves.
    texture_size: width in texels of the textures to be painted, which decides how far charts lie apart.
    """
    atlas = xatlas.Atlas()
    atlas.add_mesh(np.ascontiguousarray(mesh.positions), np.ascontiguousarray(mesh.triangles, np.uint32))
    charts, packing = xatlas.ChartOptions(), xatlas.PackOptions()
    charts.fix_winding, packing.rotate_charts = True, False  # else some charts are mirrored, and so is what one paints
    packing.resolution = texture_size
    packing.padding = max(2, texture_size // GUTTER)
    atlas.generate(charts, packing)
    sources, triangles, uvs = atlas.get_mesh(0)
    return Mesh(
        positions=mesh.positions[sources],
        triangles=triangles.astype(np.int32),
        normals=mesh.normals[sources],
        uvs=np.clip(uvs, 0, 1).astype(np.float32),
        colours=None if mesh.colours is None else mesh.colours[sources],
    )
