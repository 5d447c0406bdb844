"""Depth and normals of pictures by depth-mini: of the embedded weights, and of any network at all."""

import numpy as np
import pytest
import torch

import kinoform_weights
from kinoform.conditioning.depth import depth_of, normals_of
from kinoform.models.depth_mini.network import STRIDE, DepthNet
from kinoform.models.depth_mini.predict import LONG_SIDE, DepthMini, guided, seen_size


def _embedded() -> bool:
    try:
        kinoform_weights.path("depth-mini")
    except FileNotFoundError:
        return False
    return True


trained = pytest.mark.skipif(not _embedded(), reason="depth-mini's weights are not among the embedded ones yet")

Pixels = np.ndarray


@pytest.fixture(scope="module")
def untrained() -> DepthMini:
    """Random weights, small."""
    torch.manual_seed(0)
    network = DepthNet(widths=(8, 8, 8, 8, 16), blocks=(1, 1, 1, 1, 1))
    return DepthMini(network)


def _picture(height: int, width: int) -> Pixels:
    rng = np.random.default_rng(0)
    down = np.linspace(40, 220, height)[:, None, None]
    return np.clip(down + rng.normal(0, 20, (height, width, 3)), 0, 255).astype(np.uint8)


def _floor() -> Pixels:
    """A chequered floor to the horizon, halfway up, below an even sky."""
    rows, columns = np.mgrid[:120, :160] + 0.5
    depth = 60 / np.maximum(rows - 60, 1e-3)
    checks = (np.floor(4 * depth) + np.floor((columns - 80) / 40 * depth)) % 2
    grey = np.where(rows < 60, 205, np.where(checks > 0, 150, 80))
    return np.repeat(grey[..., None], 3, axis=2).astype(np.uint8)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (16, 300), (97, 131), (640, 480)])
def test_answers_have_the_pictures_size_and_range(untrained: DepthMini, height: int, width: int) -> None:
    seen = untrained.see(_picture(height, width))
    assert seen.inverse_depth.shape == (height, width)
    assert seen.inverse_depth.dtype == seen.normals.dtype == np.float32
    assert seen.inverse_depth.min() >= 0
    assert seen.inverse_depth.max() <= 1
    assert np.allclose(np.linalg.norm(seen.normals, axis=2), 1, atol=1e-5)


def test_equal_pictures_give_equal_answers(untrained: DepthMini) -> None:
    first, again = (untrained.see(_picture(60, 80)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))


def test_the_number_of_threads_is_left_as_it_was(untrained: DepthMini) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        untrained.see(_picture(32, 32))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_mirrored_picture_gives_a_mirrored_answer(untrained: DepthMini) -> None:
    picture = _picture(96, 128)
    seen, mirrored = untrained.see(picture), untrained.see(np.ascontiguousarray(picture[:, ::-1]))
    assert np.allclose(mirrored.inverse_depth[:, ::-1], seen.inverse_depth, atol=1e-4)
    assert np.allclose(mirrored.normals[:, ::-1] * (-1, 1, 1), seen.normals, atol=1e-3)


def test_pictures_are_seen_in_multiples_of_the_stride() -> None:
    for width, height in ((16, 16), (741, 500), (10, 4000), (4000, 10)):
        across, down = seen_size(width, height)
        assert max(across, down) == LONG_SIDE
        assert across % STRIDE == down % STRIDE == 0
        assert min(across, down) >= STRIDE


def test_the_guided_filter_puts_edges_where_the_picture_has_them() -> None:
    whole = np.zeros((64, 64), np.float32)
    whole[:, 34:] = 1  # between two of the small picture's pixels
    small = whole.reshape(16, 4, 16, 4).mean(axis=(1, 3))
    found = guided(small[..., None], small, whole)[..., 0]
    assert np.abs(found - whole).max() < 0.05
    assert np.allclose(guided(np.full((16, 16, 2), 0.4, np.float32), small, whole), 0.4, atol=1e-5)


@trained
def test_a_floor_comes_nearer_downwards_and_faces_up() -> None:
    depth, normals = depth_of(_floor()), normals_of(_floor())
    rows = depth.mean(axis=1)
    assert rows[110] > rows[85] + 0.15
    assert rows[85] > rows[30]
    assert np.median(normals[80:, :, 1]) > 0.7


@trained
def test_the_embedded_model_beats_a_constant_plane_on_a_photograph() -> None:
    data = pytest.importorskip("skimage.data")
    left, _, disparity = data.stereo_motorcycle()
    valid = np.isfinite(disparity)
    columns = np.stack([depth_of(left)[valid], np.ones(valid.sum())], axis=1)
    weights, *_ = np.linalg.lstsq(columns, disparity[valid], rcond=None)
    assert (columns @ weights - disparity[valid]).std() < 0.85 * disparity[valid].std()
