"""Pictures and clips to write."""

import io
import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def moving_square(frames: int = 9, height: int = 48, width: int = 64) -> Pixels:
    """A green square that crosses a red ground."""
    clip = np.zeros((frames, height, width, 3), np.uint8)
    clip[..., 0] = 255
    for number in range(frames):
        clip[number, 16:32, 3 * number : 3 * number + 16] = (0, 255, 0)
    return clip


def gradients(frames: int = 5, height: int = 40, width: int = 56) -> Pixels:
    """Smooth, and of thousands of colours."""
    time, down, across = np.meshgrid(*(np.linspace(0, 1, n) for n in (frames, height, width)), indexing="ij")
    return (np.stack([down, across, time * across], axis=-1) * 255).round().astype(np.uint8)


def encoded(picture: Pixels, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, kind, **options)
    return file.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A small, valid PNG file whose header declares a picture of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels + chunk(b"IEND", b"")
