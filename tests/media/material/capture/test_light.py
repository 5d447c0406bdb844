"""Light taken out of pictures whose surfaces are known."""

import numpy as np
import pytest

from kinoform.media.material.capture.light import evenly_lit, illumination, without_glints
from kinoform.media.render.tone import from_srgb
from tests.media.material.capture.pictures import Floats, drawn, lit


def crop(family: str) -> Floats:
    """A part that does not tile."""
    return drawn(family).colour[20:230, 10:220]


def distance(one: Floats, other: Floats) -> float:
    """Mean distance in sRGB once both are equally bright."""
    linear = from_srgb(one) * (from_srgb(other).mean() / from_srgb(one).mean())
    return float(np.abs(linear.clip(0, 1) ** (1 / 2.4) - from_srgb(other) ** (1 / 2.4)).mean())


@pytest.mark.parametrize("family", ["bricks", "gravel", "sand", "leather"])
def test_a_lamp_to_one_side_leaves_little_behind(family: str) -> None:
    truth = crop(family)
    shown = lit(truth)
    assert distance(evenly_lit(shown), truth) < 0.5 * distance(shown, truth)
    assert distance(evenly_lit(shown), truth) < 0.025


@pytest.mark.parametrize("family", ["bricks", "gravel", "sand"])
def test_the_mean_colour_stays(family: str) -> None:
    shown = lit(crop(family))
    even = from_srgb(evenly_lit(shown)).mean(axis=(0, 1))
    np.testing.assert_allclose(even, from_srgb(shown).mean(axis=(0, 1)), rtol=0.06)


def test_light_that_rises_to_the_border_is_followed_to_the_border() -> None:
    y, x = np.mgrid[:200, :200] / 200
    rising = (0.9 * x - 0.4 * y).astype(np.float32)
    np.testing.assert_allclose(illumination(rising), rising - rising.mean(), atol=0.02)


def test_a_stain_is_no_shadow() -> None:
    stained = np.zeros((200, 200), np.float32)
    stained[80:110, 60:100] = -2
    assert np.abs(illumination(stained)).max() < 0.02
    assert np.abs(illumination(stained + 0.5)).max() < 0.02


def test_small_highlights_are_softened_and_thin_bright_lines_are_not() -> None:
    surface = np.full((192, 192, 3), (0.3, 0.1, 0.05), np.float32)
    surface[100:103] += 0.5
    glinting = surface.copy()
    glinting[40:42, 60:62] += 0.5
    soft = without_glints(glinting)
    assert np.array_equal(np.delete(soft, (40, 41), axis=0), np.delete(surface, (40, 41), axis=0))
    left = soft[40, 60] - surface[40, 60]
    np.testing.assert_allclose(left, left[0], atol=1e-6)
    assert 0.1 < left[0] < 0.3


def test_nothing_is_blacker_than_charcoal_or_whiter_than_snow() -> None:
    picture = np.zeros((64, 64, 3), np.float32)
    picture[:, ::2] = 1
    even = from_srgb(evenly_lit(picture))
    assert 0.012 < even.min() < 0.02
    assert 0.8 < even.max() < 0.88


@pytest.mark.parametrize("level", [0.2, 0.5, 0.85])
def test_a_surface_of_one_colour_stays_as_it_is(level: float) -> None:
    plain = np.full((64, 64, 3), level, np.float32)
    np.testing.assert_allclose(evenly_lit(plain), plain, atol=0.02)
    assert np.ptp(evenly_lit(plain)) < 1e-5
