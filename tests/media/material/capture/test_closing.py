"""Pictures closed on themselves."""

import numpy as np
import pytest

from kinoform.media.material.capture.closing import closed
from kinoform.media.material.capture.meeting import drawn_together
from kinoform.media.material.capture.strips import blurred, ends
from kinoform.media.material.relief import tileability
from tests.media.material.capture.pictures import Floats, drawn, tinted

SIDE, OVERLAP = 192, 48


def part(name: str) -> Floats:
    return (tinted(name)[50 : 50 + SIDE + OVERLAP, 90 : 90 + SIDE + OVERLAP] / np.float32(255)).astype(np.float32)


@pytest.mark.parametrize("family", ["bricks", "gravel", "wood"])
def test_what_repeats_already_comes_back(family: str) -> None:
    tile = drawn(family, 256).colour
    again = closed(np.pad(tile, ((0, 64), (0, 64), (0, 0)), mode="wrap"), 64)
    np.testing.assert_allclose(again, tile, atol=2e-3)


@pytest.mark.parametrize("name", ["grass", "gravel"])
def test_what_does_not_repeat_gets_no_seam(name: str) -> None:
    picture = part(name)
    assert max(tileability(picture[:SIDE, :SIDE])) > 1.8
    assert max(tileability(closed(picture, OVERLAP))) < 1.35


@pytest.mark.parametrize("name", ["grass", "gravel"])
def test_nothing_is_blurred_or_shown_twice_where_the_ends_lie_over_each_other(name: str) -> None:
    tile = closed(part(name), OVERLAP).mean(axis=2)
    fine = tile - blurred(tile, 2, ring=True)
    overlap, inside = fine[:OVERLAP].std(), fine[OVERLAP:, OVERLAP:].std()
    assert overlap == pytest.approx(inside, rel=0.12)
    assert fine[:, :OVERLAP].std() == pytest.approx(inside, rel=0.12)


def test_away_from_the_cuts_it_is_the_picture() -> None:
    picture = part("gravel")
    inside = np.s_[OVERLAP + 5 : SIDE - 5, OVERLAP + 5 : SIDE - 5]
    # Only the tone moves.
    assert np.corrcoef(closed(picture, OVERLAP)[inside].ravel(), picture[inside].ravel())[0, 1] > 0.99


def test_the_cut_is_where_both_ends_show_the_same() -> None:
    """Along a winding band; beside it all is noise. Left of it lies the right end, right of it the left one."""
    rng = np.random.default_rng(0)
    picture = rng.random((SIDE, SIDE + OVERLAP, 3), np.float32)
    rows, columns = np.mgrid[:SIDE, :OVERLAP]
    away = columns - (24 + 10 * np.sin(2 * np.pi * rows / SIDE))
    left, right = picture[:, :OVERLAP], picture[:, -OVERLAP:]
    right[np.abs(away) < 5] = left[np.abs(away) < 5]
    tile = closed(np.concatenate([picture, picture[:OVERLAP]]), OVERLAP)[:, :OVERLAP]
    np.testing.assert_allclose(tile[away < -5], right[away < -5], atol=0.06)
    np.testing.assert_allclose(tile[away > 5], left[away > 5], atol=0.06)


def test_a_tone_that_rises_is_levelled_without_a_step() -> None:
    y, x = np.mgrid[: SIDE + OVERLAP, : SIDE + OVERLAP] / SIDE
    rising = np.repeat((0.3 + 0.2 * x + 0.1 * y)[..., None], 3, axis=2).astype(np.float32)
    level = closed(rising, OVERLAP)
    assert np.ptp(level) < 0.02
    assert level.mean() == pytest.approx(rising.mean(), abs=0.02)


@pytest.mark.parametrize("ring", [False, True])
def test_ends_that_are_bent_apart_are_brought_together(ring: bool) -> None:
    """Lines that end three pixels and a half too low on the right."""
    rows, columns = np.mgrid[:240, : SIDE + OVERLAP]
    lines = (0.5 + 0.4 * np.cos(2 * np.pi * (rows - 3.5 * columns / SIDE) / 20)).astype(np.float32)
    strip = np.repeat(lines[..., None], 3, axis=2)
    left, right = ends(strip, OVERLAP)
    assert np.abs(left - right).mean() > 0.2
    left, right = ends(drawn_together(strip, OVERLAP, ring=ring), OVERLAP)
    assert np.abs(left - right)[20:-20].mean() < 0.012


@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("deviation", [1.0, 6.0, 20.0])
def test_a_blurred_impulse_is_a_gaussian_that_goes_round_the_ring(deviation: float, ring: bool) -> None:
    plane = np.zeros((160, 161), np.float32)
    plane[2, 80] = 1
    soft = blurred(plane, deviation, ring=ring)
    peak = 1 / (2 * np.pi * deviation**2)
    assert soft.sum() == pytest.approx(1, rel=0.02)
    if ring:
        assert soft[2, 80] == pytest.approx(peak, rel=0.06)
        assert soft[-1, 80] == pytest.approx(peak * np.exp(-4.5 / deviation**2), rel=0.08)
    else:
        assert soft[-1, 80] < 0.01 * peak
