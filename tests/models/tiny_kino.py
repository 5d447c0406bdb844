"""A kino-mini folder with tiny random weights: every part, no training. `python -m tests.models.tiny_kino FOLDER`."""

import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.control import ControlBranch
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.schedules import Prediction
from kinoform.models.kino_mini.follower import MotionFollower
from kinoform.models.kino_mini.places import PLACE_CHANNELS
from kinoform.models.kino_mini.planner import MotionPlanner

CHANNELS = 4
RANK = 2


def write_tiny_kino(
    folder: Path, *, seed: int = 0, cond_channels: int = 2 * CHANNELS, prediction: Prediction = "x0"
) -> Path:
    """Writes the four parts into `folder`; frames are multiples of 2, sides of 16 pixels."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        autoencoder = VideoAutoencoder(
            latent_channels=CHANNELS, widths=(8, 8, 8), encoder_depths=(1, 1, 1), decoder_depths=(1, 1, 1)
        )
        keyframe = _denoiser(PLACE_CHANNELS, 1, prediction)
        planner = MotionPlanner(channels=CHANNELS, size=4, dim=16, queries=2, frames=4)
        denoiser = _denoiser(cond_channels, 2, prediction)
    autoencoder.save_pretrained(folder / "autoencoder")
    keyframe.save_pretrained(folder / "keyframe")
    planner.save_pretrained(folder / "planner")
    denoiser.save_pretrained(folder / "denoiser")
    return folder


def write_tiny_control(folder: Path) -> Path:
    """Adds control/ with random weights to a folder that `write_tiny_kino` wrote."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        parts: dict[str, ControlBranch | MotionFollower] = {
            "keyframe": ControlBranch(patch=(1, 2, 2), trunk_dim=32, dim=16, heads=2, before=(0, 1)),
            "clip": ControlBranch(patch=(2, 2, 2), trunk_dim=32, dim=16, heads=2, before=(0, 1)),
            "follower": MotionFollower(widths=(4, 4, 4, 4), dim=8),
        }
        for name, part in parts.items():
            for parameter in part.parameters():  # fresh branches are silent
                nn.init.normal_(parameter, std=0.2)
            part.save_pretrained(folder / "control" / name)
    return folder


def write_tiny_loras(folder: Path, *, base: Path) -> Path:
    """Writes a random change of rank 2 of every linear layer of both stages of the model in `base`."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(7)
    for part in ("keyframe", "denoiser"):
        model: VideoDenoiser = VideoDenoiser.from_pretrained(base / part)
        save_file(lora(model, generator), folder / f"{part}_lora.safetensors")
    return folder


def lora(model: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """A random pair for every linear layer of `model`, by the names that `merge` reads."""
    tensors = {}
    for name, layer in model.named_modules():
        if isinstance(layer, nn.Linear):
            out_features, in_features = layer.weight.shape
            tensors[f"{name}.lora_A.weight"] = 0.1 * torch.randn(RANK, in_features, generator=generator)
            tensors[f"{name}.lora_B.weight"] = torch.randn(out_features, RANK, generator=generator)
    return tensors


def _denoiser(cond_channels: int, patch_length: int, prediction: Prediction) -> VideoDenoiser:
    denoiser = VideoDenoiser(
        channels=CHANNELS,
        cond_channels=cond_channels,
        patch=(patch_length, 2, 2),
        dim=32,
        depth=2,
        heads=2,
        attention="factorised",
        prediction=prediction,
    )
    for parameter in denoiser.parameters():  # a fresh denoiser is silent: it answers zero to everything
        nn.init.normal_(parameter, std=0.15)
    return denoiser


if __name__ == "__main__":
    write_tiny_kino(Path(sys.argv[1]))
