"""Pictures as they come from callers."""

import io
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported
from kinoform.media.image import ImageInfo, load_rgb, probe_image
from tests.media.pictures import encoded, gradients, png_bomb

PICTURE = gradients(2)[1]
HEIGHT, WIDTH = PICTURE.shape[:2]
KINDS = ["PNG", "JPEG", "WEBP"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_picture_is_known_by_its_bytes(kind: str) -> None:
    data = encoded(PICTURE, kind, lossless=True, quality=95)
    assert probe_image(data) == ImageInfo(WIDTH, HEIGHT, f"image/{kind.lower()}")
    assert np.abs(load_rgb(data).astype(int) - PICTURE).mean() < (2 if kind == "JPEG" else 0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_cut_anywhere_is_refused(kind: str) -> None:
    data = encoded(PICTURE, kind)
    for length in range(40, len(data) - 20, max(1, len(data) // 25)):
        with pytest.raises((MediaCorrupt, MediaUnsupported)):
            probe_image(data[:length])


def test_a_damaged_png_is_refused() -> None:
    data = bytearray(encoded(PICTURE, "PNG"))
    data[len(data) // 2] ^= 0xFF
    with pytest.raises(MediaCorrupt):
        probe_image(bytes(data))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG", encoded(PICTURE, "GIF"), encoded(PICTURE, "TIFF"), b"{}"])
def test_other_files_are_not_taken(data: bytes) -> None:
    with pytest.raises(MediaUnsupported):
        probe_image(data)


@pytest.mark.parametrize("size", [(30_000, 30_000), (9_000, 9_000), (20_000, 4), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_decoded(size: tuple[int, int]) -> None:
    begun = time.perf_counter()
    for judge in (probe_image, load_rgb):
        with pytest.raises(MediaTooLarge):
            judge(png_bomb(*size))
    assert time.perf_counter() - begun < 0.5


def test_the_caller_sets_the_limits() -> None:
    data = encoded(PICTURE, "PNG")
    assert probe_image(data, max_pixels=WIDTH * HEIGHT, max_side=WIDTH, max_bytes=len(data)).width == WIDTH
    with pytest.raises(MediaTooLarge, match="pixels"):
        probe_image(data, max_pixels=WIDTH * HEIGHT - 1)
    with pytest.raises(MediaTooLarge, match="side"):
        probe_image(data, max_side=WIDTH - 1)
    with pytest.raises(MediaTooLarge, match="bytes"):
        probe_image(data, max_bytes=len(data) - 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_as_its_camera_stood(orientation: int) -> None:
    stored = {
        1: PICTURE,
        2: PICTURE[:, ::-1],
        3: PICTURE[::-1, ::-1],
        4: PICTURE[::-1],
        5: PICTURE.transpose(1, 0, 2),
        6: np.rot90(PICTURE, 1),
        7: PICTURE[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(PICTURE, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(np.ascontiguousarray(stored), "PNG", exif=exif)
    assert np.array_equal(load_rgb(data), PICTURE)
    info = probe_image(data)
    assert (info.width, info.height) == (WIDTH, HEIGHT)


def test_transparency_lies_over_white() -> None:
    file = io.BytesIO()
    colours = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 51]]], np.uint8)
    Image.fromarray(colours).save(file, "PNG")
    assert load_rgb(file.getvalue()).tolist() == [[[255, 0, 0], [255, 255, 255], [204, 204, 204]]]


def test_sixteen_bits_are_rounded_to_eight() -> None:
    file = io.BytesIO()
    values = np.array([[0, 128, 129, 257, 32896, 65535]], np.uint16)
    Image.fromarray(values).save(file, "PNG")
    assert load_rgb(file.getvalue())[0, :, 0].tolist() == [0, 0, 1, 1, 128, 255]


@pytest.mark.parametrize("mode", ["L", "LA", "P", "1", "CMYK", "RGBA"])
def test_every_kind_of_pixel_becomes_rgb(mode: str) -> None:
    file = io.BytesIO()
    Image.fromarray(PICTURE).convert(mode).save(file, "JPEG" if mode == "CMYK" else "PNG")
    pixels = load_rgb(file.getvalue())
    assert pixels.shape == PICTURE.shape
    assert pixels.dtype == np.uint8


def test_judging_a_picture_needs_no_numpy() -> None:
    code = "import kinoform.media.image, sys; sys.exit('numpy' in sys.modules or 'torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}).returncode == 0
