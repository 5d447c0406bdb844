"""Between latents and tokens, and what keeps a row's bits from depending on its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from torch import Tensor

from kinoform.backbone.positions import Grid

Patch = tuple[int, int, int]
"""(pl, ph, pw), the latent places that make one token."""

ROW_BLOCK = 8
"""Rows of per-sample work are padded to a multiple of this: with fewer than 4 rows fp32 products round otherwise, and
activations do where the last numbers don't fill a processor's vectors."""


def grid_of(size: Sequence[int], patch: Patch) -> Grid:
    """The token grid of a latent of size (l, h, w). Raises ValueError where the patch does not divide it."""
    if any(length % step for length, step in zip(size, patch, strict=True)):
        raise ValueError(f"latent of size {tuple(size)} is not divisible into patches of {patch}")
    return size[0] // patch[0], size[1] // patch[1], size[2] // patch[2]


def patchify(latent: Tensor, patch: Patch) -> Tensor:
    """(b, c, l, h, w) → (b, tokens, pl * ph * pw * c)."""
    split = latent.unflatten(4, (-1, patch[2])).unflatten(3, (-1, patch[1])).unflatten(2, (-1, patch[0]))
    return split.permute(0, 2, 4, 6, 3, 5, 7, 1).flatten(4).flatten(1, 3)


def unpatchify(tokens: Tensor, grid: Grid, patch: Patch) -> Tensor:
    """(b, tokens, pl * ph * pw * c) → (b, c, l, h, w)."""
    split = tokens.unflatten(2, (*patch, -1)).unflatten(1, grid)
    return split.permute(0, 7, 1, 4, 2, 5, 3, 6).flatten(6, 7).flatten(4, 5).flatten(2, 3).contiguous()


def by_rows(layer: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Applies `layer` to (b, d) in such a way that a row's bits do not depend on b."""
    out = layer(F.pad(rows, (0, 0, 0, -rows.shape[0] % ROW_BLOCK)))
    return out[: rows.shape[0]]
