"""Heights and roughness guessed from colours, against the truth."""

import numpy as np
import pytest

from kinoform.media.material.capture.gloss import roughness_of
from kinoform.media.material.capture.joints import half_width, joints_in, two_tones
from kinoform.media.material.capture.periodic import components, depth_in, largest, smoothed
from kinoform.media.material.capture.relief import height_m, relief_of
from kinoform.media.material.relief import normal_from_height
from kinoform.media.picture.oklab import to_oklab
from tests.media.material.capture.pictures import Floats, drawn, photograph

SIDE = 240

LIKENESS = {
    "bricks": 0.6,
    "square tiles": 0.85,
    "hexagon tiles": 0.8,
    "roof shingles": 0.55,
    "cobblestones": 0.75,
    "wooden planks": 0.7,
    "bark": 0.9,
    "knitted wool": 0.9,
    "quilted cloth": 0.7,
    "perforated metal": 0.95,
    "cracked earth": 0.75,
    "gravel": 0.4,
    "sand": 0.9,
    "grass": 0.9,
}
"""Least correlation of the guess with the height that was drawn."""


def likeness(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def wall(mortar: float, brick: float) -> tuple[Floats, np.ndarray]:
    """A tile of six courses (SIDE, SIDE, 3), and where its joints are, four pixels wide."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    joints = (rows % 40 < 4) | ((columns + 30 * (rows // 40 % 2)) % 60 < 4)
    grey = np.where(joints, mortar, brick) + 0.02 * np.random.default_rng(0).standard_normal((SIDE, SIDE))
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32), joints


@pytest.mark.parametrize("family", LIKENESS)
def test_heights_are_like_the_true_ones(family: str) -> None:
    truth = drawn(family)
    assert likeness(relief_of(truth.colour), truth.height) > LIKENESS[family]


@pytest.mark.parametrize("family", ["bricks", "sand"])
def test_what_is_guessed_of_a_rolled_tile_is_rolled(family: str) -> None:
    colour = drawn(family).colour
    rolled = np.roll(colour, (77, 130), axis=(0, 1))
    np.testing.assert_allclose(relief_of(rolled), np.roll(relief_of(colour), (77, 130), axis=(0, 1)), atol=1e-5)
    guess, expected = roughness_of(rolled, metal=False), np.roll(roughness_of(colour, metal=False), (77, 130), (0, 1))
    np.testing.assert_allclose(guess, expected, atol=1e-5)


@pytest.mark.parametrize(("mortar", "brick"), [(0.75, 0.35), (0.2, 0.6)])
def test_joints_are_deep_whether_they_are_light_or_dark(mortar: float, brick: float) -> None:
    colour, joints = wall(mortar, brick)
    found = joints_in(to_oklab(colour.astype(np.float64)))
    assert found is not None
    assert (found & joints).sum() / (found | joints).sum() > 0.9
    assert half_width(found) == pytest.approx(2, rel=0.2)
    relief = relief_of(colour)
    assert relief[joints].mean() < 0.3
    assert relief[~joints].mean() > 0.6


@pytest.mark.parametrize("family", ["gravel", "grass", "wood", "marble", "concrete", "woven fabric", "checkerboard"])
def test_what_has_no_joints_gets_none(family: str) -> None:
    assert joints_in(to_oklab(drawn(family).colour.astype(np.float64))) is None


def test_cracks_that_enclose_nothing_are_no_joints() -> None:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    cracks = (rows % 120 < 4) & (columns % 120 < 110) | (columns < 4)
    colour = np.repeat(np.where(cracks, 0.2, 0.6)[..., None], 3, axis=2)
    assert joints_in(to_oklab(colour)) is None
    colour[0:4] = colour[120:124] = 0.2
    colour[:, 118:122] = 0.2
    assert joints_in(to_oklab(colour)) is not None


@pytest.mark.parametrize("name", ["gravel", "grass"])
def test_real_ground_has_no_joints(name: str) -> None:
    assert joints_in(to_oklab(photograph(name)[::2, ::2] / 255)) is None


def test_a_brick_of_the_mortars_tone_is_no_joint() -> None:
    colour, joints = wall(0.75, 0.35)
    pale = np.s_[44:80, 94:150]
    colour[pale] = 0.74
    found = joints_in(to_oklab(colour.astype(np.float64)))
    assert found is not None
    assert not found[54:70, 104:140].any()
    assert (found & joints).sum() > 0.9 * joints.sum()


def test_two_tones_are_told_apart_in_their_middle() -> None:
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(0, 0.1, 3000), rng.normal(1, 0.1, 1000)])
    threshold, apart = two_tones(values)
    assert 0.3 < threshold < 0.7
    assert apart > 0.93
    assert two_tones(rng.normal(0, 1, 4000))[1] < 0.66


def test_a_tile_of_one_colour_is_level_and_evenly_rough() -> None:
    plain = np.full((64, 64, 3), (0.6, 0.3, 0.2), np.float32)
    np.testing.assert_allclose(relief_of(plain), 0.5, atol=1e-6)
    assert np.ptp(roughness_of(plain, metal=False)) < 1e-6


@pytest.mark.parametrize("family", ["grass", "gravel", "concrete"])
def test_no_relief_is_steeper_than_loose_stones_lie(family: str) -> None:
    relief, size_m = relief_of(drawn(family).colour), 0.5
    metres = height_m(relief, 0.2, size_m)
    normals = normal_from_height(relief, metres, size_m)
    slope = np.sqrt(np.mean(1 / normals[..., 2] ** 2 - 1))
    assert slope == pytest.approx(1, rel=1e-3)
    assert height_m(relief, 1e-5, size_m) == 1e-5


def test_dirt_is_dull_and_what_shines_is_smooth() -> None:
    colour = np.full((128, 128, 3), (0.5, 0.3, 0.2), np.float32)
    colour[20:24, 20:24], colour[80:84, 80:84], colour[20:24, 80:84] = (0.1, 0.06, 0.04), 0.95, (0.95, 0.57, 0.38)
    rough = roughness_of(colour, metal=False)
    dirty, plain, shining, light = rough[21, 21], rough[50, 50], rough[81, 81], rough[21, 81]
    assert dirty > light > plain > shining
    assert roughness_of(colour, metal=True).mean() < rough.mean() - 0.3
    assert 0 < rough.min() < rough.max() < 1


def test_parts_hang_together_over_the_border() -> None:
    mask = np.zeros((20, 20), bool)
    mask[0, 3:6] = mask[-1, 4:9] = True
    mask[8:10, 0] = mask[9, -3:] = True
    mask[14, 14] = True
    numbers = components(mask)
    assert len(np.unique(numbers[mask])) == 3
    assert np.array_equal(largest(mask), numbers == numbers[0, 4])
    assert not largest(np.zeros((4, 4), bool)).any()


def test_depth_is_the_distance_to_the_next_place_outside_round_the_border() -> None:
    mask = np.ones((24, 24), bool)
    mask[3, 5] = False
    rows, columns = np.mgrid[:24, :24]
    down, across = (np.minimum(abs(at - to), 24 - abs(at - to)) for at, to in ((rows, 3), (columns, 5)))
    expected = np.hypot(down, across)
    near = expected < 6
    np.testing.assert_allclose(depth_in(mask)[near], expected[near])


def test_smoothing_goes_round_the_border_and_keeps_the_mean() -> None:
    tile = np.zeros((32, 32))
    tile[0, 0] = 1
    soft = smoothed(tile, 2)
    assert soft.sum() == pytest.approx(1)
    np.testing.assert_allclose([soft[0, 1], soft[-1, 0], soft[1, 0]], soft[0, -1])
    assert soft[0, 1] / soft[0, 0] == pytest.approx(np.exp(-1 / 8), rel=1e-3)
