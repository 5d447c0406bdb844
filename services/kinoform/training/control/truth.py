"""Clips with the maps that describe them: what a studio's own tools would give for the same shot."""

import random
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kinoform.media.picture.edges import canny
from kinoform.training.captions import Script
from kinoform.training.paths import Path
from kinoform.training.render import Renderer
from kinoform.training.stages import pictures

LOW, HIGH = 100.0, 200.0
"""Canny's thresholds: those that the conditioning service takes where a request leaves them open."""
FINE = 4
"""Half of the maps of edges are found in pictures so many times larger, as those of real pictures are."""


class Truth(NamedTuple):
    """A clip and its maps; all uint8."""

    clip: Tensor
    """(3, l, h, w)."""
    edges: Tensor
    """(l, h, w), 0 or 255."""
    depth: Tensor
    """(l, h, w): relative inverse depth, near is white."""
    mask: Tensor
    """(l, h, w): the actor's coverage."""


def truth(renderer: Renderer, script: Script, way: Path, rng: random.Random) -> Truth:
    """A script's only actor on the way."""
    layer = renderer.layer(script.actors[0], way)
    alpha = layer[:, 3]
    drawn = (layer[:, :3] + (1 - layer[:, 3:]) * pictures()[script.background]).clamp(0, 1)
    clip = (drawn * 255).round().byte()
    return Truth(
        clip=clip.transpose(0, 1).contiguous(),
        edges=edges_of(clip, fine=rng.random() < 0.5),
        depth=(_depth(alpha, rng) * 255).round().byte(),
        mask=(alpha * 255).round().byte(),
    )


def edges_of(clip: Tensor, *, fine: bool) -> Tensor:
    """(l, h, w) uint8, 255 on edges, of pictures (l, 3, h, w) uint8; fine: as found in larger pictures."""
    size = clip.shape[2:]
    if fine:
        larger = (size[0] * FINE, size[1] * FINE)
        clip = F.interpolate(clip.float(), larger, mode="bicubic", align_corners=False).clamp(0, 255).byte()
    found = [canny(_pixels(frame), low=LOW, high=HIGH, aperture=3, blur=0.0) for frame in clip]
    lines = torch.from_numpy(np.stack(found))
    return F.adaptive_max_pool2d(lines.float(), size).byte() if fine else lines


def _depth(alpha: Tensor, rng: random.Random) -> Tensor:
    """(l, h, w) in [0, 1]: a ground that rises behind the actor, and the actor before it, bulging a little."""
    height = alpha.shape[1]
    far, near = sorted(rng.uniform(0, 0.55) for _ in range(2))
    ground = torch.linspace(far, near, height).view(1, -1, 1) if rng.random() < 0.7 else torch.tensor(far)
    front = rng.uniform(max(near + 0.1, 0.6), 1.0)
    bulge = F.avg_pool2d(alpha[:, None], 11, stride=1, padding=5)[:, 0]
    actor = front - 0.15 * (1 - bulge)
    return (alpha * actor + (1 - alpha) * ground).clamp(0, 1)


def _pixels(frame: Tensor) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.ascontiguousarray(frame.permute(1, 2, 0).numpy())
