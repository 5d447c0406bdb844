"""Pictures of every mode and profile become the same sRGB pixels."""

import io

import numpy as np
import pytest
from PIL import Image

from kinoform.media.image import load_rgb, load_rgba
from tests.media.icc import matrix_profile

RAMP = np.stack(np.meshgrid(np.arange(0, 256, 8), np.arange(0, 256, 8), indexing="ij"), axis=-1)
PICTURE = np.dstack([RAMP, np.full(RAMP.shape[:2], 96)]).astype(np.uint8)


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def worst(data: bytes, expected: np.ndarray) -> int:
    return int(np.abs(load_rgb(data).astype(int) - expected).max())


def test_a_profile_with_swapped_primaries_swaps_the_channels_back() -> None:
    swapped = Image.fromarray(PICTURE[..., ::-1].copy())
    data = saved(swapped, icc_profile=matrix_profile("b", "g", "r"))
    assert worst(saved(swapped), PICTURE) > 100
    # what remains is the difference between a power of 2.2 and sRGB's own curve
    assert worst(data, load_rgb(saved(Image.fromarray(PICTURE), icc_profile=matrix_profile("r", "g", "b")))) <= 2
    assert worst(data, PICTURE) < 12


def test_alpha_is_no_colour() -> None:
    alpha = np.arange(32 * 32, dtype=np.uint8).reshape(32, 32)
    pixels = np.dstack([PICTURE[..., ::-1], alpha])
    found = load_rgba(saved(Image.fromarray(pixels), icc_profile=matrix_profile("b", "g", "r")))
    assert np.array_equal(found[..., 3], alpha)
    assert np.abs(found[..., :3].astype(int) - PICTURE).max() < 12


@pytest.mark.parametrize(
    "profile", [b"no profile", matrix_profile("b", "g", "r")[:200], b"\xff" * 4000], ids=["words", "cut", "noise"]
)
def test_a_broken_profile_is_passed_over(profile: bytes) -> None:
    assert worst(saved(Image.fromarray(PICTURE), icc_profile=profile), PICTURE) == 0


def test_a_profile_of_other_channels_is_passed_over() -> None:
    grey = Image.fromarray(PICTURE[..., 0])
    expected = np.repeat(PICTURE[..., :1], 3, axis=2)
    assert worst(saved(grey, icc_profile=matrix_profile("r", "g", "b")), expected) <= 12


def test_grey_palette_bit_and_sixteen_bit_pictures_are_what_they_show() -> None:
    grey = PICTURE[..., 0]
    as_rgb = np.repeat(grey[..., None], 3, axis=2)
    assert worst(saved(Image.fromarray(grey)), as_rgb) == 0
    assert worst(saved(Image.fromarray(grey.astype(np.uint16) * 257)), as_rgb) == 0
    quantised = Image.fromarray(PICTURE).quantize(64)
    assert worst(saved(quantised), np.asarray(quantised.convert("RGB"))) == 0
    bits = Image.fromarray(grey).convert("1")
    assert worst(saved(bits), np.asarray(bits.convert("RGB"))) == 0
    both = Image.fromarray(np.dstack([grey, np.full_like(grey, 255)]), "LA")
    assert worst(saved(both), as_rgb) == 0


def test_a_cmyk_picture_is_converted() -> None:
    smooth = Image.fromarray(PICTURE).resize((256, 256))
    data = saved(smooth.convert("CMYK"), "JPEG", quality=95, subsampling=0)
    assert np.abs(load_rgb(data).astype(int) - np.asarray(smooth)).mean() < 3


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.fromarray(np.roll(PICTURE, by, axis=0)) for by in (0, 8, 16)]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert worst(data, PICTURE) == 0
