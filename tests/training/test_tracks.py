"""Plain measurement: backgrounds, foreground, ways and turns."""

import pytest
import torch
from torch import Tensor

from kinoform.training import paths
from kinoform.training.captions import MOTIONS, SIZES, Script
from kinoform.training.displacement import asked_way, displacement, measured_way
from kinoform.training.render import Renderer
from kinoform.training.stages import BACKGROUNDS, SIZE, pictures
from kinoform.training.tracks import Measured, cut_out, foreground, measure, recognise, turn_paths

MOVING = list(MOTIONS)


def real(renderer: Renderer, motion: str, background: int = 0, subject: int = 0) -> Measured:
    measured = measure(renderer.clip(Script((subject,), MOVING.index(motion), background), 0))
    assert measured is not None
    return measured


def on_path(motion: str) -> Measured:
    """The measures of an actor that keeps exactly to its path."""
    way = paths.path(motion, paths.SIDES[1], 3)
    return Measured(0, torch.ones(paths.FRAMES, SIZE, SIZE, dtype=torch.bool), way.x, way.y, way.side, torch.ones(4))


@pytest.mark.parametrize("background", range(len(BACKGROUNDS)))
def test_a_big_actor_in_front_decides_no_background(renderer: Renderer, background: int) -> None:
    clip = renderer.clip(Script((background,), MOVING.index("stays still"), background, len(SIZES) - 1), 0)
    blurred = torch.nn.functional.avg_pool3d(clip, (1, 3, 3), stride=1, padding=(0, 1, 1), count_include_pad=False)
    assert recognise(blurred) == background


def test_a_background_alone_has_no_foreground_even_noisy_or_soft() -> None:
    for background in range(len(BACKGROUNDS)):
        still = (2 * pictures()[background] - 1)[:, None].expand(3, 4, SIZE, SIZE)
        soft = torch.nn.functional.avg_pool3d(still, (1, 3, 3), stride=1, padding=(0, 1, 1), count_include_pad=False)
        noise = 0.05 * torch.randn(soft.shape, generator=torch.Generator().manual_seed(0))
        assert not foreground(soft + noise, background).any()
        assert measure(soft + noise) is None


@pytest.mark.parametrize("motion", MOVING)
def test_real_clips_go_the_way_that_is_asked(renderer: Renderer, motion: str) -> None:
    way, asked = measured_way(real(renderer, motion)), asked_way(MOVING.index(motion))
    assert (way - asked)[:2].abs().max() < 3
    assert (way - asked)[2].abs().max() < 5


@pytest.mark.parametrize("subject", range(3))  # diamond, disc and square
def test_turns_are_told_apart(renderer: Renderer, subject: int) -> None:
    angles = [paths.path(motion, paths.SIDES[1], 0).angle.float() for motion in MOVING]
    for motion in ("spins", "stays still", "falls", "swings"):
        turns = real(renderer, motion, 1, subject).turns
        right = (turn_paths() - angles[MOVING.index(motion)]).abs().sum(dim=1).argmin()
        assert turns.argmax() == right
        assert 0.5 < turns[right] <= 1.001


def test_where_an_actor_is_does_not_change_its_vector() -> None:
    there = on_path("bounces")
    assert there._replace(x=there.x + 7, y=there.y - 3).vector().allclose(there.vector())


def test_an_actor_on_its_path_has_no_error_and_one_that_stands_travels_nothing() -> None:
    motions = list(range(len(MOTIONS)))
    exact = displacement(motions, [on_path(motion) for motion in MOTIONS])
    assert (exact.error, exact.correlation, exact.travelled, exact.grown) == pytest.approx((0, 1, 1, 1), abs=1e-4)
    still = displacement(motions, [None] * len(motions))
    assert (still.correlation, still.travelled, still.grown) == (0, 0, 0)
    assert still.error == pytest.approx(sum(_mean_distance(asked_way(m)) for m in motions) / len(motions))


def test_half_the_way_is_half_and_backwards_is_against() -> None:
    left, number = on_path("moves to the left"), MOVING.index("moves to the left")
    half = displacement([number], [left._replace(x=32 + (left.x - left.x[0]) / 2)])
    assert (half.travelled, half.correlation) == pytest.approx((0.5, 1), abs=1e-4)
    assert half.error == pytest.approx(7.5, abs=1e-3)  # 2 pixels a frame asked, 1 done, 16 frames
    back = displacement([number], [left._replace(x=-left.x)])
    assert back.travelled == pytest.approx(-1, abs=1e-4)


def test_a_cut_out_shows_the_actor_at_one_size_wherever_it_is() -> None:
    frame, mask = torch.zeros(3, SIZE, SIZE), torch.zeros(SIZE, SIZE, dtype=torch.bool)
    mask[40:60, 40:60] = True
    frame[:, mask] = 1
    here = cut_out(frame, mask, 48)
    there = cut_out(frame.roll((-30, -30), (1, 2)), mask.roll((-30, -30), (0, 1)), 48)
    assert here.shape == (3, 48, 48)
    assert here.allclose(there)
    assert here[:, 8:40, 8:40].min() == 1


def test_what_is_no_foreground_is_grey_in_a_cut_out() -> None:
    frame, mask = torch.full((3, SIZE, SIZE), -1.0), torch.zeros(SIZE, SIZE, dtype=torch.bool)
    mask[0:8, 10:40] = True
    picture = cut_out(frame, mask, 34)
    assert picture[:, 25:].abs().max() == 0
    assert cut_out(frame, mask, 34, shift=(2, 2)).shape == (3, 34, 34)


def _mean_distance(way: Tensor) -> float:
    return float(way[:2].square().sum(dim=0).sqrt().mean())
