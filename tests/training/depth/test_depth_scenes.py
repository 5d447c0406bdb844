"""Rendered depth and normals against exact answers, and what scenes are made of."""

import numpy as np
import pytest

from kinoform.training.depth.bank import Bank
from kinoform.training.depth.camera import Eye, looking
from kinoform.training.depth.meshes import MOST, ball, box, primitive, shape_thing, smooth_normals
from kinoform.training.depth.pieces import Finish, any_finish, placed, rectangle, tumbled
from kinoform.training.depth.shade import looked_up
from kinoform.training.depth.stage import furnished
from kinoform.training.depth.tiles import LEVELS, SIDE, marks_tile, pyramid, tile
from kinoform.training.depth.views import as_sample, samples
from kinoform.training.depth.world import Sight, World

PLAIN = Finish()
WIDE = np.radians(60)


@pytest.fixture(scope="module")
def bank() -> Bank:
    """Two solids and two tiles."""
    tiles = np.stack([tile(np.random.default_rng(seed)) for seed in (1, 2)])
    return Bank([shape_thing(3), shape_thing(4)], [None, 0.8], [None, "made#up"], pyramid(tiles))


def test_a_sphere_is_as_deep_as_geometry_says() -> None:
    world = World(placed(ball(5), 1.0, np.eye(3), (0, 0, 0), PLAIN))
    eye = looking((0, 0, 3), (0, 0, 0), WIDE)
    sight = world.seen(eye, 96, 96)
    rays = eye.rays(96, 96).astype(np.float64)
    # |eye + t ray| = 1 / 2; the outermost rays graze facets, where a sphere of triangles is none
    a, b, c = (rays**2).sum(axis=1), 2 * rays @ (0, 0, 3), 9 - 0.25
    inside = b * b - 4 * a * c
    well = inside > 0.1 * inside.max()
    t = (-b - np.sqrt(np.maximum(inside, 0))) / (2 * a)
    assert 500 < well.sum() < np.isfinite(sight.depth).sum() < 96 * 96 / 2
    assert np.abs(sight.depth - t)[well].max() < 1e-3
    exact = 2 * (np.array([0, 0, 3]) + t[:, None] * rays)
    assert np.abs(sight.normals - exact)[well].max() < 0.02


def test_a_plane_is_as_deep_as_geometry_says() -> None:
    world = World(rectangle((-50, 0, 50), (100, 0, 0), (0, 0, -100), PLAIN))
    eye = looking((0, 1.5, 0), (0, 0.5, -3), WIDE, roll=0.1)
    sight = world.seen(eye, 64, 48)
    down = eye.rays(64, 48)[:, 1].astype(np.float64)
    exact = np.where(down < 0, -1.5 / np.minimum(down, -1e-9), np.inf)
    struck = np.isfinite(sight.depth)
    assert 0.5 < struck.mean() < 1
    near = exact < 40
    assert np.abs(sight.depth[near] / exact[near] - 1).max() < 1e-3
    assert np.abs(sight.normals[struck] - (0, 1, 0)).max() < 1e-6
    turned = eye.turned(sight.normals[struck][:1])[0]
    assert turned @ eye.turned(np.array([[0, 1, 0]], np.float32))[0] == pytest.approx(1)
    assert turned[1] > 0.9  # the ground faces up
    assert turned[2] > 0.2  # and the viewer, who looks down on it


def test_normals_agree_with_the_slope_of_the_depth() -> None:
    rng = np.random.default_rng(3)
    world = World(placed(box(), (1, 0.7, 1.4), tumbled(rng), (0, 0, 0), PLAIN))
    eye = looking((0.4, 1.1, 2.2), (0, 0, 0), WIDE)
    sight = world.seen(eye, 96, 96)
    points = eye.rays(96, 96).reshape(96, 96, 3) * np.where(np.isfinite(sight.depth), sight.depth, 0).reshape(96, 96, 1)
    across, down = np.diff(points, axis=1)[:-1], np.diff(points, axis=0)[:, :-1]
    slope = np.cross(down, across)
    slope /= np.maximum(np.linalg.norm(slope, axis=2, keepdims=True), 1e-12)
    facing = sight.normals.reshape(96, 96, 3)
    same = sight.triangle.reshape(96, 96)
    flat = (same[:-1, :-1] >= 0) & (same[:-1, :-1] == same[:-1, 1:]) & (same[:-1, :-1] == same[1:, :-1])
    cosine = np.einsum("hwi,hwi->hw", slope, facing[:-1, :-1])[flat]
    assert flat.sum() > 500
    assert cosine.min() > 0.999


def test_what_is_seen_from_behind_faces_the_viewer_too() -> None:
    world = World(rectangle((-1, -1, 0), (2, 0, 0), (0, 2, 0), PLAIN))
    for side in (2.0, -2.0):
        sight = world.seen(looking((0, 0, side), (0, 0, 0), WIDE), 8, 8)
        assert sight.normals[27].tolist() == [0, 0, np.sign(side)]


def test_a_stored_sample_says_what_was_seen() -> None:
    world = World(rectangle((-1, -1, 0), (2, 0, 0), (0, 2, 0), PLAIN))
    eye = looking((0, 0, 2), (0, 0, 0), WIDE)
    sight: Sight = world.seen(eye, 32, 32)
    sample = as_sample(np.zeros((32, 32, 3), np.uint8), sight, eye)
    assert sample.inverse_depth[16, 16] == np.float16(0.5)
    assert sample.normals[16, 16].tolist() == [0, 0, 127]
    assert sample.inverse_depth[0, 0] == 0
    assert not sample.normals[0, 0].any()


def test_a_camera_has_its_field_of_view_across_the_longer_side() -> None:
    eye: Eye = looking((0, 0, 0), (0, 0, -1), WIDE)
    rays = eye.rays(200, 100).reshape(100, 200, 3)
    assert rays[50, -1, 0] == pytest.approx(np.tan(WIDE / 2) * (1 - 1 / 200), rel=1e-5)
    assert rays[0, 100, 1] == pytest.approx(np.tan(WIDE / 2) * (50 - 0.5) / 100, rel=1e-5)


def test_scenes_are_functions_of_their_seed(bank: Bank) -> None:
    first, again, other = (next(samples(seed, bank, side=48, cameras=1)) for seed in (5, 5, 6))
    assert all(np.array_equal(a, b) for a, b in zip(first[0], again[0], strict=True))
    assert not np.array_equal(first[0].picture, other[0].picture)
    assert set(first[1]) <= {"made#up"}


def test_pictures_are_lit_and_have_depth(bank: Bank) -> None:
    made = [sample for seed in range(6) for sample, _ in samples(seed, bank, side=48, cameras=2)]
    assert all(5 < sample.picture.mean() < 250 for sample in made)
    depths = np.stack([sample.inverse_depth.astype(np.float32) for sample in made])
    spread = np.ptp(depths, axis=(1, 2)) / depths.max(axis=(1, 2))
    assert np.median(spread) > 0.3
    lengths = np.linalg.norm(np.stack([sample.normals for sample in made]).astype(np.float32), axis=-1)
    assert (np.abs(lengths[lengths > 0] - 127) < 2).all()
    assert ((lengths == 0) == (depths < 1e-4)).mean() > 0.999


def test_things_are_small_and_of_length_one(bank: Bank) -> None:
    things = [*bank.things, *(primitive(np.random.default_rng(seed)) for seed in range(8))]
    for thing in things:
        assert 12 <= len(thing.corners) <= MOST
        box_of = thing.corners.reshape(-1, 3)
        assert np.ptp(box_of, axis=0).max() == pytest.approx(1, abs=1e-5)
        assert np.allclose(np.linalg.norm(thing.normals, axis=2), 1, atol=1e-4)


def test_balls_are_smooth_and_boxes_are_not() -> None:
    round_thing, square = ball(), box()
    outward = round_thing.corners / np.linalg.norm(round_thing.corners, axis=2, keepdims=True)
    assert np.einsum("mci,mci->mc", outward, round_thing.normals).min() > 0.99
    assert np.sort(np.abs(square.normals), axis=2)[..., :2].max() < 1e-6
    vertices = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0.1], [0, 1, 0.4]])
    same = smooth_normals(vertices, np.array([[0, 1, 2], [0, 2, 3]]))
    turned = smooth_normals(vertices, np.array([[0, 1, 2], [0, 3, 2]]))
    assert np.allclose(same[0], turned[0])
    assert np.allclose(same[1, 0], -turned[1, 0])


def test_textures_are_read_bilinearly_from_the_level_that_fits() -> None:
    rng = np.random.default_rng(0)
    tiles = np.stack([marks_tile(rng), np.full((SIDE, SIDE, 3), 255, np.uint8)])
    texels = pyramid(tiles)
    assert texels.shape == (2, sum((SIDE >> level) ** 2 for level in range(LEVELS)), 3)
    middle = (np.array([[7, 3]], np.float32) + 0.5) / SIDE
    fine = looked_up(texels, np.array([0]), middle, np.ones(1, np.float32))
    encoded = tiles[0, 3, 7] / 255.0
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    assert np.allclose(fine[0], linear, atol=1e-5)
    anywhere, far = rng.random((20, 2), np.float32), np.full(20, 1e6, np.float32)
    coarse = looked_up(texels, np.zeros(20, int), anywhere, far)
    mean = tiles[0].reshape(-1, 3).mean(axis=0) / 255
    assert np.allclose(coarse ** (1 / 2.3), mean, atol=0.05)
    assert np.allclose(looked_up(texels, np.ones(20, int), anywhere, far), 1)


def test_stages_have_room_for_cameras(bank: Bank) -> None:
    stages = [furnished(np.random.default_rng(seed), bank) for seed in range(12)]
    assert {stage.roofed for stage in stages} == {True, False}
    for stage in stages:
        assert 3 <= len(stage.spots) <= 10
        assert stage.height >= 2.2
        assert np.isfinite(stage.piece.corners).all()
        lowest = stage.piece.corners[..., 1].min()
        assert lowest > -60  # hills and balls may stick in the ground, nothing is far below it


def test_finishes_name_tiles_that_are_there() -> None:
    rng = np.random.default_rng(1)
    finishes = [any_finish(rng, 3, textured=0.5) for _ in range(60)]
    assert {finish.tile for finish in finishes} == {-1, 0, 1, 2}
