"""Every family's shapes: whole, in their place, and with what their facts say."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import ndimage

from kinoform.media.surface.field import Points
from kinoform.training.shapes.catalogue import FAMILIES
from kinoform.training.shapes.count import count
from kinoform.training.shapes.draw import draw
from kinoform.training.shapes.occupancy import components
from kinoform.training.shapes.paint import COLOURS, JITTER
from kinoform.training.shapes.shape import LONGEST, Shape

EACH = pytest.mark.parametrize("family", FAMILIES)


def grid(side: int) -> Points:
    line = ((np.arange(side) + 0.5) / side * 2 - 1).astype(np.float32)
    return np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)


def box(shape: Shape, side: int) -> Points:
    """(x, y, z, 3): of such a grid what the shape's bounding box holds, and a cell more at every side."""
    points = grid(side).reshape(side, side, side, 3)
    x, y, z = (np.abs(points[:, 0, 0, 0]) < half + 2 / side for half in shape.half)
    return points[np.ix_(x, y, z)]


class Coarse:
    """A shape known on a grid of 32 cells a side alone, between them by interpolation: what a small decoder gives."""

    def __init__(self, shape: Shape) -> None:
        distance, looks = shape.look(grid(32))
        self._values = np.column_stack([distance, looks]).reshape(32, 32, 32, 6)

    def distance(self, points: Points) -> npt.NDArray[np.float32]:
        """See Field."""
        return self._between(points, 0)

    def appearance(self, points: Points) -> npt.NDArray[np.float32]:
        """See Field."""
        return np.stack([self._between(points, channel) for channel in range(1, 6)], axis=1)

    def _between(self, points: Points, channel: int) -> npt.NDArray[np.float32]:
        places = ((points + 1) * 16 - 0.5).T
        return np.asarray(ndimage.map_coordinates(self._values[..., channel], places, order=1, mode="nearest"))


@EACH
def test_shapes_are_centred_and_as_long_as_the_cube_allows(family: str) -> None:
    shape, _, _ = draw(3, family=family)
    points = np.random.default_rng(0).uniform(-1, 1, (20_000, 3)).astype(np.float32)
    inside = points[shape.distance(points) < 0]
    assert 2 * shape.half.max() == pytest.approx(LONGEST)
    assert np.all(np.abs(inside) <= shape.half + 1e-5)


@EACH
def test_shapes_are_in_one_piece(family: str) -> None:
    for seed in range(6):
        shape = draw(seed, family=family)[0]
        points = box(shape, 48)
        filled = shape.distance(points.reshape(-1, 3)) < 0
        assert ndimage.label(filled.reshape(points.shape[:3]))[1] == 1, seed


@EACH
def test_each_attribute_value_is_counted_on_a_shape(family: str) -> None:
    for value in FAMILIES[family].attribute.values:
        assert count(family, draw(20, family=family, attribute=value)[0]) == value


@pytest.mark.slow
@EACH
def test_attribute_values_are_counted_on_a_coarse_copy_too(family: str) -> None:
    values = FAMILIES[family].attribute.values
    counted = [
        count(family, Coarse(draw(seed, family=family, attribute=value)[0]), 48) == value
        for seed, value in enumerate(values, 100)
    ]
    assert np.mean(counted) >= 0.75


@EACH
def test_equal_seeds_give_equal_shapes_and_captions(family: str) -> None:
    points = grid(12)
    (one, facts, caption), (other, facts_again, caption_again) = (draw(5, family=family) for _ in range(2))
    assert (facts, caption) == (facts_again, caption_again)
    for a, b in zip(one.look(points), other.look(points), strict=True):
        assert a.tobytes() == b.tobytes()


@EACH
def test_a_points_values_do_not_depend_on_the_others(family: str) -> None:
    points, shape = grid(12), draw(6, family=family)[0]
    distance, looks = shape.look(points)
    some = np.arange(0, len(points), 7)
    np.testing.assert_array_equal(shape.distance(points[some]), distance[some])
    np.testing.assert_array_equal(shape.appearance(points[some]), looks[some])


@EACH
def test_skipping_far_parts_changes_no_distance(family: str) -> None:
    points, shape = grid(16), draw(7, family=family)[0]
    x, y, z = (points / shape.scale + shape.centre).T.astype(np.float32)
    plain = np.min([part.distance(x, y, z) for part in shape.parts], axis=0) * shape.scale
    # An ellipsoid's is not exact far off, so which of two parts is nearer may be, too.
    near = np.abs(plain) < 0.1
    np.testing.assert_allclose(shape.distance(points)[near], plain[near], atol=1e-5)
    np.testing.assert_array_equal(shape.distance(points) < 0, plain < 0)


@EACH
def test_much_of_a_shape_has_its_main_colour(family: str) -> None:
    colour = next(name for name in ("red", "teal") if name in FAMILIES[family].colours)
    shape, facts, _ = draw(2, family=family, colour=colour)
    points = grid(32)
    distance, looks = shape.look(points)
    surface = looks[np.abs(distance) < 0.05]
    own = np.abs(surface[:, :3] - np.array(COLOURS[facts.colour])).max(1) < JITTER + 1e-3
    assert own.mean() > 0.2


def test_counting_needs_a_family_and_something_to_count_on() -> None:
    class Nothing:
        def distance(self, points: Points) -> npt.NDArray[np.float32]:
            return np.ones(len(points), np.float32)

        def appearance(self, points: Points) -> npt.NDArray[np.float32]:
            return np.zeros((len(points), 5), np.float32)

    assert count("chair", Nothing()) is None
    with pytest.raises(KeyError):
        count("dragon", draw(0)[0])


def test_specks_are_not_counted() -> None:
    layer = np.zeros((20, 20), bool)
    layer[2:5, 2:5] = layer[10:13, 10:13] = True
    layer[18, 1] = True
    assert components(layer) == 2
