"""PNG files of 16 bits: exact, and distrusted."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported
from kinoform.media.material.png16 import png16_bytes, read_png16
from tests.media.pictures import png_bomb

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(16, 16), (31, 17), (31, 17, 3), (1, 1, 3)])
def test_levels_come_back_exactly(shape: tuple[int, ...]) -> None:
    levels = RNG.integers(0, 65536, shape, np.uint16)
    again = read_png16(png16_bytes(levels, srgb=False), max_side=64)
    assert again.dtype == np.uint16
    assert np.array_equal(again, levels)


def test_another_decoder_reads_the_same_levels() -> None:
    levels = RNG.integers(0, 65536, (20, 30), np.uint16)
    image = Image.open(io.BytesIO(png16_bytes(levels, srgb=False)))
    assert image.mode == "I;16"
    assert np.array_equal(np.asarray(image), levels)


def test_colours_say_that_they_are_srgb_and_data_do_not() -> None:
    levels = RNG.integers(0, 65536, (8, 8, 3), np.uint16)
    assert b"sRGB" in png16_bytes(levels, srgb=True)
    assert b"sRGB" not in png16_bytes(levels, srgb=False)


def test_eight_bits_are_widened() -> None:
    levels = RNG.integers(0, 256, (9, 5, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(levels).save(file, "png")
    assert np.array_equal(read_png16(file.getvalue(), max_side=16), levels.astype(np.uint16) * 257)


def test_a_bomb_is_refused_by_its_header() -> None:
    with pytest.raises(MediaTooLarge):
        read_png16(png_bomb(60_000, 60_000), max_side=4096)


def test_every_cut_is_noticed() -> None:
    data = png16_bytes(RNG.integers(0, 65536, (8, 8), np.uint16), srgb=False)
    for length in range(8, len(data)):
        with pytest.raises(MediaCorrupt):
            read_png16(data[:length], max_side=64)


def test_every_damaged_byte_is_noticed() -> None:
    data = png16_bytes(RNG.integers(0, 65536, (6, 6), np.uint16), srgb=False)
    for place in range(8, len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x11
        with pytest.raises((MediaCorrupt, MediaTooLarge)):
            read_png16(bytes(damaged), max_side=64)


def test_too_few_pixels_are_noticed() -> None:
    with pytest.raises(MediaCorrupt):
        read_png16(png_bomb(300, 300), max_side=4096)


def test_other_files_and_kinds_are_refused() -> None:
    with pytest.raises(MediaUnsupported):
        read_png16(b"GIF89a", max_side=64)
    file = io.BytesIO()
    Image.new("RGBA", (4, 4)).save(file, "png")
    with pytest.raises(MediaUnsupported):
        read_png16(file.getvalue(), max_side=64)


def test_a_header_of_the_wrong_length_is_refused() -> None:
    chunk = b"IHDR" + bytes(4)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    with pytest.raises(MediaCorrupt):
        read_png16(data, max_side=64)
