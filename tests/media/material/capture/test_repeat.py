"""By which shifts pictures repeat."""

import cv2
import numpy as np
import pytest

from kinoform.media.material.capture.light import LUMA
from kinoform.media.material.capture.repeat import LONGEST, SHORTEST, likeness, repeat_of
from tests.media.material.capture.pictures import drawn, photograph

UNIT = 256
SEEN = 500
"""Pixels of the picture."""


@pytest.mark.parametrize(("family", "across", "down"), [("bricks", 3, 3), ("square tiles", 4, 4), ("parquet", 4, 4)])
def test_a_tile_is_made_of_whole_periods(family: str, across: int, down: int) -> None:
    """Periods of each unit of 256 pixels: three bricks and two of their courses, and so on."""
    repeat = repeat_of(drawn(family, 512, seed=3).colour[5 : 5 + SEEN, 8 : 8 + SEEN] @ LUMA)
    periods = np.array([repeat.across[0] * across, repeat.down[1] * down]) * SEEN / UNIT
    np.testing.assert_allclose(periods, np.rint(periods), atol=0.04)
    assert max(abs(repeat.across[1]), abs(repeat.down[0])) < 0.01


@pytest.mark.parametrize("name", ["grass", "gravel"])
def test_where_nothing_repeats_the_tile_is_as_large_as_it_gets(name: str) -> None:
    repeat = repeat_of(photograph(name).mean(axis=2).astype(np.float32))
    for length in (repeat.across[0], repeat.down[1]):
        assert 0.93 * LONGEST < length < LONGEST + 0.01


def test_without_a_reason_the_tile_is_square_and_upright() -> None:
    leans = []
    for seed in range(6):
        noise = np.random.default_rng(seed).random((192, 192)).astype(np.float32)
        repeat = repeat_of(np.asarray(cv2.GaussianBlur(noise, (0, 0), 1), np.float32))
        assert repeat.across[0] / repeat.down[1] == pytest.approx(1, abs=0.06)
        leans += [abs(repeat.across[1]), abs(repeat.down[0])]
    assert np.mean(leans) < 0.018


def test_of_two_widths_the_one_that_makes_a_square_is_taken() -> None:
    """Stripes that come again at three and at four fifths of the picture, and rows that do at three."""
    rng = np.random.default_rng(0)
    stripes, rows = np.tile(rng.random(38), 6)[:190], np.tile(rng.random(114), 2)[:190]
    repeat = repeat_of(np.add.outer(rows, stripes).astype(np.float32))
    assert repeat.across[0] == pytest.approx(0.6, abs=0.01)
    assert repeat.down[1] == pytest.approx(0.6, abs=0.01)


def test_the_cut_is_where_the_picture_fits_itself() -> None:
    """Bars that come again to the right, and between them noise that does not."""
    rng = np.random.default_rng(0)
    picture = rng.random((192, 192)).astype(np.float32)
    picture[:, 20:30] = picture[:, 150:160] = rng.random((192, 10))
    repeat = repeat_of(picture)
    assert repeat.across[0] * 192 == pytest.approx(130, abs=0.5)
    assert 20 < repeat.cut[0] * 192 < 30


def test_a_picture_of_nothing_has_a_tile_too() -> None:
    repeat = repeat_of(np.full((64, 64), 0.5, np.float32))
    assert SHORTEST < repeat.across[0] == repeat.down[1] < LONGEST + 0.01


@pytest.mark.parametrize(("down", "right"), [(0, 7), (5, 3), (-4, 6), (0, 0)])
def test_likeness_is_the_correlation_of_what_both_show(down: int, right: int) -> None:
    picture = np.random.default_rng(1).random((20, 20))
    fixed = picture[max(0, -down) : 20 - max(0, down), : 20 - right]
    moved = picture[max(0, down) : 20 + min(0, down), right:]
    expected = np.corrcoef(fixed.ravel(), moved.ravel())[0, 1]
    assert likeness(picture)[down % 40, right] == pytest.approx(expected)
