"""Samples of solids: grids, points and views tell the truth about the solid that they are taken from."""

import numpy as np
import pytest

from kinoform.media.surface.field import Points
from kinoform.models.form_mini.grid import cell_centres
from kinoform.models.form_mini.pictures import OBJECT, VIEW, as_tensor, cut_out, framed, over
from kinoform.training.form.samples import BAND, FAR_POINTS, GRID, NEAR, NEAR_POINTS, floats, sample, values_at
from kinoform.training.form.views import camera, draw_view, render_view


class Ball:
    """A ball of radius 0.8, red on its left (x < 0) and blue on its right."""

    def distance(self, points: Points) -> np.ndarray:
        return (np.linalg.norm(points, axis=1) - 0.8).astype(np.float32)

    def appearance(self, points: Points) -> np.ndarray:
        right = (points[:, 0] > 0).astype(np.float32)
        half, none = np.full_like(right, 0.5), np.zeros_like(right)
        return np.stack([1 - right, none, right, half, none], axis=1)


@pytest.fixture(scope="module")
def taken():
    return sample(Ball(), np.random.default_rng(0))


def test_a_grid_is_the_field_at_its_cells_centres(taken) -> None:
    distance = Ball().distance(cell_centres(GRID)).reshape(GRID, GRID, GRID)
    assert np.abs(BAND * floats(taken.grid)[0] - distance.clip(-BAND, BAND)).max() <= BAND / 254 + 1e-6
    z, y, x = 16, 16, 28  # just inside, on the right
    assert floats(taken.grid)[1:4, z, y, x].tolist() == [-1, -1, 1]
    assert not floats(taken.grid)[1:, 16, 16, 16].any(), "the middle is far from the surface"


def test_points_are_mostly_near_and_hold_what_the_field_says(taken) -> None:
    points = taken.points.astype(np.float32)
    assert np.abs(floats(taken.values) - values_at(Ball(), points)).max() <= 1 / 254 + 1e-6
    distance = np.abs(Ball().distance(points))
    assert (distance[:NEAR_POINTS] < NEAR + 3 / GRID).all()
    assert len(points) == NEAR_POINTS + FAR_POINTS
    assert distance[NEAR_POINTS:].mean() > 2 * distance[:NEAR_POINTS].mean()


def test_equal_generators_take_equal_samples(taken) -> None:
    again, other = (sample(Ball(), np.random.default_rng(seed)) for seed in (0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(taken, again, strict=True))
    assert not np.array_equal(taken.views, other.views)


def test_a_camera_is_a_turn_that_looks_at_the_origin() -> None:
    view = draw_view(np.random.default_rng(3))
    axes = camera(view)
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(axes) == pytest.approx(1)
    assert axes[1][1] > 0, "up is up"


def test_a_view_from_the_front_shows_left_on_the_left() -> None:
    grid = np.clip(Ball().distance(cell_centres(GRID)), -BAND, BAND).reshape(GRID, GRID, GRID)
    view = draw_view(np.random.default_rng(0))
    front = type(view)(azimuth=0.0, elevation=0.0, light=(0.0, 0.0, 1.0), ambient=0.5)
    picture = render_view(Ball(), grid, front)
    side = len(picture)
    seen = picture[..., 3] > 0
    assert seen.sum() == pytest.approx(np.pi * 0.25 * (seen.any(0).sum() ** 2), rel=0.03), "a disc"
    left, right = picture[side // 2, side // 3], picture[side // 2, 2 * side // 3]
    assert left[0] > 150 > left[2]
    assert right[2] > 150 > right[0]


def test_a_framed_object_is_centred_and_fills_the_view() -> None:
    picture = np.zeros((90, 120, 4), np.uint8)
    picture[5:25, 70:110] = (10, 200, 30, 255)
    view = framed(picture)
    rows, columns = (np.flatnonzero((view[..., 3] > 127).any(axis=axis)) for axis in (1, 0))
    assert view.shape == (VIEW, VIEW, 4)
    assert len(columns) == OBJECT
    assert len(rows) == OBJECT // 2
    assert abs(columns[0] - (VIEW - 1 - columns[-1])) <= 1
    assert abs(rows[0] - (VIEW - 1 - rows[-1])) <= 1
    assert view[VIEW // 2, VIEW // 2].tolist() == [10, 200, 30, 255]


def test_what_cannot_be_cut_out_stays_whole() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    assert (cut_out(noise)[..., 3] == 255).all()
    even = np.full((20, 30, 3), 90, np.uint8)
    assert (cut_out(even)[..., 3] == 255).all()


def test_alpha_lets_the_backdrop_through() -> None:
    view = np.zeros((VIEW, VIEW, 4), np.uint8)
    view[: VIEW // 2] = (255, 0, 0, 255)
    pixels = as_tensor(view)
    assert pixels[:, 0, 0].tolist() == [1, -1, -1]
    assert len(set(pixels[:, -1, -1].tolist())) == 1
    both = over(pixels.new_tensor([[[[0.0]], [[0.0]], [[0.0]], [[0.0]]]]), pixels.new_full((1, 3, 1, 1), 255.0))
    assert both.flatten().tolist() == [1, 1, 1]
