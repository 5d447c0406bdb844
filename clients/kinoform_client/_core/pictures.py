"""Pictures and files as arguments: what they are, and under which name they go."""

import mimetypes
import os
from pathlib import Path

_MAGIC = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
UNKNOWN = "application/octet-stream"


def media_type_of(name: str, head: bytes) -> str:
    """IANA media type by the first bytes (at least 12), else by the name's suffix."""
    for magic, media_type in _MAGIC.items():
        if head.startswith(magic):
            return media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return mimetypes.guess_type(name)[0] or UNKNOWN


def display_name_of(source: bytes | str | os.PathLike[str]) -> str:
    """The file's own name; empty for bytes. At most 255 characters, from the end, so that the suffix stays."""
    return "" if isinstance(source, bytes) else Path(source).name[-255:]
