"""The renderer draws what the caption says, and the same each time."""

import numpy as np
import pytest
import torch
from torch import Tensor

from kinoform.training.captions import BACKGROUNDS, MOTIONS, Triple
from kinoform.training.render import FRAMES, SIZE, Renderer, plan


def track(renderer: Renderer, motion: str, seed: int) -> Tensor:
    """(l, 3): centroid x, y and the square root of the area of what differs from the corner's colour."""
    clip = renderer.clip(Triple(0, list(MOTIONS).index(motion), 0), seed)
    mass = (clip - clip[:, :, :1, :1]).abs().sum(dim=0)
    axis = torch.arange(SIZE) + 0.5
    total = mass.sum(dim=(1, 2))
    x, y = (mass.sum(dim=1) * axis).sum(dim=1) / total, (mass.sum(dim=2) * axis).sum(dim=1) / total
    return torch.stack([x, y, (mass > 0.1).sum(dim=(1, 2)).float().sqrt()], dim=1)


def test_a_clip_depends_on_its_triple_and_seed_alone(renderer: Renderer) -> None:
    triple = Triple(2, 4, 5)
    assert renderer.clip(triple, 7).equal(renderer.clip(triple, 7))
    assert not renderer.clip(triple, 7).equal(renderer.clip(triple, 8))


def test_a_clip_is_in_range_and_shows_its_background(renderer: Renderer) -> None:
    clip = renderer.clip(Triple(0, 7, 1), 0)
    assert clip.shape == (3, FRAMES, SIZE, SIZE)
    assert clip.min() >= -1
    assert clip.max() <= 1
    corner = (clip[:, :, 0, 0] + 1) * 127.5
    assert torch.allclose(corner, torch.tensor(BACKGROUNDS["navy blue"]).float()[:, None].expand_as(corner), atol=0.01)


@pytest.mark.parametrize(
    ("motion", "x", "y", "size"),
    [
        ("moves to the left", -28, 0, 0),
        ("moves to the right", 28, 0, 0),
        ("moves up", 0, -28, 0),
        ("moves down", 0, 28, 0),
        ("grows", 0, 0, 1),
        ("shrinks", 0, 0, -1),
        ("stays still", 0, 0, 0),
    ],
)
def test_motions_go_where_they_say(renderer: Renderer, motion: str, x: float, y: float, size: float) -> None:
    first, last = track(renderer, motion, 1)[[0, -1]]
    moved = last - first
    assert moved[0] == pytest.approx(x, abs=3)
    assert moved[1] == pytest.approx(y, abs=3)
    assert moved[2].sign() * (moved[2].abs() > 4) == size


def test_a_bounce_rises_and_comes_back_twice(renderer: Renderer) -> None:
    height = -track(renderer, "bounces", 1)[:, 1]
    assert (height[[2, 6]] - height[[0, 4]] > 12).all()
    assert height[[3, 7]].max() < height[[2, 6]].min()


def test_an_unknown_motion_is_refused() -> None:
    with pytest.raises(ValueError, match="somersaults"):
        plan("somersaults", 0)


def test_an_edge_is_no_harder_than_the_sprites_own(renderer: Renderer) -> None:
    """Half-covered pixels lie between the two colours: coverage is in (0, 1) along the rim, 0 and 1 elsewhere."""
    _, coverage = renderer.frames(4, np.random.default_rng(0))
    rim = ((coverage > 0.02) & (coverage < 0.98)).sum() / (coverage > 0.5).sum()
    assert 0 < rim < 0.5
