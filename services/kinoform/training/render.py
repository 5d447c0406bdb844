"""The renderer: a clip is a deterministic function of (script, seed), in premultiplied alpha and without aliasing."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from kinoform.training import paths
from kinoform.training.captions import MOTIONS, Script
from kinoform.training.paths import Path
from kinoform.training.sprites import KEY_FRAMES, Sprites
from kinoform.training.stages import SIZE, pictures

SUPERSAMPLING = 2


class Renderer:
    """Draws clips from cached sprites."""

    def __init__(self, sprites: Sprites) -> None:
        rgba = torch.from_numpy(sprites).permute(0, 1, 4, 2, 3).float() / 255
        self._premultiplied = torch.cat([rgba[:, :, :3] * rgba[:, :, 3:], rgba[:, :, 3:]], dim=2)

    def clip(self, script: Script, seed: int, frames: int = paths.FRAMES) -> Tensor:
        """The first `frames` frames (3, l, 64, 64) in [-1, 1]; the seed moves the whole path."""
        canvas = pictures()[script.background].expand(frames, -1, -1, -1)
        for actor, way in zip(script.actors, ways(script, seed), strict=True):
            layer = self.layer(actor, _first(way, frames))
            canvas = layer[:, :3] + (1 - layer[:, 3:]) * canvas
        return canvas.clamp(0, 1).transpose(0, 1) * 2 - 1

    def layer(self, actor: int, way: Path) -> Tensor:
        """An actor alone on its way, (l, 4, 64, 64) in premultiplied alpha."""
        return place(self._premultiplied[actor, way.pose], way)

    def frames(self, count: int, rng: np.random.Generator, actors: Tensor, size: int) -> tuple[Tensor, Tensor]:
        """Crops of single frames for the autoencoder, (n, 3, size, size) in [-1, 1], and coverage (n, 1, size, size).

        `actors` (any number of indices into the cast) in all places, sizes, turns and key frames; each crop holds some
        of its actor, since what is hard to code is there.
        """
        chosen = actors[torch.from_numpy(rng.integers(0, len(actors), count))]
        sprites = self._premultiplied[chosen, torch.from_numpy(rng.integers(0, KEY_FRAMES, count))]
        way = Path(
            x=torch.from_numpy(rng.uniform(8, 56, count)),
            y=torch.from_numpy(rng.uniform(8, 56, count)),
            side=torch.from_numpy(rng.uniform(18, 50, count)),
            angle=torch.from_numpy(np.where(rng.random(count) < 0.6, 0, rng.uniform(-np.pi, np.pi, count))),
            pose=torch.zeros(count, dtype=torch.int64),
        )
        layer = place(sprites, way)
        backgrounds = pictures()[torch.from_numpy(rng.integers(0, len(pictures()), count))]
        plain = torch.from_numpy(rng.random((count, 3, 1, 1), dtype=np.float32))
        backgrounds = torch.where(torch.from_numpy(rng.random((count, 1, 1, 1)) < 0.2), plain, backgrounds)
        whole = torch.cat([(layer[:, :3] + (1 - layer[:, 3:]) * backgrounds).clamp(0, 1) * 2 - 1, layer[:, 3:]], dim=1)
        left, top = (_corner(centre, size, rng) for centre in (way.x, way.y))
        crops = torch.stack([each[:, t : t + size, u : u + size] for each, t, u in zip(whole, top, left, strict=True)])
        return crops[:, :3], crops[:, 3:]


def place(sprites: Tensor, way: Path) -> Tensor:
    """Premultiplied layers (l, 4, 64, 64) of sprites (l, 4, s, s) along a path of l frames."""
    scale = SIZE / way.side
    cos, sin = scale * torch.cos(way.angle), scale * torch.sin(way.angle)
    x, y = 2 * way.x / SIZE - 1, 2 * way.y / SIZE - 1
    theta = torch.stack([cos, sin, -cos * x - sin * y, -sin, cos, sin * x - cos * y], dim=1).view(-1, 2, 3)
    big = SIZE * SUPERSAMPLING
    grid = F.affine_grid(theta.float(), [len(scale), 4, big, big], align_corners=False)
    layer = F.grid_sample(sprites, grid, mode="bilinear", align_corners=False)
    return F.avg_pool2d(layer, SUPERSAMPLING)


def ways(script: Script, seed: int) -> list[Path]:
    """The path of each of a script's actors."""
    motion = list(MOTIONS)[script.motion]
    if len(script.actors) == 2:
        return list(paths.pair(motion))
    return [paths.path(motion, paths.SIDES[script.size], seed)]


def _first(way: Path, frames: int) -> Path:
    cut = {name: value[:frames] for name, value in (("x", way.x), ("y", way.y), ("side", way.side))}
    return Path(**cut, angle=way.angle[:frames], pose=way.pose[:frames])


def _corner(centre: Tensor, size: int, rng: np.random.Generator) -> list[int]:
    """Where crops begin, so that each holds its actor's centre or nearly so."""
    wanted = centre.numpy() - rng.uniform(0.2, 0.8, len(centre)) * size
    corners: list[int] = np.clip(wanted.round(), 0, SIZE - size).astype(int).tolist()
    return corners
