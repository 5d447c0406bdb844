"""What kind of clip a file is, by how it begins; needs no decoder."""

from collections.abc import Mapping

CLIP_ENDINGS: Mapping[str, str] = {
    "image/gif": "gif",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "application/zip": "zip",
}
"""Media type to file ending, without the dot."""

_ANIMATED = 0b10
"""In the flags of a WebP file's VP8X chunk."""
_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
"""With one of which an MP4 or MOV file begins."""
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
"""With one of which a zip file begins: the second when there is nothing in it."""
_EBML = b"\x1a\x45\xdf\xa3"


def clip_type(data: bytes) -> str | None:
    """The media type of a clip, such as `kinoform.media.footage` reads; None for stills and for everything else."""
    if data.startswith(b"GIF8"):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:16] == b"WEBPVP8X" and len(data) > 20 and data[20] & _ANIMATED:
        return "image/webp"
    if data[4:8] in _BOXES:
        return "video/mp4" if data[4:8] == b"ftyp" and data[8:12] != b"qt  " else "video/quicktime"
    if data.startswith(_EBML):
        return "video/webm" if b"webm" in data[:64] else "video/x-matroska"
    return "application/zip" if data.startswith(_ZIP) else None
