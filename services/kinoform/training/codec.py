"""Training of the autoencoder on crops of rendered frames: a convolutional net without norms needs no more."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.training import sprites
from kinoform.training.cast import CAST, UNSEEN
from kinoform.training.loop import Average, Checkpoint, Schedule, averaged_weights
from kinoform.training.records import Log, settings_of
from kinoform.training.render import Renderer
from kinoform.training.workers import average_gradients, process_count

LATENT_NOISE = 0.03
"""Deviation of the noise added to training latents, over theirs, so that the decoder forgives small errors."""
LATENT_PENALTY = 1e-5
"""Weight of the mean square latent: keeps latents from growing without bound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecRun:
    """One run of codec training; the same values resume it."""

    folder: Path
    sprites: Path
    steps: int
    batch: int = 32
    """Crops a process and step."""
    crop: int = 32
    """Side of a crop in pixels."""
    rate: float = 1.2e-3
    initial: Path | None = None
    """An autoencoder's folder to begin from; None: from fresh weights."""
    seed: int = 0
    checkpoint_every: int = 200


def train(rank: int, run: CodecRun) -> None:
    """Trains until `run.steps`, writing codec.pt and records into the folder; resumes where codec.pt stands."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    model = _beginning(run.initial).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.rate, betas=(0.9, 0.99), weight_decay=1e-3)
    average = Average(model, 0.995)
    checkpoint = Checkpoint(run.folder / "codec.pt", model, optimizer, average)
    renderer = Renderer(sprites.load(run.sprites))
    actors = seen_actors()
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=50, descent=run.steps)
    started = time.monotonic()
    first = checkpoint.restore()
    log = Log(run.folder, "codec", settings_of(run), resumed_at=first) if rank == 0 else None
    for step in range(first, run.steps):
        rng = np.random.default_rng([run.seed, step, rank])
        frames, coverage = renderer.frames(run.batch, rng, actors, run.crop)
        noise = torch.from_numpy(rng.standard_normal((run.batch, 16, run.crop // 8, run.crop // 8), dtype=np.float32))
        loss, error = losses(model, frames, coverage, noise)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(model)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(model, step)
        done = step + 1
        if log is not None and (done % run.checkpoint_every == 0 or done == run.steps):
            checkpoint.save(done)
        if log is not None and done % 50 == 0:
            speed = (done - first) * run.batch * process_count() / (time.monotonic() - started)
            psnr = -10 * torch.log10(error / 4)
            log.scalars(done, {"loss": loss.item(), "psnr_db": psnr.item(), "crops_a_second": speed})
    if log is not None:
        log.close()


def losses(model: VideoAutoencoder, frames: Tensor, coverage: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """The training loss, and the plain mean square error (detached) for the log."""
    latents = model.encode_frames(frames)
    decoded = model.decode_frames(latents + LATENT_NOISE * latents.detach().std() * noise)
    loss = reconstruction_loss(decoded, frames, coverage) + LATENT_PENALTY * latents.square().mean()
    return loss, (decoded - frames).detach().square().mean()


def reconstruction_loss(decoded: Tensor, frames: Tensor, coverage: Tensor) -> Tensor:
    """Square error and a tenth of the absolute error, four times as heavy on the sprite as beside it."""
    difference = decoded - frames
    return ((1 + 3 * coverage) * (difference.square() + 0.1 * difference.abs())).mean()


def seen_actors() -> Tensor:
    """(n,) int64: the cast without those kept unseen."""
    return torch.tensor([number for number, name in enumerate(CAST) if name not in UNSEEN])


def load(path: Path) -> VideoAutoencoder:
    """The averaged autoencoder of a checkpoint file, in eval mode; latents not yet normalised."""
    model = VideoAutoencoder()
    model.load_state_dict(averaged_weights(path))
    return model.eval()


def _beginning(initial: Path | None) -> VideoAutoencoder:
    if initial is None:
        return VideoAutoencoder()
    model: VideoAutoencoder = VideoAutoencoder.from_pretrained(initial, torch_dtype=torch.float32)
    return model
