"""Colours that move from picture to picture."""

import numpy as np
import pytest

from kinoform.media.picture.recolour import recoloured, tones_of

RNG = np.random.default_rng(0)
DULL = RNG.normal((120, 130, 150), 12, (48, 48, 3)).clip(0, 255).astype(np.uint8)
WARM = (RNG.normal(128, 20, (40, 60, 3)) * [1.3, 0.9, 0.6]).clip(0, 255).astype(np.uint8)


def test_the_colours_become_those_of_the_other_picture() -> None:
    found, wanted = tones_of(recoloured(DULL, tones_of(WARM))), tones_of(WARM)
    np.testing.assert_allclose(found.mean, wanted.mean, atol=0.004)
    np.testing.assert_allclose(found.spread, wanted.spread, atol=0.0006)


def test_a_picture_in_its_own_colours_stays_as_it_is() -> None:
    assert np.abs(recoloured(DULL, tones_of(DULL)).astype(int) - DULL).max() <= 1


def test_no_amount_changes_nothing_and_half_goes_half_the_way() -> None:
    target = tones_of(WARM)
    np.testing.assert_array_equal(recoloured(DULL, target, 0.0), DULL)
    start, end = tones_of(DULL).mean, target.mean
    np.testing.assert_allclose(tones_of(recoloured(DULL, target, 0.5)).mean, (start + end) / 2, atol=0.004)


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (10, 200, 60)])
def test_pictures_of_one_colour_neither_break_it_nor_are_broken(colour: tuple[int, int, int]) -> None:
    flat = np.full((8, 8, 3), colour, np.uint8)
    assert recoloured(flat, tones_of(WARM)).std(axis=(0, 1)).max() < 1
    assert np.abs(recoloured(WARM, tones_of(flat)).astype(int) - colour).mean() < 4
