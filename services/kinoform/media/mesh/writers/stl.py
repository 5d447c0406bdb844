"""Binary STL."""

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.axes import MILLIMETRES, z_up
from kinoform.media.mesh.model import Mesh

FACET = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
HEADER_BYTES = 80


def stl_bytes(mesh: Mesh) -> bytes:
    """The triangles in millimetres, Z up, each with its face's normal; zero for a triangle without area."""
    facets = np.zeros(len(mesh.triangles), FACET)
    corners = (z_up(mesh.positions) * np.float32(MILLIMETRES))[mesh.triangles]
    facets["corners"] = corners
    facets["normal"] = _face_normals(corners.astype(np.float64))
    header = b"Kinoform, millimetres, Z up".ljust(HEADER_BYTES, b"\0")
    return header + np.uint32(len(facets)).astype("<u4").tobytes() + facets.tobytes()


def _face_normals(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.divide(normals, lengths, out=np.zeros_like(normals), where=lengths > 0)
