"""The renderer draws what the script says, and the same each time."""

import numpy as np
import pytest
import torch
from torch import Tensor

from kinoform.training.captions import MOTIONS, SIZES, Script
from kinoform.training.paths import FRAMES, SIDES, path
from kinoform.training.render import Renderer
from kinoform.training.stages import BACKGROUNDS, SIZE, pictures


def track(clip: Tensor, background: int) -> Tensor:
    """(l, 3): centroid x, y and the square root of the area of what differs from the background."""
    mass = (clip - (pictures()[background] * 2 - 1)[:, None]).abs().sum(dim=0)
    axis = torch.arange(SIZE) + 0.5
    total = mass.sum(dim=(1, 2))
    x, y = (mass.sum(dim=1) * axis).sum(dim=1) / total, (mass.sum(dim=2) * axis).sum(dim=1) / total
    return torch.stack([x, y, (mass > 0.1).sum(dim=(1, 2)).float().sqrt()], dim=1)


def test_a_clip_depends_on_its_script_and_seed_alone(renderer: Renderer) -> None:
    script = Script((2,), 4, 5)
    assert renderer.clip(script, 7).equal(renderer.clip(script, 7))
    assert any(not renderer.clip(script, 7).equal(renderer.clip(script, seed)) for seed in range(8, 12))


def test_a_keyframe_is_the_clips_first_frame(renderer: Renderer) -> None:
    script = Script((1, 2), 7, 9)
    assert renderer.clip(script, 3, 1).allclose(renderer.clip(script, 3)[:, :1], atol=1e-6)


@pytest.mark.parametrize("background", [1, 9])
def test_a_clip_is_in_range_and_shows_its_background(renderer: Renderer, background: int) -> None:
    clip = renderer.clip(Script((0,), 11, background), 0)
    assert clip.shape == (3, FRAMES, SIZE, SIZE)
    assert clip.min() >= -1
    assert clip.max() <= 1
    corner = (clip[:, :, 0, 0] + 1) / 2
    assert corner.allclose(pictures()[background, :, 0, 0, None].expand_as(corner), atol=1e-6)


@pytest.mark.parametrize("motion", ["moves to the left", "moves up", "bounces", "flies in a circle", "swings"])
def test_the_actor_follows_its_path(renderer: Renderer, motion: str) -> None:
    script = Script((0,), list(MOTIONS).index(motion), 0)
    seen, way = track(renderer.clip(script, 1), 0), path(motion, SIDES[script.size], 1)
    moved = torch.stack([way.x - way.x[0], way.y - way.y[0]], dim=1)
    assert (seen[:, :2] - seen[0, :2] - moved).abs().max() < 3


def test_sizes_come_out_as_said(renderer: Renderer) -> None:
    still = list(MOTIONS).index("stays still")
    small, medium, big = (track(renderer.clip(Script((0,), still, 0, n), 1), 0)[0, 2] for n in range(len(SIZES)))
    assert small * 1.2 < medium < big / 1.2


def test_two_actors_stand_apart(renderer: Renderer) -> None:
    clip = renderer.clip(Script((0, 1), list(MOTIONS).index("stays still"), 0), 0)
    covered = (clip - clip[:, :, :1, :1]).abs().amax(dim=(0, 1)) > 0.1
    columns = covered.any(dim=0)
    assert columns[:30].any()
    assert columns[34:].any()
    assert not columns[31:33].any()


def test_an_edge_is_no_harder_than_the_sprites_own(renderer: Renderer) -> None:
    """Half-covered pixels lie between the two colours: coverage is in (0, 1) along the rim, 0 and 1 elsewhere."""
    crops, coverage = renderer.frames(8, np.random.default_rng(0), torch.tensor([0, 1]), 32)
    assert crops.shape == (8, 3, 32, 32)
    assert (coverage.amax(dim=(1, 2, 3)) > 0.5).all()
    rim = ((coverage > 0.02) & (coverage < 0.98)).sum() / (coverage > 0.5).sum()
    assert 0 < rim < 0.5


def test_every_background_is_a_picture_of_its_own() -> None:
    pixels = pictures()
    assert pixels.shape == (len(BACKGROUNDS), 3, SIZE, SIZE)
    apart = torch.cdist(pixels.flatten(1), pixels.flatten(1)) + 1e3 * torch.eye(len(pixels))
    # of 0..1, a tenth on average
    assert apart.min() > 0.1 * (3 * SIZE * SIZE) ** 0.5
