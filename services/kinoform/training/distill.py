"""Distillation of a stage into a low-rank adapter that needs as many steps as there are segments, and no guidance."""

import copy
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.guidance import GUIDED_TIMES
from kinoform.backbone.schedules import add_noise, cosine_alpha_bar
from kinoform.models.kino_mini.weights import LORAS
from kinoform.training import denoiser
from kinoform.training.adapters import Adapters
from kinoform.training.consistency import consistent_target, draw_intervals
from kinoform.training.ddim import Given, Guidance, predict
from kinoform.training.denoiser import WEIGHT_LIMIT, Batch, DenoiserRun, Shape
from kinoform.training.latents import Stage, read_cache
from kinoform.training.loop import Average, Checkpoint, Schedule
from kinoform.training.records import Log, settings_of
from kinoform.training.samples import Samples
from kinoform.training.workers import average_gradients, process_count

FILES: dict[Stage, str] = {"keyframe": LORAS["keyframe"], "clip": LORAS["denoiser"]}
"""The LoRA file that each stage's distillation leaves in the run folder."""
MANY_STEPS = 32
"""Steps of the samples that the student's are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillRun:
    """One run of a stage's distillation; the same values resume it."""

    folder: Path
    sprites: Path
    stage: Stage
    steps: int = 800
    batch: int = 16
    """Clips a process and step."""
    rate: float = 1e-3
    warmup: int = 30
    descent: int = 400
    rank: int = 16
    segments: int = 2
    """Steps of the student."""
    intervals: tuple[int, int] = (4, 16)
    """The teacher's steps a segment, at the beginning and at the end: few first, since errors add up along them."""
    guidance: float = 1.0
    """Of the teacher, at the times at which the family guides: the student learns its guided answers."""
    seed: int = 0
    average: float = 0.99
    checkpoint_every: int = 50
    log_every: int = 20
    samples_every: int = 200
    shape: Shape | None = None
    """None: the stage's of denoiser.SHAPES."""


def train(rank: int, run: DistillRun) -> None:
    """Trains until `run.steps`, writing distill_<stage>.pt and records, at the end the stage's LoRA file; resumes."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    teacher = denoiser.load(run.folder, run.stage, run.shape)
    teacher = teacher.to(torch.bfloat16).float().requires_grad_(False)  # as it ships, so that the change fits it
    student = copy.deepcopy(teacher)
    adapters = Adapters(student, run.rank)
    optimizer = torch.optim.AdamW(adapters.parameters(), lr=run.rate, betas=(0.9, 0.98), weight_decay=0.0)
    average = Average(adapters, run.average)
    checkpoint = Checkpoint(run.folder / f"distill_{run.stage}.pt", adapters, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=run.warmup, descent=run.descent)
    cache = read_cache(run.folder, run.stage)
    draws = DenoiserRun(folder=run.folder, stage=run.stage, steps=run.steps, batch=run.batch, seed=run.seed + 1)
    first = checkpoint.restore()
    progress = Progress(run, teacher, first) if rank == 0 and first < run.steps else None
    for step in range(first, run.steps):
        batch = denoiser.draw(cache, draws, step, rank)
        error, untaught, loss = losses(teacher, student, batch, run, step, rank)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(adapters)
        torch.nn.utils.clip_grad_norm_(adapters.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(adapters, step)
        done = step + 1
        if progress is not None:
            progress.add(done, error, untaught, schedule.rate(step))
            if done % run.samples_every == 0 or done == run.steps:
                progress.show(done, averaged(student, adapters, average))
            if done % run.checkpoint_every == 0 or done == run.steps:
                checkpoint.save(done)
    if rank == 0:
        adapters.save(average.weights, run.folder / FILES[run.stage])
    if progress is not None:
        progress.close()


def losses(
    teacher: VideoDenoiser, student: VideoDenoiser, batch: Batch, run: DistillRun, step: int, rank: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Each row's square error of x0 (b,) and what it would be if the student answered as the teacher, and the loss.

    The first two are detached. Errors weigh as in the stage's own training.
    """
    rng = torch.Generator().manual_seed(((run.seed * 1_000_003 + step) * 64 + rank) * 2 + 1)
    interval = draw_intervals(len(batch.clean), run.segments, intervals_at(run, step), rng)
    given = Given(batch.text, batch.mask, batch.condition)
    alpha_bar = cosine_alpha_bar(interval.start)
    noisy = add_noise(batch.clean, batch.noise, alpha_bar)
    with torch.no_grad():
        foreseen = predict(teacher, noisy, interval.start, given, Guidance(run.guidance, GUIDED_TIMES))
    wanted = consistent_target(noisy, foreseen, interval, lambda x, t: predict(student, x, t, given))
    error = (predict(student, noisy, interval.start, given) - wanted).square().mean(dim=(1, 2, 3, 4))
    untaught = (foreseen - wanted).square().mean(dim=(1, 2, 3, 4))
    weight = (1 / (1 - alpha_bar)).clamp(max=WEIGHT_LIMIT)
    return error.detach(), untaught, (weight * error).mean()


def intervals_at(run: DistillRun, step: int) -> int:
    """The teacher's steps a segment at a training step: they grow geometrically over the first half of the run."""
    few, many = run.intervals
    return round(few * (many / few) ** min(2 * step / run.steps, 1.0))


@torch.no_grad()
def averaged(student: VideoDenoiser, adapters: Adapters, average: Average) -> VideoDenoiser:
    """A copy of the student with the averaged adapters."""
    present = {name: value.clone() for name, value in adapters.state_dict().items()}
    adapters.load_state_dict(average.weights)
    shown = copy.deepcopy(student).eval()
    adapters.load_state_dict(present)
    return shown


class Progress:
    """What distillation leaves in the records: errors, and fixed samples beside the teacher's."""

    def __init__(self, run: DistillRun, teacher: VideoDenoiser, first: int) -> None:
        self._run, self._log = run, Log(run.folder, f"distill_{run.stage}", settings_of(run), resumed_at=first)
        self._samples = Samples(run.folder, run.sprites, run.stage)
        self._patient = self._samples.latents(teacher, MANY_STEPS, Guidance(run.guidance, GUIDED_TIMES))
        hasty = self._samples.latents(teacher, run.segments)
        self._untaught = self._distance(hasty)
        self._log.text(first, "captions", "\n\n".join(self._samples.captions))
        self._log.pictures(first, self._samples.decode(self._patient), f"teacher in {MANY_STEPS} steps")
        self._log.pictures(first, self._samples.decode(hasty), f"teacher in {run.segments} steps")
        self._errors: list[Tensor] = []
        self._others: list[Tensor] = []
        self._since = time.monotonic()

    def add(self, step: int, error: Tensor, untaught: Tensor, rate: float) -> None:
        """Takes in a step's errors, one a row."""
        self._errors.append(error)
        self._others.append(untaught)
        if step % self._run.log_every:
            return
        now = time.monotonic()
        mean, other = torch.cat(self._errors).mean().item(), torch.cat(self._others).mean().item()
        clips = self._run.log_every * self._run.batch * process_count()
        self._log.scalars(
            step,
            {
                "error": mean,
                "error over the teacher's": mean / other,
                "intervals": intervals_at(self._run, step),
                "rate": rate,
                "clips_s": clips / (now - self._since),
            },
        )
        self._errors, self._others, self._since = [], [], now

    def show(self, step: int, student: VideoDenoiser) -> None:
        """Samples of the student, and how far they are from the teacher's, over the teacher's in as few steps."""
        latents = self._samples.latents(student, self._run.segments)
        self._log.scalars(step, {"distance over the teacher's": self._distance(latents) / self._untaught})
        self._log.pictures(step, self._samples.decode(latents))

    def close(self) -> None:
        """Writes what is still in memory."""
        self._log.close()

    def _distance(self, latents: Tensor) -> float:
        return (latents - self._patient).square().mean().sqrt().item()
