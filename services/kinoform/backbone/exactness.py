"""Whether rows of a batch come out in the same bits whatever the batch: measured, since it depends on the machine."""

from __future__ import annotations

import torch
from torch import Tensor

from kinoform.backbone.denoiser import VideoDenoiser

BATCH_SIZES = (1, 2, 3, 4, 8)


@torch.no_grad()
def rows_are_exact(denoiser: VideoDenoiser, size: tuple[int, int, int], text_length: int) -> bool:
    """Runs random rows together and in smaller batches, and compares their bits.

    Args:
        size: (l, h, w) of the latent that will be asked for.
        text_length: tokens of text in each row.
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

    def predict(count: int) -> Tensor:
        given = None if condition is None else condition[:count]
        out: Tensor = denoiser(
            latent[:count], time[:count], text[:count], mask[:count], condition=given, return_dict=False
        )[0]
        return out

    together = predict(rows)
    return all(torch.equal(predict(count), together[:count]) for count in BATCH_SIZES)
