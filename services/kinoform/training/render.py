"""The renderer: a clip is a deterministic function of (triple, seed), in premultiplied alpha and without aliasing."""

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
STARTS = ((-4.0, -4.0), (4.0, 4.0), (4.0, -4.0), (-4.0, 4.0))
"""Where a path may lie, in pixels off the middle."""
PACE = 4.0
"""Pixels a frame. Paths stay on a grid of half a latent's width: what varies freely takes far longer to learn."""
POSES = (0, 0, 4, 4, 0, 0, 4, 4)
"""The key frame shown in each frame of a clip."""


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
        """The clip (3, 8, 64, 64) in [-1, 1]; the seed moves the path by a few pixels."""
        track = plan(list(MOTIONS)[triple.motion], seed)
        colour = torch.tensor(list(BACKGROUNDS.values())[triple.background]) / 255
        return self.compose(self._premultiplied[triple.subject, list(POSES)], track, colour)[0].transpose(0, 1) * 2 - 1

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
        """Frames (l, 3, 64, 64) in [0, 1], coverage (l, 1, 64, 64) of sprites (l, 4, s, s) over colour (3,), (l, 3)."""
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
    """The sprite's path for a motion: the same for all subjects; the seed chooses among STARTS."""
    dx, dy = STARTS[seed % len(STARTS)]
    frame = torch.arange(FRAMES, dtype=torch.float64)
    x, y, sides = torch.full_like(frame, 32 + dx), torch.full_like(frame, 32 + dy), torch.full_like(frame, BASE)
    sweep = PACE * (frame - FRAMES / 2)
    step = 8 * (frame // 2) - 12
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
            y = y + PACE * torch.tensor([2, -1, -3, -1] * 2, dtype=torch.float64)
        case "grows":
            sides = sides + step
        case "shrinks":
            sides = sides - step
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
