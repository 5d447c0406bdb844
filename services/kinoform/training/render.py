"""The renderer: a clip is a deterministic function of (triple, seed), in premultiplied alpha and without aliasing."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from kinoform.training.captions import BACKGROUNDS, MOTIONS, Triple
from kinoform.training.sprites import Sprites

FRAMES = 8
FRAMES_A_SECOND = 8
SIZE = 64
SUPERSAMPLING = 2
BASE = 40.0
"""Side of a sprite that neither grows nor shrinks, in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """Where the sprite is in each frame: centre x, y and side, in pixels of the 64-pixel frame; each (l,) float64."""

    x: Tensor
    y: Tensor
    side: Tensor


class Renderer:
    """Draws clips from cached sprites."""

    def __init__(self, sprites: Sprites) -> None:
        rgba = torch.from_numpy(sprites).permute(0, 1, 4, 2, 3).float() / 255
        self._premultiplied = torch.cat([rgba[:, :, :3] * rgba[:, :, 3:], rgba[:, :, 3:]], dim=2)

    def clip(self, triple: Triple, seed: int) -> Tensor:
        """The clip (3, 8, 64, 64) in [-1, 1]; the seed moves the path and the size by a few pixels."""
        track = plan(list(MOTIONS)[triple.motion], seed)
        colour = torch.tensor(list(BACKGROUNDS.values())[triple.background]) / 255
        return self.compose(self._premultiplied[triple.subject], track, colour)[0].transpose(0, 1) * 2 - 1

    def frames(self, count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Single frames for the autoencoder, (n, 3, 64, 64) in [-1, 1], and the sprites' coverage (n, 1, 64, 64).

        Sprites of all kinds, places and sizes; half over the palette's colours, half over any.
        """
        total = self._premultiplied.shape[0]
        kinds = rng.choice(total, count, p=_kind_weights(total))
        sprites = self._premultiplied[torch.from_numpy(kinds), torch.from_numpy(rng.integers(0, FRAMES, count))]
        track = Track(
            x=torch.from_numpy(rng.uniform(14, 50, count)),
            y=torch.from_numpy(rng.uniform(14, 50, count)),
            side=torch.from_numpy(rng.uniform(22, 54, count)),
        )
        palette = np.array(list(BACKGROUNDS.values())) / 255
        known = palette[rng.integers(0, len(palette), count)]
        colour = np.where(rng.random((count, 1)) < 0.6, known, rng.random((count, 3)))
        frames, coverage = self.compose(sprites, track, torch.from_numpy(colour).float())
        return frames * 2 - 1, coverage

    def compose(self, sprites: Tensor, track: Track, colour: Tensor) -> tuple[Tensor, Tensor]:
        """Frames (l, 3, 64, 64) in [0, 1], coverage (l, 1, 64, 64) of sprites (l, 4, s, s) over colour (3,) or (l, 3)."""
        scale = SIZE / track.side
        theta = torch.zeros(len(scale), 2, 3, dtype=torch.float64)
        theta[:, 0, 0] = theta[:, 1, 1] = scale
        theta[:, 0, 2] = -(2 * track.x / SIZE - 1) * scale
        theta[:, 1, 2] = -(2 * track.y / SIZE - 1) * scale
        big = SIZE * SUPERSAMPLING
        grid = torch.nn.functional.affine_grid(theta.float(), [len(scale), 4, big, big], align_corners=False)
        layer = torch.nn.functional.grid_sample(sprites, grid, mode="bilinear", align_corners=False)
        layer = torch.nn.functional.avg_pool2d(layer, SUPERSAMPLING)
        frames = layer[:, :3] + (1 - layer[:, 3:]) * colour.view(-1, 3, 1, 1)
        return frames.clamp(0, 1), layer[:, 3:]


def plan(motion: str, seed: int) -> Track:
    """The sprite's path for a motion: the same for all subjects, with some pixels' difference from seed to seed."""
    rng = np.random.default_rng([seed, 7])
    dx, dy = rng.uniform(-2.5, 2.5, 2)
    side = BASE + rng.uniform(-2, 2)
    t = torch.linspace(0, 1, FRAMES, dtype=torch.float64)
    x, y, sides = torch.full_like(t, 32 + dx), torch.full_like(t, 32 + dy), torch.full_like(t, side)
    sweep = 24 * (t - 0.5)
    match motion:
        case "moves to the left":
            x = x - sweep
        case "moves to the right":
            x = x + sweep
        case "moves up":
            y = y - sweep
        case "moves down":
            y = y + sweep
        case "bounces":
            y = y + 7 - 15 * (math.pi * 2 * t).sin().abs()
        case "grows":
            sides = sides + 20 * (t - 0.5)
        case "shrinks":
            sides = sides - 20 * (t - 0.5)
        case "stays still":
            pass
        case _:
            raise ValueError(f"no such motion: {motion!r}")
    return Track(x=x, y=y, side=sides)


def _kind_weights(total: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Three quarters of the frames show a subject, the others an emoji that only the autoencoder sees."""
    from_subjects = min(total, 12)
    weights = np.full(total, 0.25 / max(total - from_subjects, 1))
    weights[:from_subjects] = 0.75 / from_subjects
    return weights / weights.sum()
