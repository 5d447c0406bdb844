"""Normals, occlusion and seams of tiles whose answers are known."""

import numpy as np
import pytest

from kinoform.media.material.relief import cut_quietly, normal_from_height, occlusion_from_height, tileability
from tests.media.material.tiles import waves

SIDE = 64


def test_a_flat_tile_points_straight_up_and_is_open() -> None:
    flat = np.full((SIDE, SIDE), 0.7, np.float32)
    assert (normal_from_height(flat, 0.1, 1.0) == [0, 0, 1]).all()
    assert (occlusion_from_height(flat, 0.1, 1.0) == 1).all()


def test_normals_of_a_sine_are_those_of_its_central_differences() -> None:
    cycles, amplitude, size = 3, 0.05, 0.8
    normals = normal_from_height(waves(SIDE, cycles_x=cycles), amplitude, size)
    # sin(a + d) - sin(a - d) = 2 cos(a) sin(d), with half the amplitude since levels are in [0, 1].
    step = 2 * np.pi * cycles / SIDE
    slope = amplitude / 2 * np.cos(step * np.arange(SIDE)) * np.sin(step) / (size / SIDE)
    expected = np.stack([-slope, 0 * slope, np.ones(SIDE)], axis=-1)
    expected /= np.linalg.norm(expected, axis=-1, keepdims=True)
    np.testing.assert_allclose(normals, np.broadcast_to(expected, normals.shape), atol=2e-6)


def test_a_slope_that_rises_up_the_picture_leans_down_it() -> None:
    height = np.repeat(np.linspace(1, 0, SIDE, dtype=np.float32)[:, None], SIDE, axis=1)
    normals = normal_from_height(height, 0.1, 1.0)
    assert (normals[1:-1, :, 1] < 0).all()
    assert (normals[..., 0] == 0).all()


def test_what_follows_from_a_rolled_height_is_rolled() -> None:
    height = np.random.default_rng(0).random((SIDE, SIDE), np.float32)
    rolled = np.roll(height, (13, 40), axis=(0, 1))
    for function in (normal_from_height, occlusion_from_height):
        there = np.roll(function(height, 0.02, 1.0), (13, 40), axis=(0, 1))
        assert np.array_equal(function(rolled, 0.02, 1.0), there)


def test_grooves_are_darker_than_ridges_and_deep_ones_darker_yet() -> None:
    height = waves(SIDE, cycles_x=4)
    shallow, deep = occlusion_from_height(height, 0.02, 1.0), occlusion_from_height(height, 0.2, 1.0)
    groove, ridge = height < 0.02, height > 0.98
    assert deep[groove].mean() < shallow[groove].mean() < 0.99
    assert deep[ridge].min() > 0.99
    assert deep.min() >= 0


def test_a_periodic_map_tiles_and_a_crop_of_it_does_not() -> None:
    spectrum = np.fft.fft2(np.random.default_rng(0).standard_normal((256, 256)))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(256), np.fft.fftfreq(256)))
    periodic = np.fft.ifft2(spectrum * np.exp(-((frequency * 60) ** 2))).real
    for ratio in tileability(periodic):
        assert ratio == pytest.approx(1, abs=0.4)
    assert min(tileability(periodic[:150, :150])) > 5


def test_a_grid_is_cut_between_its_lines_and_nothing_but_rolled() -> None:
    """The border of a tiled floor is a joint; it may be cut through the middle of its tiles instead."""
    rng = np.random.default_rng(3)
    planes = (0.02 * rng.random((6, 64, 64))).astype(np.float32)
    planes[:, ::16, :] = 1
    planes[:, :, ::16] = 1
    assert min(tileability(np.moveaxis(planes[:3], 0, 2))) > 5
    cut = cut_quietly(planes)
    assert max(*tileability(np.moveaxis(cut[:3], 0, 2)), *tileability(cut[5])) <= 1
    rolls = [(down, across) for down in range(64) for across in range(64)]
    assert any(np.array_equal(np.roll(planes, by, axis=(1, 2)), cut) for by in rolls)


def test_seams_are_told_apart_by_direction() -> None:
    ramp = np.tile(np.arange(32.0), (32, 1))
    assert tileability(ramp) == (31, 1)
    assert tileability(ramp.T) == (1, 31)
    assert tileability(np.stack([ramp, ramp], axis=-1)) == (31, 1)
