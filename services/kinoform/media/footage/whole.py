"""Whether a video file ends where it says, by its outermost boxes: FFmpeg plays what is left of a torn one."""

from kinoform.media.errors import MediaCorrupt

_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def check_whole_mp4(data: bytes) -> None:
    """Raises MediaCorrupt if a box of an ISO base media file (ISO/IEC 14496-12, 4.2) reaches beyond its end."""
    place = 0
    while place < len(data):
        if place + 8 > len(data):
            raise MediaCorrupt("the file is truncated")
        size = int.from_bytes(data[place : place + 4])
        if size == 0:  # to the end of the file
            return
        if size == 1:
            size = int.from_bytes(data[place + 8 : place + 16])
        if size < 8 or place + size > len(data):
            raise MediaCorrupt(
                f"the file is truncated or damaged: a box of {size} bytes where {len(data) - place} are left"
            )
        place += size


def check_whole_matroska(data: bytes) -> None:
    """Raises MediaCorrupt if the segment of a Matroska file (RFC 8794, RFC 9559) reaches beyond its end."""
    size, place = _element(data, _EBML, 0)
    size, place = _element(data, _SEGMENT, place + (size or 0))
    if size is not None and place + size > len(data):
        raise MediaCorrupt(f"the file is truncated: a segment of {size} bytes where {len(data) - place} are left")


def _element(data: bytes, name: bytes, place: int) -> tuple[int | None, int]:
    """(size, where it begins) of the element of that name; no size where it goes on to the end of the file."""
    if data[place : place + 4] != name or place + 4 >= len(data):
        raise MediaCorrupt("no Matroska file, or a damaged one")
    place += 4
    length = 9 - data[place].bit_length()
    if length > 8 or place + length > len(data):
        raise MediaCorrupt("a damaged Matroska file")
    bits = 7 * length
    size = int.from_bytes(data[place : place + length]) & ((1 << bits) - 1)
    return (None if size == (1 << bits) - 1 else size), place + length
