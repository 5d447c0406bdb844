"""Solids' distances against exact solutions."""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from kinoform.training.shapes.polygon import regular, smooth
from kinoform.training.shapes.solids import (
    Arc,
    Box,
    Capsule,
    Cylinder,
    Ellipsoid,
    Extrusion,
    Lathe,
    Rosette,
    Solid,
    Torus,
)

Points = npt.NDArray[np.float32]

STAR = ((0.0, 0.0), (0.9, 0.0), (0.42 * math.cos(math.pi / 5), 0.42 * math.sin(math.pi / 5)))
CUP = ((0.0, -0.5), (0.4, -0.5), (0.5, 0.5), (0.4, 0.5), (0.3, -0.4), (0.0, -0.4))

SOLIDS: dict[str, Solid] = {
    "ball": Ellipsoid((0.5, 0.5, 0.5)),
    "ellipsoid": Ellipsoid((0.7, 0.4, 0.5)),
    "box": Box((0.5, 0.3, 0.4)),
    "round box": Box((0.5, 0.3, 0.4), 0.1),
    "cylinder": Cylinder(0.4, 0.6),
    "capsule": Capsule(0.2, 0.5),
    "torus": Torus(0.6, 0.15),
    "arc": Arc(0.6, 0.12, 1.6),
    "cup": Lathe(CUP),
    "prism": Extrusion(regular(3, 0.7), 0.3),
    "star": Rosette(STAR, 5, 0.2),
}


def everywhere(count: int = 4000, reach: float = 1.0) -> Points:
    return np.random.default_rng(0).uniform(-reach, reach, (count, 3)).astype(np.float32)


def distances(solid: Solid, points: Points) -> Points:
    return solid.distance(*points.T)


def test_a_balls_distance_is_that_of_its_centre_less_the_radius() -> None:
    points = everywhere()
    exact = np.linalg.norm(points, axis=1) - 0.5
    np.testing.assert_allclose(distances(SOLIDS["ball"], points), exact, atol=1e-6)


def test_a_boxs_distance_is_that_of_the_nearest_point_of_its_surface() -> None:
    points, half = everywhere(), np.array([0.5, 0.3, 0.4])
    outside = np.linalg.norm(points - np.clip(points, -half, half), axis=1)
    inside = (half - np.abs(points)).min(1)
    np.testing.assert_allclose(distances(SOLIDS["box"], points), np.where(inside > 0, -inside, outside), atol=1e-6)


def test_a_torus_distance_is_that_of_its_circle_less_the_tube() -> None:
    points = everywhere()
    angle = np.arctan2(points[:, 1], points[:, 0])
    circle = 0.6 * np.stack([np.cos(angle), np.sin(angle), np.zeros_like(angle)], axis=1)
    np.testing.assert_allclose(
        distances(SOLIDS["torus"], points), np.linalg.norm(points - circle, axis=1) - 0.15, atol=1e-6
    )


def test_an_arc_of_half_a_turn_to_either_side_is_a_torus() -> None:
    points = everywhere()
    np.testing.assert_allclose(
        distances(Arc(0.6, 0.15, math.pi), points), distances(Torus(0.6, 0.15), points), atol=1e-3
    )


def test_an_arcs_distance_is_that_of_the_nearest_of_many_balls_along_it() -> None:
    points, angles = everywhere(500), np.linspace(-1.6, 1.6, 4001)
    spine = 0.6 * np.stack([np.sin(angles), np.cos(angles), np.zeros_like(angles)], axis=1)
    exact = np.linalg.norm(points[:, None] - spine, axis=2).min(1) - 0.12
    np.testing.assert_allclose(distances(SOLIDS["arc"], points), exact, atol=2e-3)


def test_a_turned_rectangle_is_a_cylinder_and_so_is_an_extruded_circle_nearly() -> None:
    points = everywhere()
    cylinder = distances(Cylinder(0.4, 0.6), points)
    lathe = Lathe(((0.0, -0.6), (0.4, -0.6), (0.4, 0.6), (0.0, 0.6)))
    np.testing.assert_allclose(distances(lathe, points), cylinder, atol=1e-6)
    disc = Extrusion(regular(256, 0.4), 0.6).distance(points[:, 0], points[:, 2], points[:, 1])
    np.testing.assert_allclose(disc, cylinder, atol=1e-4)


def test_a_folded_star_is_the_star_drawn_out_in_full() -> None:
    outline = tuple(
        (radius * math.cos(math.pi * i / 5), radius * math.sin(math.pi * i / 5))
        for i, radius in enumerate([0.9, 0.42] * 5)
    )
    points = everywhere()
    np.testing.assert_allclose(distances(SOLIDS["star"], points), distances(Extrusion(outline, 0.2), points), atol=3e-5)


@pytest.mark.parametrize("name", sorted(SOLIDS))
def test_distances_change_by_as_much_as_one_moves_away_from_the_surface(name: str) -> None:
    solid, step = SOLIDS[name], 1e-3
    points = everywhere(20_000)
    points = points[np.abs(distances(solid, points)) < 0.05]
    ahead = [distances(solid, points + step * axis) for axis in np.eye(3, dtype=np.float32)]
    behind = [distances(solid, points - step * axis) for axis in np.eye(3, dtype=np.float32)]
    slope = np.linalg.norm((np.array(ahead) - np.array(behind)) / (2 * step), axis=0)
    # Where two surfaces are as near, the distance has a crease; elsewhere it is a distance.
    assert np.quantile(np.abs(slope - 1), 0.9) < (0.1 if name == "ellipsoid" else 0.01)


@pytest.mark.parametrize("name", sorted(SOLIDS))
def test_no_inside_point_lies_beyond_the_support_and_some_come_close_to_it(name: str) -> None:
    solid, points = SOLIDS[name], everywhere(300_000)
    inside = points[distances(solid, points) < 0]
    turned = np.random.default_rng(1).normal(size=(20, 3))
    directions = np.concatenate([np.eye(3), -np.eye(3), turned / np.linalg.norm(turned, axis=1, keepdims=True)])
    reach = (inside @ directions.T).max(0)
    assert np.all(reach <= solid.support(directions) + 1e-6)
    assert np.all(reach > solid.support(directions) - 0.12)


@pytest.mark.parametrize(
    ("name", "inside"),
    [
        ("ellipsoid", lambda x, y, z: (x / 0.7) ** 2 + (y / 0.4) ** 2 + (z / 0.5) ** 2 < 1),
        ("cylinder", lambda x, y, z: (x**2 + z**2 < 0.16) & (np.abs(y) < 0.6)),
        ("cup", lambda x, y, z: (np.abs(y) < 0.5) & (np.hypot(x, z) < 0.45 + 0.1 * y)
         & ~((y > -0.4) & (np.hypot(x, z) < 0.4 + (y - 0.5) / 9))),
    ],
)  # fmt: skip
def test_the_sign_says_inside_or_outside(name: str, inside: Callable[..., npt.NDArray[np.bool_]]) -> None:
    points = everywhere()
    np.testing.assert_array_equal(distances(SOLIDS[name], points) < 0, inside(*points.astype(np.float64).T))


def test_a_smoothed_outline_keeps_its_ends_and_stays_within_its_corners() -> None:
    corners = ((0.2, 0.0), (0.5, 0.3), (0.1, 0.9))
    cut = np.array(smooth(corners, 2))
    assert tuple(cut[0]) == corners[0]
    assert tuple(cut[-1]) == corners[-1]
    assert np.all(cut.min(0) >= np.min(corners, axis=0))
    assert np.all(cut.max(0) <= np.max(corners, axis=0))
