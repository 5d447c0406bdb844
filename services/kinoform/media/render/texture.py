"""Textures as a shader reads them: filtered, repeated, in linear numbers."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Picture
from kinoform.media.render.tone import from_srgb

Floats = npt.NDArray[np.float32]

MAX_SIDE = 2048
"""Pixels; of larger pictures the halved ones are read, since no frame shows more."""
_HALF = np.float32(0.5)
_LINEAR = np.linspace(0, 1, 256, dtype=np.float32)
_DECODED = from_srgb(_LINEAR)


@dataclass(frozen=True, slots=True, eq=False)
class Texture:
    """A pyramid of pictures, each half as wide and high as the one before (Williams 1983)."""

    texels: Floats
    """(t, 3), all levels one behind the other."""
    starts: npt.NDArray[np.int64]
    """(levels,) the first texel of each."""
    sizes: npt.NDArray[np.int64]
    """(levels, 2) height and width."""

    @classmethod
    def of(cls, picture: Picture, *, srgb: bool) -> Self:
        """picture: uint8 (h, w, 3). srgb: decode to linear light; else the numbers are 0 to 1 as they stand."""
        level = (_DECODED if srgb else _LINEAR)[picture]
        levels = []
        while True:
            if max(level.shape) <= MAX_SIDE:
                levels.append(level)
            if max(level.shape[:2]) == 1:
                break
            level = _halved(level)
        sizes = np.array([level.shape[:2] for level in levels], np.int64)
        starts = np.concatenate([[0], np.cumsum(sizes.prod(axis=1))[:-1]])
        return cls(np.concatenate([level.reshape(-1, 3) for level in levels]), starts, sizes)

    def sample(self, uvs: Floats, footprint: Floats) -> Floats:
        """(n, 3), bilinear on the level whose texels are about as large as what a pixel sees; repeats beyond [0, 1].

        uvs: (n, 2), origin bottom-left. footprint: (n,) the width of a pixel in UV units.
        """
        texels = np.maximum(footprint * np.float32(self.sizes[0].max()), 1)
        level = np.clip(np.rint(np.log2(texels)), 0, len(self.sizes) - 1).astype(np.int64)
        height, width = self.sizes[level].T
        x = uvs[:, 0] * width - np.float32(0.5)
        y = (1 - uvs[:, 1]) * height - np.float32(0.5)
        left, top = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
        across, down = (x - left).astype(np.float32)[:, None], (y - top).astype(np.float32)[:, None]
        columns, next_columns = left % width, (left + 1) % width
        rows = self.starts[level] + (top % height) * width
        next_rows = self.starts[level] + ((top + 1) % height) * width
        upper = self.texels[rows + columns] * (1 - across) + self.texels[rows + next_columns] * across
        lower = self.texels[next_rows + columns] * (1 - across) + self.texels[next_rows + next_columns] * across
        return upper * (1 - down) + lower * down


def _halved(level: Floats) -> Floats:
    if level.shape[0] > 1:
        level = (level[0 : level.shape[0] // 2 * 2 : 2] + level[1::2]) * _HALF
    if level.shape[1] > 1:
        level = (level[:, 0 : level.shape[1] // 2 * 2 : 2] + level[:, 1::2]) * _HALF
    return level
