"""A form-mini folder with tiny random weights and a card: its solids are blobs.

`python -m tests.models.tiny_form FOLDER` writes one.
"""

import json
import sys
from pathlib import Path

import torch
from torch import nn

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.field_autoencoder import FieldAutoencoder
from kinoform.models.card import MeshCard, MeshLimits, ModelCard
from kinoform.models.form_mini.eye import Eye

CHANNELS = 4


def write_tiny_form(folder: Path, *, seed: int = 0) -> Path:
    """Writes the three parts and `card.json` into `folder`."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        autoencoder = FieldAutoencoder(
            latent_channels=CHANNELS, width=8, fine_width=4, feature_channels=4, point_width=8, grid=16
        )
        nn.init.normal_(autoencoder.point[-1].weight, std=1.0)
        _hollow(autoencoder)
        eye = Eye(image_dim=16, width=4)
        denoiser = VideoDenoiser(channels=CHANNELS, patch=(2, 2, 2), dim=32, depth=2, heads=2, image_dim=16)
        for parameter in denoiser.parameters():  # a fresh denoiser is silent: it answers zero to everything
            nn.init.normal_(parameter, std=0.15)
    for part, network in (("autoencoder", autoencoder), ("eye", eye), ("denoiser", denoiser)):
        network.save_pretrained(folder / part)
    (folder / "card.json").write_text(json.dumps(tiny_form_card("tiny-form").to_json()))
    return folder


@torch.no_grad()
def _hollow(autoencoder: FieldAutoencoder) -> None:
    """Moves distances so that about a third of the cube is inside, whatever the latent."""
    points = torch.rand(1, 2000, 3) * 2 - 1
    values = autoencoder.read(autoencoder.features(torch.randn(1, CHANNELS, 4, 4, 4)), points)[..., 0]
    autoencoder.point[-1].bias[0] -= values.quantile(0.33)


def tiny_form_card(name: str) -> MeshCard:
    """What a tiny form-mini can do."""
    return ModelCard(
        name=name,
        display_name=name,
        family="form-mini",
        version="0",
        description="Random weights.",
        license="Apache-2.0",
        limits=("Shows nothing.",),
        ranges=MeshLimits(
            min_resolution=32,
            max_resolution=128,
            resolution_step=8,
            default_resolution=32,
            default_triangles=400,
            default_texture_size=256,
            default_steps=3,
            default_guidance=2.0,
            text_tokens=32,
        ),
        batch_exact=True,
        image_input=True,
    )


if __name__ == "__main__":
    write_tiny_form(Path(sys.argv[1]))
