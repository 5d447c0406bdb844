"""Training of the two stages' denoisers on cached latents: x0-prediction, text dropped for guidance, weights averaged.

The split (keyframe from text, clip from its first frame) follows Imagen Video and Stable Video Diffusion: the second
stage shares what it learns among all actors, named or not. Its first frame is given with some noise (conditioning
augmentation, Ho et al. 2022, "Cascaded Diffusion Models"), since at sampling the first stage makes it.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from kinoform.backbone.control import Steer
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.schedules import add_noise, cosine_alpha_bar
from kinoform.models.kino_mini.places import PLACE_CHANNELS, place_planes
from kinoform.models.kino_mini.planner import moved_condition
from kinoform.training import records
from kinoform.training.latents import Cache, Stage, read_cache
from kinoform.training.loop import Average, Checkpoint, Schedule, averaged_weights
from kinoform.training.samples import Samples
from kinoform.training.workers import average_gradients, process_count

WEIGHT_LIMIT = 2.0
"""The square error of x0 weighs 1 / (1 - abar), but never more than this: late steps would drown the early ones."""
TIME_POWER: dict[Stage, float] = {"keyframe": 0.3, "clip": 0.4}
"""Times are u ** TIME_POWER for u uniform in [0, 1]: below 1, more of the noisy times, where words are all there is."""
TEXT_DROPPED = 0.1
FIRST_FRAME_NOISE = 0.15
"""Greatest deviation of the noise on the first frame that the clip stage is given; each row draws its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A denoiser's size, for latents of the shipped autoencoder."""

    patch: tuple[int, int, int]
    cond_channels: int = 0
    sources: int = 0
    channels: int = 16
    dim: int = 192
    depth: int = 6
    heads: int = 4
    feed_forward_mult: float = 4.0

    def build(self) -> VideoDenoiser:
        """Fresh weights."""
        return VideoDenoiser(
            channels=self.channels,
            cond_channels=self.cond_channels,
            sources=self.sources,
            patch=self.patch,
            dim=self.dim,
            depth=self.depth,
            heads=self.heads,
            feed_forward_mult=self.feed_forward_mult,
            prediction="x0",
        )


SHAPES: dict[Stage, Shape] = {
    "keyframe": Shape(patch=(1, 2, 2), cond_channels=PLACE_CHANNELS),
    "clip": Shape(patch=(4, 2, 2), cond_channels=32, sources=2),
}
"""Tokens set the pace: 16 and 64 of them. Keyframes by single places instead of 2 x 2 (64 tokens) were trained for as
long beside these: they saw a third as many samples and had 1.12 times the error at noisy times.

A clip's token is 256 numbers, more than `dim`. When its output may copy from both first frames, the error of x0 below
noisy times fell from 0.117 to 0.095 within 400 steps. Copying from the noisy latent too lowered it further, but left
noise as texture in what is sampled: of 120 clips from a picture the judge knew 0.62 of the subjects, not 0.83.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserRun:
    """One run of a stage's training; the same values resume it."""

    folder: Path
    stage: Stage
    steps: int
    batch: int = 32
    """Clips a process and step."""
    rate: float = 1.2e-3
    warmup: int = 200
    descent: int = 1100
    seed: int = 0
    average: float = 0.997
    checkpoint_every: int = 100
    log_every: int = 20
    sample_every: int = 500
    sprites: Path | None = None
    """The sprite cache, for samples; None: none are drawn."""
    shape: Shape | None = None
    """None: the stage's of SHAPES."""
    device: str = "cpu"
    """Where the denoiser is trained; on a GPU in one process, its products in bfloat16."""


class Batch(NamedTuple):
    """What one forward pass sees; b rows."""

    clean: Tensor
    """(b, c, l, h, w) latents."""
    noise: Tensor
    time: Tensor
    """(b,) in [0, 1]."""
    text: Tensor
    mask: Tensor
    condition: Tensor
    """Of the keyframe stage the place (b, 2, 1, h, w), of the clip stage what `moved_condition` gives."""

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        return Batch(*(part.to(device) for part in self))


def train(rank: int, run: DenoiserRun) -> None:
    """Trains until `run.steps`, writing <stage>.pt and records into the folder; resumes where <stage>.pt stands."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    cache = read_cache(run.folder, run.stage)
    device = torch.device(run.device)
    model = (run.shape or SHAPES[run.stage]).build().to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.rate, betas=(0.9, 0.98), weight_decay=0.01)
    average = Average(model, run.average)
    checkpoint = Checkpoint(run.folder / f"{run.stage}.pt", model, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=run.warmup, descent=run.descent)
    first = checkpoint.restore()
    progress = Progress(run, first) if rank == 0 else None
    for step in range(first, run.steps):
        batch = draw(cache, run, step, rank).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu"):
            error, loss = losses(model, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(model)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(model, step)
        done = step + 1
        if progress is not None:
            progress.add(done, batch, error, schedule.rate(step))
            if done % run.checkpoint_every == 0 or done == run.steps:
                checkpoint.save(done)
            if done % run.sample_every == 0 or done == run.steps:
                progress.show(done, average)
    if progress is not None:
        progress.close()


def draw(cache: Cache, run: DenoiserRun, step: int, rank: int) -> Batch:
    """The batch of a step: a pure function of (seed, step, rank), so that a resumed run goes on as if never stopped."""
    rng = torch.Generator().manual_seed((run.seed * 1_000_003 + step) * 64 + rank)
    rows = torch.randint(len(cache.latents), (run.batch,), generator=rng)
    clean = cache.latents[rows].float()
    line = cache.line[rows]
    kept = torch.rand(run.batch, generator=rng) >= TEXT_DROPPED
    return Batch(
        clean=clean,
        noise=torch.randn(clean.shape, generator=rng),
        time=torch.rand(run.batch, generator=rng) ** TIME_POWER[run.stage],
        text=cache.states[line].float(),
        mask=cache.mask[line] & kept[:, None],
        condition=places(cache.seed[rows], clean)
        if run.stage == "keyframe"
        else noisy_moved(cache.moved_rows(rows), rng),
    )


def places(seeds: Tensor, clean: Tensor) -> Tensor:
    """The keyframe stage's condition (b, 2, 1, h, w) for seeds (b,)."""
    return torch.stack([place_planes(seed, *clean.shape[3:]) for seed in seeds.tolist()])


def noisy_moved(moved: Tensor, rng: torch.Generator) -> Tensor:
    """The clip stage's condition of moved first frames (b, c, l, h, w), with a little noise."""
    deviation = FIRST_FRAME_NOISE * torch.rand(len(moved), 1, 1, 1, 1, generator=rng)
    return moved_condition(moved + deviation * torch.randn(moved.shape, generator=rng))


def losses(model: VideoDenoiser, batch: Batch, steer: Steer | None = None) -> tuple[Tensor, Tensor]:
    """Each row's mean square error of x0 (b,), detached, and the weighted training loss; steer: of a control branch."""
    alpha_bar = cosine_alpha_bar(batch.time)
    noisy = add_noise(batch.clean, batch.noise, alpha_bar)
    predicted = model(
        noisy, 1000 * batch.time, batch.text, batch.mask, condition=batch.condition, steer=steer, return_dict=False
    )[0]
    error = (predicted - batch.clean).square().mean(dim=(1, 2, 3, 4))
    weight = (1 / (1 - alpha_bar).clamp_min(1e-6)).clamp(max=WEIGHT_LIMIT)
    return error.detach(), (weight * error).mean()


class Progress:
    """The records of a run: mean errors at high noise and below, learning rate, speed, and samples of the average."""

    def __init__(self, run: DenoiserRun, resumed_at: int) -> None:
        self._run = run
        self._log = records.Log(run.folder, run.stage, records.settings_of(run), resumed_at=resumed_at)
        self._shown = (run.shape or SHAPES[run.stage]).build()
        self._samples = Samples(run.folder, run.sprites, run.stage) if run.sprites else None
        self._errors: list[Tensor] = []
        self._times: list[Tensor] = []
        self._since = time.monotonic()

    def add(self, step: int, batch: Batch, error: Tensor, rate: float) -> None:
        """Takes in a step's errors (b,), one a row; writes a point every `log_every` steps."""
        self._errors.append(error)
        self._times.append(batch.time)
        if step % self._run.log_every:
            return
        errors, times = torch.cat(self._errors), torch.cat(self._times)
        noisy = times > 0.8
        now = time.monotonic()
        clips_a_step = self._run.batch * process_count()
        values = {
            "error/noisy": errors[noisy].mean().item(),
            "error/rest": errors[~noisy].mean().item(),
            "rate": rate,
            "clips": step * clips_a_step,
            "clips_a_second": self._run.log_every * clips_a_step / (now - self._since),
        }
        self._log.scalars(step, values)
        print(f"{self._run.stage} {step}: " + ", ".join(f"{name} {value:.4g}" for name, value in values.items()))
        self._errors, self._times, self._since = [], [], now

    def show(self, step: int, average: Average) -> None:
        """Draws the samples with the averaged weights."""
        if self._samples is not None:
            self._shown.load_state_dict(average.weights)
            self._log.pictures(step, self._samples.draw(self._shown.eval()))

    def close(self) -> None:
        """Writes what is still in memory."""
        self._log.close()


def load(folder: Path, stage: Stage, shape: Shape | None = None) -> VideoDenoiser:
    """The averaged denoiser of a run folder's stage, in eval mode."""
    model = (shape or SHAPES[stage]).build()
    model.load_state_dict(averaged_weights(folder / f"{stage}.pt"))
    return model.eval()
