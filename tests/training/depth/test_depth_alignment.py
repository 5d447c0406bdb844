"""Errors and losses of relative depth: what they forgive, and what they do not."""

import numpy as np
import pytest
import torch

from kinoform.training.depth.align import aligned, constant_plane, errors, median_angle, tilted_plane
from kinoform.training.depth.augment import mirrored, spoilt
from kinoform.training.depth.losses import gradient_loss, losses, standardised


@pytest.fixture
def truth() -> np.ndarray:
    """(24, 32) positive inverse depths, nearer below."""
    rng = np.random.default_rng(0)
    return np.linspace(0.2, 2, 24)[:, None] + 0.3 * rng.random((24, 32))


def test_alignment_finds_any_scale_and_shift(truth: np.ndarray) -> None:
    valid = np.random.default_rng(1).random(truth.shape) < 0.7
    found = aligned(3 * truth - 7, truth, valid)
    assert np.allclose(found, truth)
    noisy = truth + 0.1 * np.random.default_rng(2).normal(size=truth.shape)
    assert np.allclose(aligned(noisy, truth, valid), aligned(0.01 * noisy + 40, truth, valid))


def test_what_is_not_valid_does_not_count(truth: np.ndarray) -> None:
    valid = np.ones(truth.shape, bool)
    valid[:4] = False
    spoiled = np.where(valid, truth, 1e6)
    assert errors(aligned(truth, spoiled, valid), spoiled, valid).rmse == pytest.approx(0, abs=1e-9)


def test_planes_reach_what_planes_can(truth: np.ndarray) -> None:
    valid = np.ones(truth.shape, bool)
    assert errors(constant_plane(truth, valid), truth, valid).rmse == pytest.approx(truth.std())
    tilted = errors(tilted_plane(truth, valid), truth, valid).rmse
    assert tilted == pytest.approx(0.3 / np.sqrt(12), rel=0.1)
    plane = np.add.outer(0.5 * np.arange(24), 0.1 * np.arange(32)) + 1
    assert np.allclose(tilted_plane(plane, valid), plane)


def test_errors_are_those_of_their_definitions() -> None:
    truth = np.array([[1.0, 2.0], [4.0, 1.0]])
    found = np.array([[1.2, 2.0], [2.0, -1.0]])
    result = errors(found, truth, np.array([[True, True], [True, False]]))
    assert result.rmse == pytest.approx(np.sqrt((0.04 + 4) / 3))
    assert result.within == pytest.approx(2 / 3)
    assert result.abs_rel == pytest.approx((1 - 1 / 1.2 + 0 + 1) / 3)
    assert errors(found, truth, np.ones((2, 2), bool)).abs_rel == pytest.approx((1 - 1 / 1.2 + 0 + 1 + 24) / 4)


def test_angles_are_in_degrees() -> None:
    facing = np.tile(np.array([0.0, 0, 1]), (4, 4, 1))
    tipped = np.tile(np.array([np.sin(0.5), 0, np.cos(0.5)]), (4, 4, 1))
    assert median_angle(tipped, facing, np.ones((4, 4), bool)) == pytest.approx(np.degrees(0.5))


def test_the_loss_forgives_scale_and_shift_and_nothing_else() -> None:
    torch.manual_seed(0)
    truth, normals = torch.rand(2, 32, 48) + 0.1, torch.nn.functional.normalize(torch.randn(2, 3, 32, 48), dim=1)
    perfect = losses(5 * truth - 3, 0.3 * normals, truth, normals)
    assert perfect.total.item() == pytest.approx(0, abs=1e-5)
    upside_down = losses(-truth, normals, truth, normals)
    assert upside_down.depth.item() > 0.5
    assert upside_down.normals.item() == pytest.approx(0, abs=1e-5)
    averse = losses(truth, -normals, truth, normals)
    assert averse.normals.item() == pytest.approx(2, abs=1e-5)
    assert averse.depth.item() == pytest.approx(0, abs=1e-5)
    blurred = torch.nn.functional.avg_pool2d(truth, 5, stride=1, padding=2)
    assert losses(blurred, normals, truth, normals).gradient.item() > 0.2


def test_the_sky_has_no_normals_to_be_judged() -> None:
    truth, normals = torch.rand(1, 16, 16) + 0.1, torch.nn.functional.normalize(torch.randn(1, 3, 16, 16), dim=1)
    known = normals.clone()
    known[..., :8, :] = 0
    wrong_above = normals.clone()
    wrong_above[..., :8, :] *= -1
    assert losses(truth, wrong_above, truth, known).normals.item() == pytest.approx(0, abs=1e-5)


def test_standardised_depths_are_the_same_for_any_scale_and_shift() -> None:
    depth = torch.rand(3, 8, 8, dtype=torch.float64)
    assert standardised(depth, 0).allclose(standardised(40 * depth - 2, 0))
    flat = torch.full((1, 8, 8), 0.5) + 1e-4 * torch.rand(1, 8, 8)
    assert standardised(flat, 0.03).abs().max() < 0.01  # a wall seen straight on is no scene full of depth


def test_the_gradient_loss_sees_slopes_at_every_size() -> None:
    assert gradient_loss(torch.full((1, 32, 32), 3.0)).item() == 0
    ramp = torch.arange(32.0).expand(1, 32, 32)
    assert gradient_loss(ramp).item() == pytest.approx((1 + 2 + 4 + 8) / 4)


def test_a_mirror_swaps_left_and_right_of_normals() -> None:
    normals = np.zeros((2, 3, 3), np.int8)
    normals[0, 0] = (100, 50, 60)
    turned = mirrored(normals)
    assert turned[0, 2].tolist() == [-100, 50, 60]
    assert np.array_equal(mirrored(turned), normals)


def test_spoilt_pictures_stay_pictures() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    spoiled = [spoilt(picture, np.random.default_rng(seed)) for seed in range(24)]
    assert all(each.shape == picture.shape and each.dtype == np.uint8 for each in spoiled)
    assert len({each.tobytes() for each in spoiled}) == 24
    assert any((each == each[..., :1]).all() for each in spoiled)  # grey ones, too
