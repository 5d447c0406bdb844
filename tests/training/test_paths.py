"""Paths go where their motion says, whatever the seed."""

import math

import pytest

from kinoform.training.captions import MOTIONS
from kinoform.training.paths import FRAMES, GRID, pair, path

SIDE = 30.0


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("motion", "x", "y", "side", "angle"),
    [
        ("moves to the left", -30, 0, 1, 0),
        ("moves to the right", 30, 0, 1, 0),
        ("moves up", 0, -30, 1, 0),
        ("moves down", 0, 30, 1, 0),
        ("grows", 0, 0, 1.4 / 0.6, 0),
        ("shrinks", 0, 0, 0.6 / 1.4, 0),
        ("falls", 0, 36, 1, 2.4),
        ("spins", 0, 0, 1, 2 * math.pi * (FRAMES - 1) / FRAMES),
        ("stays still", 0, 0, 1, 0),
    ],
)
def test_from_first_to_last_frame(motion: str, x: float, y: float, side: float, angle: float, seed: int) -> None:
    way = path(motion, SIDE, seed)
    assert (way.x[-1] - way.x[0]).item() == pytest.approx(x)
    assert (way.y[-1] - way.y[0]).item() == pytest.approx(y)
    assert (way.side[-1] / way.side[0]).item() == pytest.approx(side)
    assert (way.angle[-1] - way.angle[0]).item() == pytest.approx(angle)


def test_a_bounce_leaves_the_ground_twice_and_a_fall_speeds_up() -> None:
    height = -path("bounces", SIDE, 0).y
    assert ((height[1:-1] > height[:-2]) & (height[1:-1] > height[2:])).sum() == 2
    speed = path("falls", SIDE, 0).y.diff()
    assert (speed.diff() > 0).all()


def test_a_circle_is_round_and_closes() -> None:
    way = path("flies in a circle", SIDE, 0)
    middle_x, middle_y = way.x.mean(), way.y.mean()
    assert (way.x - middle_x).hypot(way.y - middle_y).std() == pytest.approx(0, abs=1e-9)
    assert (way.x[-1] - way.x[0]).hypot(way.y[-1] - way.y[0]) < 5


def test_seeds_choose_among_places_on_the_grid() -> None:
    for motion in MOTIONS:
        starts = {(path(motion, SIDE, seed).x[0].item(), path(motion, SIDE, seed).y[0].item()) for seed in range(60)}
        assert len(starts) in {3, 9}, motion
        assert all(x % GRID == 0 and y % GRID == 0 for x, y in starts), motion


def test_everyone_begins_inside_the_frame() -> None:
    for motion in MOTIONS:
        for way in (*pair(motion), *(path(motion, SIDE, seed) for seed in range(20))):
            assert 8 <= way.x[0] <= 56
            assert 8 <= way.y[0] <= 56


def test_two_never_stand_in_the_same_place() -> None:
    for motion in MOTIONS:
        first, second = pair(motion)
        assert (first.x - second.x).hypot(first.y - second.y).min() >= 28


def test_an_unknown_motion_is_refused() -> None:
    with pytest.raises(ValueError, match="somersaults"):
        path("somersaults", SIDE, 0)
