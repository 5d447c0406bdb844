"""Files that meshes are read from and written as: their names and media types, in one place."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class MeshFormat(StrEnum):
    """Kinds of mesh files. The value is the file name's ending, too, but for OBJ, which is written as `.zip`."""

    GLB = "glb"
    """glTF 2.0 in one file; metres, Y up; textures inside."""
    USDZ = "usdz"
    """USD package; metres, Y up; textures inside."""
    USDC = "usdc"
    """USD crate; metres, Y up; textures become vertex colours, since a crate holds none."""
    OBJ = "obj"
    """Wavefront OBJ, MTL and textures in a stored zip file; metres, Y up. Plain `.obj` text is read as well."""
    PLY = "ply"
    """Binary, little-endian; metres, Y up; vertex colours, no textures."""
    STL = "stl"
    """Binary, as slicers read it: millimetres, Z up; shape only."""
    THREEMF = "3mf"
    """3D Manufacturing Format; millimetres, Z up; shape and vertex colours."""


MEDIA_TYPES: Final = MappingProxyType(
    {
        MeshFormat.GLB: "model/gltf-binary",
        MeshFormat.USDZ: "model/vnd.usdz+zip",
        MeshFormat.USDC: "model/vnd.usd",  # none is registered for crates
        MeshFormat.OBJ: "application/zip",
        MeshFormat.PLY: "application/x-ply",  # none is registered
        MeshFormat.STL: "model/stl",
        MeshFormat.THREEMF: "model/3mf",
    }
)
"""By format, as it is written; from the IANA registry where it has one."""


def file_ending(format: MeshFormat) -> str:  # noqa: A002
    """What a written file's name ends in, with the dot."""
    return ".zip" if format is MeshFormat.OBJ else f".{format.value}"
