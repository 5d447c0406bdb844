"""Pictures taken askew, set upright."""

import cv2
import numpy as np
import pytest

from kinoform.media.material.capture.light import LUMA
from kinoform.media.material.capture.upright import edges_of, horizon_of, lean_of, upright
from tests.media.material.capture.pictures import Floats, drawn, photograph

SIDE = 320


def grid(homography: np.ndarray) -> Floats:
    """(SIDE, SIDE, 3) dark lines on white, of which a homography of (-1, -1) to (1, 1) is the rectification."""
    places = (np.arange(4 * SIDE) + 0.5) / (4 * SIDE) * 2 - 1
    x, y = np.meshgrid(places, places)
    u, v, w = np.moveaxis(np.stack([x, y, np.ones_like(x)], axis=-1) @ homography.T, 2, 0)
    near = np.minimum(np.abs(u / w * 4 % 1 - 0.5), np.abs(v / w * 4 % 1 - 0.5))
    picture = np.repeat(1 - 0.8 * (near < 0.06)[..., None], 3, axis=2).astype(np.float32)
    return np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.float32)


def tilted(p: float, q: float) -> np.ndarray:
    return np.array([[1, 0, 0], [0, 1, 0], [p, q, 1]])


def turned(degrees: float) -> np.ndarray:
    turn = np.radians(degrees)
    return np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])


@pytest.mark.parametrize(("p", "q"), [(0.2, 0.0), (0.0, -0.25), (-0.1, 0.2)])
def test_the_horizon_of_a_floor_is_found(p: float, q: float) -> None:
    found = horizon_of(edges_of(grid(tilted(p, q)) @ LUMA))
    np.testing.assert_allclose(found, (p, q), atol=0.045)


@pytest.mark.parametrize("degrees", [-12, 5])
def test_a_turned_floor_is_turned_back(degrees: float) -> None:
    picture = grid(turned(degrees))
    assert np.degrees(lean_of(edges_of(picture @ LUMA), 0, 0)) == pytest.approx(degrees, abs=0.5)
    again = edges_of(upright(picture, picture @ LUMA) @ LUMA)
    assert lean_of(again, 0, 0) == 0
    assert axes(again) > 0.95


def test_what_runs_together_runs_side_by_side_afterwards() -> None:
    picture = grid(tilted(0.1, 0.2))
    assert axes(edges_of(picture @ LUMA)) < 0.8
    assert axes(edges_of(upright(picture, picture @ LUMA) @ LUMA)) > 0.95


def test_the_real_bricks_are_set_upright() -> None:
    picture = (photograph("brick") / np.float32(255)).astype(np.float32)
    after = upright(picture, picture @ LUMA)
    assert after.shape == picture.shape
    assert axes(edges_of(after @ LUMA)) > axes(edges_of(picture @ LUMA)) + 0.1


@pytest.mark.parametrize("name", ["grass", "gravel"])
def test_what_is_built_of_no_lines_stays_as_it_is(name: str) -> None:
    picture = (photograph(name) / np.float32(255)).astype(np.float32)
    assert upright(picture, picture @ LUMA) is picture


@pytest.mark.parametrize("family", ["bricks", "hexagon tiles", "wooden planks", "carbon fibre", "sand", "stone wall"])
def test_what_is_upright_stays_as_it_is(family: str) -> None:
    picture = drawn(family).colour[10:230, 5:225]
    assert upright(picture, picture @ LUMA) is picture


def test_a_picture_of_nothing_stays_as_it_is() -> None:
    plain = np.full((64, 64, 3), 0.5, np.float32)
    assert upright(plain, plain @ LUMA) is plain


def axes(edges: object) -> float:
    """Share of the edges that run within four degrees of upright or level."""
    a, b, _, strength = edges  # type: ignore[misc, attr-defined]
    off = np.degrees(np.arctan2(b, a)) % 90
    return float(strength[np.minimum(off, 90 - off) < 4].sum() / strength.sum())
