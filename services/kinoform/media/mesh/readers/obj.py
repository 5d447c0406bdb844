"""Wavefront OBJ: plain text, or a zip file with its MTL and textures; metres, Y up."""

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.archive import Archive
from kinoform.media.mesh.check import safe_name
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Material
from kinoform.media.mesh.readers.assembly import check_pieces
from kinoform.media.mesh.readers.mtl import Library
from kinoform.media.mesh.readers.obj_text import NONE, ObjText
from kinoform.media.mesh.readers.pieces import Piece, Scene
from kinoform.media.mesh.readers.polygons import distinct_rows, fans


def read_obj(data: bytes, limits: MeshLimits) -> Scene:
    """All groups; one piece for each material.

    Raises MediaUnsupported, also for a library or a texture outside the archive; MediaTooLarge, MediaCorrupt.
    """
    if not data.startswith(b"PK"):
        text = ObjText(data, limits)
        Library(None, text.libraries, "", limits)
        return Scene(safe_name(text.name, "mesh"), _pieces(text, {}, limits))
    archive = Archive(data, limits)
    name = next(name for name in archive.names if name.lower().endswith(".obj"))
    text = ObjText(archive.read(name), limits)
    folder = name.rpartition("/")[0]
    library = Library(archive, text.libraries, folder, limits)
    return Scene(safe_name(text.name, "mesh"), _pieces(text, library.materials, limits))


def _pieces(text: ObjText, materials: dict[str, Material], limits: MeshLimits) -> list[Piece]:
    triangles = fans(text.counts, limits)
    if len(triangles) == 0:
        return []
    # The polygon that a triangle is a part of gives its material.
    polygons = np.searchsorted(np.cumsum(text.counts), triangles[:, 0], side="right")
    used = text.polygon_materials[polygons]
    order = np.argsort(used, kind="stable")
    numbers, starts = np.unique(used[order], return_index=True)
    check_pieces(len(numbers), limits)
    groups = np.split(order, starts[1:])
    return [
        _piece(text, text.corners[triangles[group]], materials.get(text.material_names[number]))
        for number, group in zip(numbers.tolist(), groups, strict=True)
    ]


def _piece(text: ObjText, corners: npt.NDArray[np.int64], material: Material | None) -> Piece:
    """corners: (m, 3, 3), for each corner the numbers of its position, UV and normal."""
    distinct, places = distinct_rows(corners.reshape(-1, 3))
    position, uv, normal = distinct.T
    positions = _rows(text.positions, position)
    return Piece(
        positions=positions[:, :3].astype(np.float32),
        triangles=places.reshape(-1, 3),
        normals=None if (normal == NONE).any() else _rows(text.normals, normal).astype(np.float32),
        uvs=None if (uv == NONE).any() else _rows(text.uvs, uv).astype(np.float32),
        colours=_colours(positions[:, 3:]),
        material=material,
    )


def _rows(rows: npt.NDArray[np.float64], numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    if numbers.min() < 0 or numbers.max() >= len(rows):
        raise MediaCorrupt(f"a face names row {numbers.max() + 1} of {len(rows)}")
    return rows[numbers]


def _colours(colours: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8] | None:
    if colours.shape[1] == 0:
        return None
    return np.rint(np.clip(np.nan_to_num(colours), 0, 1) * 255).astype(np.uint8)
