"""Files as arguments: what they are, and under which name they go."""

import mimetypes
import os
from pathlib import Path

HEAD = 512
"""Bytes from a file's beginning that tell what it is."""

_MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"glTF": "model/gltf-binary",
    b"PXR-USDC": "model/vnd.usda",
    b"#usda ": "model/vnd.usda",
    b"ply\n": "application/x-ply",
    b"ply\r": "application/x-ply",
}
# What the platform's own table lacks or names otherwise from machine to machine.
_SUFFIXES = {
    ".glb": "model/gltf-binary",
    ".usdz": "model/vnd.usdz+zip",
    ".usdc": "model/vnd.usda",  # the one registered type of USD layers
    ".usda": "model/vnd.usda",
    ".usd": "model/vnd.usda",
    ".obj": "model/obj",
    ".ply": "application/x-ply",
    ".stl": "model/stl",
    ".3mf": "model/3mf",
    ".zip": "application/zip",
}
_ZIP, _EBML = b"PK\x03\x04", b"\x1a\x45\xdf\xa3"
_STILL_BRANDS = (b"heic", b"heix", b"mif1", b"avif")  # HEIF pictures are ISO media files, too
_ANIMATED = 0b10  # in the flags of a WebP file's VP8X chunk
UNKNOWN = "application/octet-stream"


def media_type_of(name: str, head: bytes) -> str:
    """IANA media type by the first bytes (HEAD of them are enough), else by the name's suffix."""
    by_name = _SUFFIXES.get(Path(name).suffix.lower()) or mimetypes.guess_type(name)[0]
    return media_type_by_content(head) or by_name or UNKNOWN


def media_type_by_content(head: bytes) -> str | None:
    """IANA media type by the first bytes; None for what has no signature, such as OBJ and binary STL files."""
    for magic, media_type in _MAGIC.items():
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return _zip_type(head) if head.startswith(_ZIP) else _video_type(head)


def is_clip(head: bytes) -> bool:
    """Whether frames are in it: a video, an animation, or a zip file of pictures. By the first bytes, HEAD of them."""
    if head[:4] == b"RIFF" and head[8:16] == b"WEBPVP8X":
        return len(head) > 20 and bool(head[20] & _ANIMATED)
    return _video_type(head) is not None or head.startswith((b"GIF8", _ZIP))


def is_clip_type(media_type: str) -> bool:
    """The same, by a stored file's media type; of a WebP nobody knows, so it is none."""
    return media_type.startswith("video/") or media_type in ("image/gif", "application/zip")


def only_named(source: bytes | str | os.PathLike[str], head: bytes) -> bool:
    """Nothing but the file's name tells what it is: its bytes alone would not be understood."""
    if isinstance(source, bytes) or media_type_by_content(head) is not None:
        return False
    return Path(source).suffix.lower() in _SUFFIXES


def display_name_of(source: bytes | str | os.PathLike[str]) -> str:
    """The file's own name; empty for bytes. At most 255 characters, from the end, so that the suffix stays."""
    return "" if isinstance(source, bytes) else Path(source).name[-255:]


def _video_type(head: bytes) -> str | None:
    if head.startswith(_EBML):
        return "video/webm" if b"webm" in head[:64] else "video/x-matroska"
    if head[4:8] != b"ftyp" or head[8:12] in _STILL_BRANDS:
        return None
    return "video/quicktime" if head[8:12] == b"qt  " else "video/mp4"


def _zip_type(head: bytes) -> str:
    # the first entry's name (APPNOTE 4.3.7): USDZ begins with its root layer, 3MF with what the package holds
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")]
    if name.endswith((b".usdc", b".usda", b".usd")):
        return "model/vnd.usdz+zip"
    return "model/3mf" if name.startswith((b"[Content_Types].xml", b"_rels/", b"3D/")) else "application/zip"
