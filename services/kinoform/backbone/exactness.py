"""Whether rows of a batch come out in the same bits whatever the batch: measured, since it depends on the machine."""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor

from kinoform.backbone.control import ControlBranch
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.patches import grid_of

BATCH_SIZES = (1, 2, 3, 4, 8)


@torch.no_grad()
def rows_are_exact(
    denoiser: VideoDenoiser, size: tuple[int, int, int], text_length: int, branch: ControlBranch | None = None
) -> bool:
    """Runs random rows together and in smaller batches, and compares their bits.

    Args:
        size: (l, h, w) of the latent that will be asked for.
        text_length: tokens of text in each row.
        branch: steers every row, by random tokens.
    """
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator).to(denoiser.device, denoiser.dtype)

    config = denoiser.config
    rows = max(BATCH_SIZES)
    latent = draw(rows, config.channels, *size)
    condition = draw(rows, config.cond_channels, *size) if config.cond_channels else None
    text = draw(rows, text_length, config.text_dim)
    mask = torch.arange(text_length, device=denoiser.device) < 2 + torch.arange(rows, device=denoiser.device)[:, None]
    time = torch.linspace(0, 1000, rows, device=denoiser.device)

    grid = grid_of(size, tuple(config.patch))
    tokens = None if branch is None else draw(rows, 1, prod(grid), branch.config.dim)

    def predict(count: int) -> Tensor:
        given = None if condition is None else condition[:count]
        steer = None
        if branch is not None and tokens is not None:
            steer = branch.steer(tokens[:count], torch.ones(count, 1, device=tokens.device), grid)
        out: Tensor = denoiser(
            latent[:count], time[:count], text[:count], mask[:count], condition=given, steer=steer, return_dict=False
        )[0]
        return out

    together = predict(rows)
    return all(torch.equal(predict(count), together[:count]) for count in BATCH_SIZES)
