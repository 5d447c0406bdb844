"""A grain-mini folder with tiny random weights: all parts, no training."""

from pathlib import Path

import torch
from torch import nn

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.models.grain_mini.refiner import LatentRefiner
from kinoform.models.grain_mini.windows import PHASE_CHANNELS, TOKEN

CHANNELS = 4


def write_tiny_grain(folder: Path, *, cond_channels: int = PHASE_CHANNELS) -> Path:
    """Writes the three parts into `folder`."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        autoencoder = MaterialAutoencoder(
            latent_channels=CHANNELS, widths=(8, 8), encoder_depths=(1, 1), decoder_depths=(1, 1)
        )
        denoiser = VideoDenoiser(
            channels=CHANNELS, cond_channels=cond_channels, patch=(1, TOKEN, TOKEN), dim=32, depth=2, heads=2
        )
        refiner = LatentRefiner(channels=CHANNELS, width=8, depth=1)
        for parameter in (*denoiser.parameters(), *refiner.parameters()):  # fresh ones are silent: they answer zero
            nn.init.normal_(parameter, std=0.15)
    autoencoder.save_pretrained(folder / "autoencoder")
    denoiser.save_pretrained(folder / "denoiser")
    refiner.save_pretrained(folder / "refiner")
    return folder
