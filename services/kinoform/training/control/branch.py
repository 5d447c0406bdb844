"""Training of a stage's control branch beside its frozen denoiser: same loss, same times, another task in each row."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kinoform.backbone.control import ControlBranch
from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.patches import grid_of
from kinoform.training.control.cache import ControlCache, read_cache
from kinoform.training.control.tasks import draw_task, signal_of
from kinoform.training.denoiser import TEXT_DROPPED, TIME_POWER, Batch, losses, noisy_moved, places
from kinoform.training.export import FOLDERS
from kinoform.training.latents import Stage
from kinoform.training.loop import Average, Checkpoint, Schedule
from kinoform.training.records import Log, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchRun:
    """One run of a branch's training; the same values resume it."""

    folder: Path
    model: Path
    """Folder of the kino-mini that is to be steered; its weights stay as they are."""
    stage: Stage
    steps: int
    batch: int
    rate: float = 1.5e-3
    warmup: int = 100
    descent: int = 1500
    seed: int = 0
    average: float = 0.997
    checkpoint_every: int = 200
    log_every: int = 50


def train(run: BranchRun) -> None:
    """Trains until `run.steps`, writing control-<stage>.pt and records into the folder; resumes where it stands."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    cache, trunk = read_cache(run.folder), trunk_of(run.model, run.stage)
    branch = fresh_branch(trunk).train()
    optimizer = torch.optim.AdamW(branch.parameters(), lr=run.rate, betas=(0.9, 0.98), weight_decay=0.01)
    average = Average(branch, run.average)
    checkpoint = Checkpoint(run.folder / f"control-{run.stage}.pt", branch, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=run.warmup, descent=run.descent)
    first = checkpoint.restore()
    log = Log(run.folder, f"control-{run.stage}", settings_of(run), resumed_at=first)
    errors: list[float] = []
    since = time.monotonic()
    for step in range(first, run.steps):
        rng = torch.Generator().manual_seed(run.seed * 1_000_003 + step)
        batch, signal = draw(cache, run, rng)
        grid = grid_of(batch.clean.shape[2:], tuple(trunk.config.patch))
        steer = branch.steer(branch.embed(signal)[:, None], torch.ones(run.batch, 1), grid)
        error, loss = losses(trunk, batch, steer)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(branch, step)
        errors.append(error.mean().item())
        done = step + 1
        if done % run.log_every == 0:
            mean = sum(errors) / len(errors)
            log.scalars(done, {"error": mean, "rate": schedule.rate(step)})
            print(f"control-{run.stage} {done}: error {mean:.4f}, {time.monotonic() - since:.0f} s", flush=True)
            errors = []
        if done % run.checkpoint_every == 0 or done == run.steps:
            checkpoint.save(done)
    log.close()


def trunk_of(model: Path, stage: Stage) -> VideoDenoiser:
    """A stage's frozen denoiser."""
    trunk: VideoDenoiser = VideoDenoiser.from_pretrained(model / FOLDERS[stage], torch_dtype=torch.float32)
    return trunk.eval().requires_grad_(False)


def fresh_branch(trunk: VideoDenoiser) -> ControlBranch:
    """A branch that fits a trunk, with weights that change nothing."""
    return ControlBranch(
        patch=tuple(trunk.config.patch), trunk_dim=trunk.config.dim, rope_theta=trunk.config.rope_theta
    )


def draw(cache: ControlCache, run: BranchRun, rng: torch.Generator) -> tuple[Batch, Tensor]:
    """A batch, and the signals (b, CHANNELS, l, h, w) of its rows. The keyframe stage learns from any frame."""
    rows = torch.randint(len(cache.clip), (run.batch,), generator=rng)
    length = cache.clip.shape[2]
    frames = torch.randint(length, (run.batch,), generator=rng).tolist()
    spans = [slice(frame, frame + 1) if run.stage == "keyframe" else slice(0, length) for frame in frames]
    parts = list(zip(rows.tolist(), spans, strict=True))
    clean = torch.stack([cache.latents[row, :, span].float() for row, span in parts])
    kept = torch.rand(run.batch, generator=rng) >= TEXT_DROPPED
    batch = Batch(
        clean=clean,
        noise=torch.randn(clean.shape, generator=rng),
        time=torch.rand(run.batch, generator=rng) ** TIME_POWER[run.stage],
        text=cache.states[rows].float(),
        mask=cache.known[rows] & kept[:, None],
        condition=places(torch.randint(9, (run.batch,), generator=rng), clean)
        if run.stage == "keyframe"
        else noisy_moved(cache.moved[rows].float(), rng),
    )
    return batch, torch.stack([_signal(cache, run.stage, row, span, rng) for row, span in parts])


def _signal(cache: ControlCache, stage: Stage, row: int, span: slice, rng: torch.Generator) -> Tensor:
    maps = {"edges": cache.edges, "depth": cache.depth, "mask": cache.mask}
    return signal_of(
        draw_task(stage, rng),
        cache.clip[row, :, span],
        {kind: values[row, span] for kind, values in maps.items()},  # type: ignore[misc]
        rng,
    )
