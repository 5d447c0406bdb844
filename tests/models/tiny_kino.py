"""A kino-mini folder with tiny random weights: every part, no training. `python -m tests.models.tiny_kino FOLDER`."""

import sys
from pathlib import Path

import torch

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.schedules import Prediction


def write_tiny_kino(folder: Path, *, seed: int = 0, cond_channels: int = 5, prediction: Prediction = "x0") -> Path:
    """Writes autoencoder/ and denoiser/ into `folder`; frames are multiples of 2, sides of 16 pixels."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        autoencoder = VideoAutoencoder(
            latent_channels=4, widths=(8, 8, 8), encoder_depths=(1, 1, 1), decoder_depths=(1, 1, 1)
        )
        denoiser = VideoDenoiser(
            channels=4,
            cond_channels=cond_channels,
            patch=(2, 2, 2),
            dim=32,
            depth=2,
            heads=2,
            attention="factorised",
            prediction=prediction,
        )
        for parameter in denoiser.parameters():  # a fresh denoiser is silent: it answers zero to everything
            torch.nn.init.normal_(parameter, std=0.15)
    autoencoder.save_pretrained(folder / "autoencoder")
    denoiser.save_pretrained(folder / "denoiser")
    return folder


if __name__ == "__main__":
    write_tiny_kino(Path(sys.argv[1]))
