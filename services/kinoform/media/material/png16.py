"""PNG files of 16 bits a channel, exact both ways: Pillow holds no such RGB."""

import struct
import zlib
from typing import Final

import av
import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported

Levels = npt.NDArray[np.uint16]

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_GREY, _RGB = 0, 2
_UP = 2
_CHUNK_FRAME = 12


def png16_bytes(levels: Levels, *, srgb: bool) -> bytes:
    """A PNG file. levels: uint16 (h, w) or (h, w, 3). srgb: say that they are colours in sRGB, not data."""
    height, width = levels.shape[:2]
    kind = _RGB if levels.ndim == 3 else _GREY
    rows = np.ascontiguousarray(levels.astype(">u2")).view(np.uint8).reshape(height, -1)
    above = np.concatenate([np.zeros_like(rows[:1]), rows[:-1]])
    filtered = np.concatenate([np.full((height, 1), _UP, np.uint8), rows - above], axis=1)
    chunks = [_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, kind, 0, 0, 0))]
    if srgb:
        chunks.append(_chunk(b"sRGB", b"\0"))
    chunks += [_chunk(b"IDAT", zlib.compress(filtered.tobytes(), 6)), _chunk(b"IEND", b"")]
    return _SIGNATURE + b"".join(chunks)


def read_png16(data: bytes, *, max_side: int) -> Levels:
    """The levels in a PNG file of 16 or 8 bits, grey or RGB: uint16 (h, w) or (h, w, 3); 8 bits are widened.

    The declared size is judged before anything is decoded. Raises MediaCorrupt, MediaTooLarge, MediaUnsupported.
    """
    width, height = _checked_size(data, max_side)
    try:
        decoder = av.VideoCodecContext.create("png", "r")
        decoder.thread_count = 1
        frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    except av.FFmpegError as error:
        raise MediaCorrupt(f"a PNG file that cannot be decoded: {error}") from error
    if len(frames) != 1 or (frames[0].width, frames[0].height) != (width, height):
        raise MediaCorrupt("a PNG file without a picture of the size that it declares")
    match frames[0].format.name:
        case "gray16be" | "rgb48be" as name:
            return frames[0].to_ndarray(format=name).astype(np.uint16)
        case "gray" | "rgb24" as name:
            return frames[0].to_ndarray(format=name).astype(np.uint16) * np.uint16(257)
        case name:
            raise MediaUnsupported(f"a PNG file of {name}; grey or RGB of 8 or 16 bits are taken")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _checked_size(data: bytes, max_side: int) -> tuple[int, int]:
    """Width and height of a file whose chunks are whole and have the right checksums."""
    if not data.startswith(_SIGNATURE):
        raise MediaUnsupported("not a PNG picture")
    position, size = len(_SIGNATURE), (0, 0)
    kinds: list[bytes] = []
    while kinds[-1:] != [b"IEND"]:
        if position + _CHUNK_FRAME > len(data):
            raise MediaCorrupt("a PNG file that ends too early")
        (length,) = struct.unpack_from(">I", data, position)
        end = position + _CHUNK_FRAME + length
        if end > len(data) or zlib.crc32(data[position + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
            raise MediaCorrupt("a PNG file with a chunk that is cut off or damaged")
        kinds.append(data[position + 4 : position + 8])
        if kinds == [b"IHDR"]:
            if length != 13:
                raise MediaCorrupt("a PNG file with a header of the wrong length")
            size = struct.unpack_from(">II", data, position + 8)
        position = end
    if kinds[0] != b"IHDR" or 0 in size:
        raise MediaCorrupt("a PNG file without a header, or of no size")
    if max(size) > max_side:
        raise MediaTooLarge(f"{size[0]}×{size[1]}; no side may be longer than {max_side} pixels")
    return size
