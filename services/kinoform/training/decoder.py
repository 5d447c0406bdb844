"""The autoencoder's last touch: its decoder alone trains on, on the latents that the denoiser really leaves behind.

So the decoder learns to turn slightly wrong latents into whole sprites. The encoder and the latents' statistics stay
as they are: the cache and the denoiser remain valid.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.schedules import add_noise, cosine_alpha_bar
from kinoform.training import denoiser, sprites
from kinoform.training.codec import reconstruction_loss
from kinoform.training.latents import SCRIPTS, Cache, load_codec, read_cache, scripts_of, seed_of
from kinoform.training.loop import Average, Checkpoint, Schedule
from kinoform.training.records import Log, settings_of
from kinoform.training.render import Renderer
from kinoform.training.stages import pictures
from kinoform.training.workers import average_gradients

LATENT_NOISE = 0.1
"""Deviation of the noise on latents that stay clean: pictures must still reconstruct."""
TIMES = (0.2, 0.85)
"""The denoiser predicts the others from latents noised to a time in this range."""
ACTOR_CONTRAST = 0.05
"""A pixel this far from the background's, of 2, belongs to an actor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoderRun:
    """One run; the same values resume it."""

    folder: Path
    sprites: Path
    steps: int
    batch: int = 4
    """Clips a process and step: a quarter clean, the others as predicted by the denoiser."""
    frames: int = 4
    """Frames of each that are decoded."""
    rate: float = 1e-3
    seed: int = 0
    checkpoint_every: int = 50
    shape: denoiser.Shape | None = None
    """The clip stage's; None: of denoiser.SHAPES."""


def train(rank: int, run: DecoderRun) -> None:
    """Trains until `run.steps`, writing decoder.pt and records; then replaces the folder's autoencoder."""
    torch.set_num_threads(1)
    model = load_codec(run.folder / "autoencoder")
    model.encoder.requires_grad_(False)
    cache = read_cache(run.folder, "clip")
    trunk = denoiser.load(run.folder, "clip", run.shape)
    optimizer = torch.optim.AdamW(model.decoder.parameters(), lr=run.rate, betas=(0.9, 0.99), weight_decay=1e-3)
    average = Average(model, 0.98)
    checkpoint = Checkpoint(run.folder / "decoder.pt", model, optimizer, average)
    renderer = Renderer(sprites.load(run.sprites))
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=20, descent=run.steps)
    first = checkpoint.restore()
    log = Log(run.folder, "decoder", settings_of(run), resumed_at=first) if rank == 0 else None
    for step in range(first, run.steps):
        rng = torch.Generator().manual_seed((run.seed * 1_000_003 + step) * 64 + rank)
        rows = torch.randint(len(cache.latents), (run.batch,), generator=rng)
        latents = as_left_behind(trunk, cache, rows, rng)
        shown = torch.randperm(latents.shape[2], generator=rng)[: run.frames]
        clips, coverage = rendered(renderer, rows)
        loss, error = losses(model, latents[:, :, shown], clips[:, :, shown], coverage[:, :, shown])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(model.decoder)
        torch.nn.utils.clip_grad_norm_(model.decoder.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(model, step)
        done = step + 1
        if log is not None and done % 20 == 0:
            psnr = -10 * torch.log10(error / 4)
            log.scalars(done, {"loss": loss.item(), "psnr_db": psnr.item()})
        if log is not None and (done % run.checkpoint_every == 0 or done == run.steps):
            checkpoint.save(done)
    if log is not None:
        log.close()
        adopt(run.folder)


def adopt(folder: Path) -> None:
    """Puts decoder.pt's averaged weights into the folder's autoencoder, in bfloat16 as it ships."""
    model = load_codec(folder / "autoencoder")
    model.load_state_dict(torch.load(folder / "decoder.pt", weights_only=True)["average"])
    model.to(torch.bfloat16).save_pretrained(folder / "autoencoder")


@torch.no_grad()
def as_left_behind(trunk: VideoDenoiser, cache: Cache, rows: Tensor, rng: torch.Generator) -> Tensor:
    """Latents (n, c, l, h, w) of the cache's rows (n,): a quarter with a little noise, the others predicted."""
    clean = cache.latents[rows].float()
    noise = torch.randn(clean.shape, generator=rng)
    low, high = TIMES
    time = low + (high - low) * torch.rand(len(rows), generator=rng)
    line = cache.line[rows]
    noisy = add_noise(clean, noise, cosine_alpha_bar(time))
    text, mask = cache.states[line].float(), cache.mask[line]
    condition = denoiser.noisy_moved(cache.moved_rows(rows), rng)
    predicted = trunk(noisy, 1000 * time, text, mask, condition=condition, return_dict=False)[0]
    kept = max(len(rows) // 4, 1)
    return torch.cat([clean[:kept] + LATENT_NOISE * noise[:kept], predicted[kept:]])


def rendered(renderer: Renderer, rows: Tensor) -> tuple[Tensor, Tensor]:
    """The clips (n, 3, l, h, w) in [-1, 1] of the clip cache's rows, and where actors are (n, 1, l, h, w)."""
    clips, backgrounds = [], []
    for row in rows.tolist():
        shard, line = divmod(row, SCRIPTS["clip"])
        script, _ = scripts_of("clip", shard)[line]
        clips.append(renderer.clip(script, seed_of(shard, line, 0)))
        backgrounds.append(pictures()[script.background] * 2 - 1)
    shown = torch.stack(clips)
    difference = (shown - torch.stack(backgrounds)[:, :, None]).abs().amax(dim=1, keepdim=True)
    return shown, (difference > ACTOR_CONTRAST).float()


def losses(model: VideoAutoencoder, latents: Tensor, clips: Tensor, coverage: Tensor) -> tuple[Tensor, Tensor]:
    """The training loss and the plain mean square error of clips (n, 3, l, h, w) decoded from latents."""
    frames, weight = clips.transpose(1, 2).flatten(0, 1), coverage.transpose(1, 2).flatten(0, 1)
    decoded = model.decode_frames(model.denormalised(latents).transpose(1, 2).flatten(0, 1))
    return reconstruction_loss(decoded, frames, weight), (decoded - frames).detach().square().mean()
