"""What a mesh file is, by its first bytes and its declared sizes: no worker, no numpy, nothing inflated."""

import re
import struct
from dataclasses import dataclass

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported
from kinoform.media.mesh.archive import Archive
from kinoform.media.mesh.formats import MEDIA_TYPES, MeshFormat
from kinoform.media.mesh.limits import MeshLimits

_LIMITS = MeshLimits()
_HEAD = 1 << 20
_OBJ_VERTEX = re.compile(rb"^[ \t]*v[ \t]+[-+.\d]", re.MULTILINE)
_PLY_FACES = re.compile(rb"^element[ \t]+face[ \t]+(\d{1,18})\s*$", re.MULTILINE)
_USD_ENDINGS = (".usd", ".usdc", ".usda")


@dataclass(frozen=True, slots=True)
class MeshInfo:
    """A file that says it is a mesh."""

    format: MeshFormat
    """USDC for text layers (`.usda`), too."""
    media_type: str
    triangles: int | None
    """As declared, where a header says so: STL and PLY."""


def probe_mesh(data: bytes, limits: MeshLimits = _LIMITS) -> MeshInfo:
    """Judge a mesh file by what it declares. Raises MediaUnsupported, MediaTooLarge, MediaCorrupt."""
    if len(data) > limits.max_bytes:
        raise MediaTooLarge(f"{len(data)} bytes; at most {limits.max_bytes} are allowed")
    info = _info(data, limits)
    if info.triangles is not None and info.triangles > limits.max_triangles:
        raise MediaTooLarge(f"{info.triangles} triangles; at most {limits.max_triangles} are allowed")
    return info


def _info(data: bytes, limits: MeshLimits) -> MeshInfo:
    head = data[:_HEAD]
    if head.startswith(b"glTF"):
        _check_glb_length(data)
        return _of(MeshFormat.GLB)
    if head.startswith(b"PK"):
        return _of(_packaged(Archive(data, limits)))
    if head.startswith(b"PXR-USDC"):
        return _of(MeshFormat.USDC)
    if head.startswith(b"#usda "):
        return MeshInfo(MeshFormat.USDC, "model/vnd.usda", None)
    if head.startswith((b"ply\n", b"ply\r")):
        faces = _PLY_FACES.search(head.partition(b"end_header")[0].replace(b"\r", b"\n"))
        return _of(MeshFormat.PLY, int(faces[1]) if faces else None)
    if is_binary_stl(data):
        return _of(MeshFormat.STL, stl_count(data))
    if is_text_stl(data):
        return _of(MeshFormat.STL)
    if b"\0" not in head and _OBJ_VERTEX.search(head):
        return MeshInfo(MeshFormat.OBJ, "model/obj", None)
    raise MediaUnsupported("not a GLB, USD, OBJ, PLY, STL or 3MF file")


def is_binary_stl(data: bytes) -> bool:
    """Whether the length is the one that the header declares; some begin with `solid`, as text does."""
    return len(data) >= 84 and len(data) == 84 + 50 * stl_count(data)


def is_text_stl(data: bytes) -> bool:
    """Whether it is STL's text form."""
    head = data[:_HEAD].lstrip()
    return head.startswith(b"solid") and (b"facet" in head or b"endsolid" in head)


def stl_count(data: bytes) -> int:
    """Triangles that a binary STL file declares."""
    return int(struct.unpack_from("<I", data, 80)[0])


def _of(format: MeshFormat, triangles: int | None = None) -> MeshInfo:  # noqa: A002
    return MeshInfo(format, MEDIA_TYPES[format], triangles)


def _check_glb_length(data: bytes) -> None:
    if len(data) < 20:
        raise MediaCorrupt(f"a GLB file of {len(data)} bytes, less than its headers take")
    version, length = struct.unpack_from("<II", data, 4)
    if version != 2:
        raise MediaUnsupported(f"glTF {version}; version 2 is taken")
    if length != len(data):
        raise MediaCorrupt(f"a GLB file of {len(data)} bytes that declares {length}")


def _packaged(archive: Archive) -> MeshFormat:
    names = [name.lower() for name in archive.names]
    if names and names[0].endswith(_USD_ENDINGS):
        return MeshFormat.USDZ
    if "[content_types].xml" in names and any(name.endswith(".model") for name in names):
        return MeshFormat.THREEMF
    if any(name.endswith(".obj") for name in names):
        return MeshFormat.OBJ
    raise MediaUnsupported("a zip file without a USD layer at its front, a 3MF model or an OBJ file")
