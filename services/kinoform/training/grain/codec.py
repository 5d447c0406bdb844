"""Training of the materials' autoencoder on crops of rendered tiles."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.training.grain.dataset import shard_paths
from kinoform.training.loop import Average, Checkpoint, Schedule, averaged_weights
from kinoform.training.records import Log, settings_of

LATENT_NOISE = 0.05
"""Deviation of the noise added to training latents, over theirs, so that the decoder forgives small errors."""
LATENT_PENALTY = 1e-5
"""Weight of the mean square latent: keeps latents from growing without bound."""
PLANE_WEIGHTS = (1.5, 1.5, 1.5, 0.5, 0.4, 1.2)
"""Colour first, then height, which normals are made of."""
LOG_EVERY = 20
COMPONENT_TILES = 96
"""Whose patches the principal components are taken of."""
GRADIENT_WEIGHT = 0.5
"""Of the absolute error of differences between neighbouring pixels: without it fine texture is smoothed away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecRun:
    """One run of codec training; the same values resume it."""

    folder: Path
    steps: int
    batch: int = 8
    """Crops a step."""
    crop: int = 128
    """Side of a crop in pixels, a multiple of 8."""
    rate: float = 2e-3
    seed: int = 0
    checkpoint_every: int = 100
    device: str = "cpu"


def train(run: CodecRun) -> None:
    """Trains until `run.steps`, writing codec.pt and records into the folder; resumes where codec.pt stands."""
    torch.manual_seed(run.seed)
    shards = [np.load(path, mmap_mode="r") for path in shard_paths(run.folder, "tile")]
    model = MaterialAutoencoder()
    if not (run.folder / "codec.pt").exists():
        begin_with_components(model, crops(shards, np.random.default_rng(run.seed), COMPONENT_TILES, 256))
    model.to(run.device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.rate, betas=(0.9, 0.99), weight_decay=1e-3)
    average = Average(model, 0.99)
    checkpoint = Checkpoint(run.folder / "codec.pt", model, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=50, descent=run.steps)
    first, started = checkpoint.restore(), time.monotonic()
    log = Log(run.folder, "codec", settings_of(run), resumed_at=first)
    errors: list[Tensor] = []
    for step in range(first, run.steps):
        tiles = crops(shards, np.random.default_rng([run.seed, step]), run.batch, run.crop).to(run.device)
        loss, error = losses(model, tiles)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(model, step)
        errors.append(error)
        done = step + 1
        if done % run.checkpoint_every == 0 or done == run.steps:
            checkpoint.save(done)
        if done % LOG_EVERY == 0:
            mean = torch.stack(errors[-LOG_EVERY:]).mean(dim=0)
            speed = (done - first) * run.batch / (time.monotonic() - started)
            values = {"colour_db": decibels(mean[:3].mean()), "height_db": decibels(mean[5]), "crops_a_second": speed}
            log.scalars(done, values)
            print(f"codec {done}: " + ", ".join(f"{key} {value:.4g}" for key, value in values.items()), flush=True)
    log.close()


def crops(shards: list[np.ndarray], rng: np.random.Generator, count: int, side: int) -> Tensor:
    """(count, 6, side, side) float32 in [-1, 1]: crops anywhere, also across a tile's border."""
    found = []
    for _ in range(count):
        shard = shards[rng.integers(len(shards))]
        tile = shard[rng.integers(len(shard))]
        size = tile.shape[-1]
        rows, columns = (np.arange(side) + rng.integers(size) for _ in range(2))
        found.append(tile[:, rows[:, None] % size, columns[None] % size])
    return torch.from_numpy(np.stack(found)).float() / 127.5 - 1


@torch.no_grad()
def begin_with_components(model: MaterialAutoencoder, tiles: Tensor) -> None:
    """Sets the shortcuts to the principal components of the tiles' patches, scaled to unit variance, and silences the
    convolutional nets. Planes weigh as in the loss. tiles: (k, 6, h, w) in [-1, 1]."""
    patches = torch.nn.functional.pixel_unshuffle(tiles, model.RATIO).movedim(1, 3).flatten(0, 2).double()
    weight = torch.tensor(PLANE_WEIGHTS).double().repeat_interleave(model.RATIO**2).sqrt()
    mean = patches.mean(dim=0)
    values, vectors = torch.linalg.eigh(torch.cov(((patches - mean) * weight).T))
    count = model.config.latent_channels
    deviation, axes = values[-count:].flip(0).sqrt(), vectors[:, -count:].flip(1)
    there, back = (axes / deviation).T * weight, axes * deviation / weight[:, None]
    _set(model.encoder_shortcut[1], there, -there @ mean)
    _set(model.decoder_shortcut[0], back, mean)
    for net in (model.encoder, model.decoder):
        last = [layer for layer in net if isinstance(layer, torch.nn.Conv2d)][-1]
        _set(last, torch.zeros_like(last.weight[:, :, 0, 0]), torch.zeros(last.out_channels))


def losses(model: MaterialAutoencoder, tiles: Tensor) -> tuple[Tensor, Tensor]:
    """The training loss, and each plane's mean square error (6,), detached, for the log."""
    latents = model.encode_raw(tiles)
    noisy = latents + LATENT_NOISE * latents.detach().std() * torch.randn_like(latents)
    difference = model.decode_raw(noisy) - tiles
    weight = torch.tensor(PLANE_WEIGHTS, device=tiles.device).view(1, -1, 1, 1)
    plain = (weight * (difference.square() + 0.1 * difference.abs())).mean()
    gradient = sum((weight * difference.diff(dim=axis).abs()).mean() for axis in (2, 3))
    loss = plain + GRADIENT_WEIGHT * 0.1 * gradient + LATENT_PENALTY * latents.square().mean()
    return loss, difference.detach().square().mean(dim=(0, 2, 3))


def decibels(error: Tensor) -> float:
    """PSNR of a mean square error of values in [-1, 1]."""
    return float(-10 * torch.log10(error / 4))


def load(path: Path) -> MaterialAutoencoder:
    """The averaged autoencoder of a checkpoint file, in eval mode; latents not yet normalised."""
    model = MaterialAutoencoder()
    model.load_state_dict(averaged_weights(path))
    return model.eval()


def _set(layer: torch.nn.Module, weight: Tensor, bias: Tensor) -> None:
    assert isinstance(layer, torch.nn.Conv2d)
    assert layer.bias is not None
    layer.weight.copy_(weight[:, :, None, None].expand_as(layer.weight))
    layer.bias.copy_(bias)
