"""Photographs of brick, grass and gravel, grey and in colour, and crops of drawn surfaces, made into materials."""

from functools import cache

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from kinoform.media.material.capture.light import LUMA
from kinoform.media.material.capture.tile import captured, seamless, square_of
from kinoform.media.material.capture.upright import edges_of
from kinoform.media.material.errors import PictureTooSmall
from kinoform.media.material.maps import MaterialMaps, as_floats
from kinoform.media.material.relief import tileability
from tests.media.material.capture.pictures import Floats, Pixels, drawn, eight_bits, lit, photograph, tinted

SIDE = 256
PICTURES = {
    **{name: lambda name=name: photograph(name) for name in ("brick", "grass", "gravel")},
    **{f"coloured {name}": lambda name=name: tinted(name) for name in ("brick", "gravel")},
}
every_picture = pytest.mark.parametrize("name", PICTURES)


@cache
def made(name: str) -> MaterialMaps:
    return captured(square_of(PICTURES[name](), SIDE), SIDE, size_m=0.8, relief_m=0.015, metal=False)


def go_on(tile: Floats) -> bool:
    """Whether rows and columns are as like their neighbours over the border as they are elsewhere, nearly."""
    return all(_likeness(lines)[0] > np.percentile(_likeness(lines), 5) - 0.02 for lines in (tile, tile.swapaxes(0, 1)))


def _likeness(rows: Floats) -> Floats:
    """(n,) correlation of each row with the one before it."""
    flat = rows.reshape(len(rows), -1)
    return np.array([np.corrcoef(row, flat[number - 1])[0, 1] for number, row in enumerate(flat)])


def unevenness(picture: Floats) -> float:
    """Deviation of the means of four by four parts, beside their mean."""
    part = len(picture) // 4
    means = picture[: 4 * part, : 4 * part].mean(axis=2).reshape(4, part, 4, part).mean(axis=(1, 3))
    return float(means.std() / means.mean())


def spectrum(picture: Floats) -> Floats:
    """Power of a grey picture (SIDE, SIDE) in octaves of waves from 64 to 4 pixels."""
    window = np.hanning(SIDE)
    power = np.square(np.abs(np.fft.fft2((picture - picture.mean()) * window[:, None] * window)))
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.fftfreq(SIDE))
    return np.array(
        [power[(low <= frequency) & (frequency < 2 * low)].sum() for low in (1 / 64, 1 / 32, 1 / 16, 1 / 8)]
    )


@every_picture
def test_no_map_has_a_seam(name: str) -> None:
    maps = made(name)
    assert maps.side == SIDE
    for levels in (maps.base_colour, maps.height, maps.roughness):
        assert max(tileability(levels)) < 1.2


@every_picture
def test_what_the_picture_shows_goes_on_over_the_border(name: str) -> None:
    square = square_of(PICTURES[name](), SIDE)
    assert go_on(seamless(square, SIDE))
    assert not go_on(np.asarray(square[:SIDE, :SIDE] / np.float32(255), np.float32))


@pytest.mark.parametrize("name", ["brick", "coloured brick"])
def test_bricks_taken_askew_stand_upright(name: str) -> None:
    def upright(picture: Floats) -> float:
        a, b, _, strength = edges_of(picture @ LUMA)
        return float(strength[np.abs(b) < np.tan(np.radians(3)) * np.abs(a)].sum() / strength.sum())

    assert upright((PICTURES[name]() / 255).astype(np.float32)) < 0.4
    assert upright(as_floats(made(name).base_colour)) > 0.5


@every_picture
def test_colours_are_those_of_the_picture(name: str) -> None:
    found, given = as_floats(made(name).base_colour), square_of(PICTURES[name](), SIDE) / 255
    for channel in range(3):
        assert wasserstein_distance(found[..., channel].ravel(), given[..., channel].ravel()) < 0.012
    np.testing.assert_allclose(found.mean(axis=(0, 1)), given.mean(axis=(0, 1)), atol=0.01)


@pytest.mark.parametrize("name", ["grass", "gravel", "coloured gravel"])
def test_the_grain_is_that_of_the_picture(name: str) -> None:
    square = square_of(PICTURES[name](), SIDE).mean(axis=2) / 255
    corners = [square[y : y + SIDE, x : x + SIDE] for y in (0, 64) for x in (0, 64)]
    given = np.mean([spectrum(corner) for corner in corners], axis=0)
    found = spectrum(as_floats(made(name).base_colour).mean(axis=2))
    np.testing.assert_allclose(found / given, 1, atol=0.35)


@pytest.mark.parametrize("family", ["bricks", "gravel"])
def test_a_lit_crop_comes_out_evenly_lit_seamless_and_in_its_own_colours(family: str) -> None:
    truth = drawn(family, 512, seed=5).colour
    crop = truth[37:470, 21:454]
    maps = captured(square_of(eight_bits(lit(crop)), SIDE), SIDE, size_m=1, relief_m=0.01, metal=False)
    assert max(*tileability(maps.base_colour), *tileability(maps.height)) < 1.2
    found = as_floats(maps.base_colour)
    found *= truth.mean() / found.mean()  # how strong the light was, no picture tells
    for channel in range(3):
        assert wasserstein_distance(found[..., channel].ravel(), truth[..., channel].ravel()) < 0.016
    assert unevenness(lit(crop)) > 0.11
    assert unevenness(found) < unevenness(crop) + 0.02


def test_equal_pictures_give_equal_maps_and_another_one_others() -> None:
    again = captured(square_of(photograph("grass"), SIDE), SIDE, size_m=0.8, relief_m=0.015, metal=False)
    assert np.array_equal(again.base_colour, made("grass").base_colour)
    assert np.array_equal(again.height, made("grass").height)
    assert not np.array_equal(made("gravel").height, made("grass").height)


def test_a_metal_is_one_everywhere_and_smoother() -> None:
    square = square_of(photograph("grass"), SIDE)
    metal = captured(square, SIDE, size_m=0.8, relief_m=0.015, metal=True)
    assert (metal.metallic == 65535).all()
    assert (made("grass").metallic == 0).all()
    assert metal.roughness.mean() < 0.7 * made("grass").roughness.mean()
    assert np.array_equal(metal.base_colour, made("grass").base_colour)


def test_a_wide_picture_gives_its_middle() -> None:
    middle = eight_bits(drawn("granite").colour)[:200, :200]
    wide = np.concatenate([np.zeros_like(middle), middle, np.zeros_like(middle)], axis=1)
    assert np.array_equal(square_of(wide, SIDE), square_of(middle, SIDE))
    assert square_of(wide, SIDE).shape == (320, 320, 3)


@pytest.mark.parametrize("shape", [(31, 200, 3), (200, 31, 3), (1, 1, 3)])
def test_a_picture_of_too_few_pixels_is_refused(shape: tuple[int, int, int]) -> None:
    with pytest.raises(PictureTooSmall, match="at least 32×32 pixels"):
        square_of(np.zeros(shape, np.uint8), SIDE)


def plain() -> Pixels:
    return np.full((32, 32, 3), 128, np.uint8)


def halves() -> Pixels:
    return np.repeat(np.where(np.arange(40) < 20, 0, 255).astype(np.uint8)[:, None, None], 40, axis=1).repeat(3, axis=2)


def static() -> Pixels:
    return np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)


@pytest.mark.parametrize("picture", [plain() * 0, halves(), static()])
def test_no_picture_is_too_odd_to_tile(picture: Pixels) -> None:
    maps = captured(square_of(picture, SIDE), SIDE, size_m=1, relief_m=0.01, metal=False)
    assert max(*tileability(maps.base_colour), *tileability(maps.height)) < 1.5


def test_of_one_colour_comes_one_colour() -> None:
    tile = seamless(square_of(plain(), SIDE), SIDE)
    np.testing.assert_allclose(tile, 128 / 255, atol=1e-3)
