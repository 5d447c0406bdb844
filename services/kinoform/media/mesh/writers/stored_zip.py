"""Zip files of uncompressed members at fixed dates: equal members give equal bytes."""

import io
import struct
import zipfile
from collections.abc import Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)
_LOCAL_HEADER = 30
_PADDING_FIELD = 0x1986
"""An extra field nobody reads; Pixar's own writer uses this number."""


def stored_zip(members: Mapping[str, bytes], *, alignment: int = 1) -> bytes:
    """A zip file of the members, in their order. alignment: bytes that each member's data begins at a multiple of."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.extra = _padding(buffer.tell() + _LOCAL_HEADER + len(name.encode()), alignment)
            archive.writestr(info, data)
    return buffer.getvalue()


def _padding(start: int, alignment: int) -> bytes:
    missing = -start % alignment
    if missing == 0:
        return b""
    if missing < 4:  # the field's own header
        missing += alignment
    return struct.pack("<HH", _PADDING_FIELD, missing - 4) + bytes(missing - 4)
