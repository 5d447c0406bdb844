"""The worker's side of `report`."""

import numpy as np
import numpy.typing as npt
from manifold3d import Manifold
from manifold3d import Mesh as ManifoldMesh

from kinoform.media.mesh.detect import probe_mesh
from kinoform.media.mesh.findings import findings_in
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Part
from kinoform.media.mesh.readers.any import read_part
from kinoform.media.mesh.report import MeshReport, encoded
from kinoform.media.mesh.topology import is_watertight, volume
from kinoform.media.mesh.weld import has_three_corners, welded


def examined(data: bytes, limits: MeshLimits) -> bytes:
    """An encoded report. Reads first: what has been read refers to no other file, so validators may open it."""
    _, part = read_part(data, limits)
    mesh = part.mesh
    positions, triangles = welded(mesh.positions, mesh.triangles)
    triangles = triangles[has_three_corners(triangles)]
    closed = len(triangles) > 0 and is_watertight(triangles)
    x, y, z = np.ptp(mesh.positions.astype(np.float64), axis=0).tolist()
    format_ = probe_mesh(data, limits).format
    return encoded(
        MeshReport(
            format=format_,
            triangles=len(mesh.triangles),
            vertices=len(mesh.positions),
            watertight=closed,
            manifold=_manifold_status(positions, triangles),
            volume_m3=volume(positions, triangles) if closed else None,
            size_m=(x, y, z),
            uv_min=None if mesh.uvs is None else _pair(mesh.uvs.min(axis=0)),
            uv_max=None if mesh.uvs is None else _pair(mesh.uvs.max(axis=0)),
            texture_sizes=_texture_sizes(part),
            findings=findings_in(data, format_),
        )
    )


def _manifold_status(positions: npt.NDArray[np.float32], triangles: npt.NDArray[np.int32]) -> str:
    return Manifold(ManifoldMesh(positions, triangles.astype(np.uint32))).status().name


def _texture_sizes(part: Part) -> tuple[tuple[str, int, int], ...]:
    if part.material is None:
        return ()
    material = part.material
    pictures = (("base_colour", material.base_colour), ("normal", material.normal), ("orm", material.orm))
    return tuple((name, p.shape[1], p.shape[0]) for name, p in pictures if p is not None)


def _pair(uv: npt.NDArray[np.float32]) -> tuple[float, float]:
    return float(uv[0]), float(uv[1])
