"""Binary PLY."""

import numpy as np

from kinoform.media.mesh.model import Mesh

_FACE = np.dtype([("corners", "u1"), ("indices", "<i4", 3)])


def ply_bytes(mesh: Mesh) -> bytes:
    """The vertices with normals and colours, if any, then the triangles; little-endian, metres, Y up."""
    fields: list[tuple[str, str]] = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
    columns = [*mesh.positions.T, *mesh.normals.T]
    if mesh.colours is not None:
        fields += [(name, "u1") for name in ("red", "green", "blue")]
        columns += [*mesh.colours.T]
    vertices = np.empty(len(mesh.positions), np.dtype(fields))
    for (name, _), column in zip(fields, columns, strict=True):
        vertices[name] = column
    faces = np.empty(len(mesh.triangles), _FACE)
    faces["corners"] = 3
    faces["indices"] = mesh.triangles
    return _header(fields, len(vertices), len(faces)) + vertices.tobytes() + faces.tobytes()


def _header(fields: list[tuple[str, str]], vertices: int, faces: int) -> bytes:
    types = {"<f4": "float", "u1": "uchar"}
    lines = [
        "ply",
        "format binary_little_endian 1.0",
        "comment Kinoform, metres, Y up",
        f"element vertex {vertices}",
        *(f"property {types[kind]} {name}" for name, kind in fields),
        f"element face {faces}",
        "property list uchar int vertex_indices",
        "end_header",
    ]
    return ("\n".join(lines) + "\n").encode("ascii")
