"""PLY, binary of both byte orders and text: metres, Y up."""

import re

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.assembly import check_counts
from kinoform.media.mesh.readers.pieces import Piece, Scene
from kinoform.media.mesh.readers.ply_rows import BinaryRows, Columns, TextRows, header
from kinoform.media.mesh.readers.polygons import fans

_MAX_HEADER_BYTES = 1 << 16
_END = re.compile(rb"^end_header[ \t]*(\r\n|\n|\r)", re.MULTILINE)
_UV_NAMES = (("s", "t"), ("u", "v"), ("texture_u", "texture_v"))


def read_ply(data: bytes, limits: MeshLimits) -> Scene:
    """Vertices with normals, UVs and colours, if any, and faces as triangles.

    Raises MediaUnsupported, MediaTooLarge, MediaCorrupt.
    """
    end = _END.search(data[:_MAX_HEADER_BYTES])
    if end is None:
        raise MediaCorrupt("a PLY header without an end")
    order, elements = header(data[: end.start()])
    body = data[end.end() :]
    rows = TextRows(body) if order == "" else BinaryRows(body, order)
    vertices: Columns | None = None
    triangles: npt.NDArray[np.int64] | None = None
    for element in elements:
        if element.name == "vertex":
            check_counts(0, element.count, limits)
            vertices = rows.scalars(element)
        elif element.name == "face":
            check_counts(element.count, 0, limits)
            counts, corners = rows.polygons(element)
            triangles = corners[fans(counts, limits)]
        elif triangles is None or vertices is None:
            rows.scalars(element)
    if vertices is None or triangles is None:
        raise MediaCorrupt("a PLY file without vertices or without faces")
    return Scene("mesh", [_piece(vertices, triangles)])


def _piece(vertices: Columns, triangles: npt.NDArray[np.int64]) -> Piece:
    positions = _columns(vertices, ("x", "y", "z"))
    if positions is None:
        raise MediaCorrupt("PLY vertices without x, y and z")
    uvs = next((found for names in _UV_NAMES if (found := _columns(vertices, names)) is not None), None)
    return Piece(
        positions=positions,
        triangles=triangles,
        normals=_columns(vertices, ("nx", "ny", "nz")),
        uvs=uvs,
        colours=_colours(vertices),
    )


def _columns(vertices: Columns, names: tuple[str, ...]) -> npt.NDArray[np.float32] | None:
    if not vertices.keys() >= set(names):
        return None
    with np.errstate(all="ignore"):  # too large for float32 is found not finite by the assembly
        return np.stack([vertices[name].astype(np.float32) for name in names], axis=1)


def _colours(vertices: Columns) -> npt.NDArray[np.uint8] | None:
    """Of 255; of 1, where none is larger: text files do not tell their types."""
    names = ("red", "green", "blue")
    if not vertices.keys() >= set(names):
        return None
    stored = np.stack([vertices[name] for name in names], axis=1)
    rows = np.clip(np.nan_to_num(stored.astype(np.float64)), 0, 255)
    if stored.dtype.kind == "f" and rows.max(initial=0) <= 1:
        rows = rows * 255
    return np.rint(rows).astype(np.uint8)
