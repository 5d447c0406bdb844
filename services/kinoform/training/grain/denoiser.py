"""Training of the denoiser on cached latents: x0-prediction, text dropped for guidance, weights averaged.

Every row is a window of a tile that wraps around: a whole tile of one unit, rolled as at sampling, or a cut out of a
larger tile. Its planes tell where it lies in the unit and which of the two it is (see `windows`).
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.schedules import add_noise, cosine_alpha_bar
from kinoform.models.grain_mini.refiner import LatentRefiner
from kinoform.models.grain_mini.windows import BETWEEN, HALF_TOKEN, PHASE_CHANNELS, TOKEN, TOKENS, WINDOW, phase_planes
from kinoform.training.grain.latents import Cache, read_cache
from kinoform.training.loop import Average, Checkpoint, Schedule, averaged_weights
from kinoform.training.records import Log, settings_of

WEIGHT_LIMIT = 2.0
"""The square error of x0 weighs 1 / (1 - abar), but never more than this: late steps would drown the early ones."""
TIME_POWER = 0.6
"""Times are u ** TIME_POWER for u uniform in [0, 1]: below 1, more of the noisy times, where words count."""
TEXT_DROPPED = 0.1
LARGE_SHARE = 0.3
"""Of rows cut from larger tiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """A denoiser's size, for latents of the shipped autoencoder."""

    channels: int = 12
    dim: int = 160
    depth: int = 3
    heads: int = 4
    feed_forward_mult: float = 2.0

    def build(self) -> "Pair":
        """Fresh weights."""
        denoiser = VideoDenoiser(
            channels=self.channels,
            cond_channels=PHASE_CHANNELS,
            patch=(1, TOKEN, TOKEN),
            dim=self.dim,
            depth=self.depth,
            heads=self.heads,
            feed_forward_mult=self.feed_forward_mult,
            prediction="x0",
        )
        return Pair(denoiser, LatentRefiner(channels=self.channels))


class Pair(nn.Module):
    """The denoiser, and the refiner of what it foresees."""

    def __init__(self, denoiser: VideoDenoiser, refiner: LatentRefiner) -> None:
        super().__init__()
        self.denoiser, self.refiner = denoiser, refiner


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserRun:
    """One run of training; the same values resume it."""

    folder: Path
    steps: int
    batch: int = 32
    rate: float = 2e-3
    warmup: int = 100
    descent: int = 1000
    seed: int = 0
    average: float = 0.997
    checkpoint_every: int = 100
    log_every: int = 20
    shape: Shape = Shape()
    device: str = "cpu"
    """On a GPU products are in bfloat16."""


class Batch(NamedTuple):
    """What one forward pass sees; b rows."""

    clean: Tensor
    """(b, c, 1, WINDOW, WINDOW)"""
    noise: Tensor
    time: Tensor
    """(b,) in [0, 1]."""
    text: Tensor
    mask: Tensor
    planes: Tensor
    """(b, PHASE_CHANNELS, 1, WINDOW, WINDOW)"""
    wraps: Tensor
    """(b,) bool: a whole tile, whose borders meet."""

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        return Batch(*(part.to(device) for part in self))


class Windows:
    """Draws batches: a pure function of (seed, step), so that a resumed run goes on as if never stopped."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._planes = torch.stack(
            [
                phase_planes(down * TOKEN + half, right * TOKEN + half, wraps=wraps)
                for wraps in (False, True)
                for half in (0, HALF_TOKEN)
                for down in range(TOKENS)
                for right in range(TOKENS)
            ]
        )

    def batch(self, run: DenoiserRun, step: int) -> Batch:
        """The batch of a step."""
        rng = torch.Generator().manual_seed(run.seed * 1_000_003 + step)
        time = torch.rand(run.batch, generator=rng) ** TIME_POWER
        cut = [self._window(rng, between=when <= BETWEEN) for when in time.tolist()]
        clean = torch.stack([window for window, _, _ in cut]).float()[:, :, None]
        line = torch.tensor([line for _, _, line in cut])
        mask = self._cache.mask[line]
        longest = int(mask.sum(dim=1).max())
        kept = torch.rand(run.batch, generator=rng) >= TEXT_DROPPED
        return Batch(
            clean=clean,
            noise=torch.randn(clean.shape, generator=rng),
            time=time,
            text=self._cache.states[line, :longest].float(),
            mask=mask[:, :longest] & kept[:, None],
            planes=self._planes[torch.tensor([planes for _, planes, _ in cut])],
            wraps=torch.tensor([planes >= 2 * TOKENS**2 for _, planes, _ in cut]),
        )

    def _window(self, rng: torch.Generator, *, between: bool) -> tuple[Tensor, int, int]:
        """A window (c, WINDOW, WINDOW), which planes are its own, and which caption."""
        cache = self._cache
        down, right, caption, large, row, beside = torch.rand(6, generator=rng).tolist()
        wraps = large >= LARGE_SHARE or not len(cache.large)
        tiles = cache.tiles if wraps else cache.large
        index = int(row * len(tiles))
        tokens = tiles.shape[-1] // TOKEN
        top, left = int(down * tokens), int(right * tokens)
        half = between and beside < 0.5
        first = [-(part * TOKEN + half * HALF_TOKEN) for part in (top, left)]
        rolled = tiles[index].roll(first, dims=(1, 2))[:, :WINDOW, :WINDOW]
        planes = ((2 * wraps + half) * TOKENS + top % TOKENS) * TOKENS + left % TOKENS
        lines = cache.lines[index if wraps else len(cache.tiles) + index]
        return rolled, planes, int(lines[int(caption * len(lines))])


def train(run: DenoiserRun) -> None:
    """Trains until `run.steps`, writing denoiser.pt and records into the folder; resumes where denoiser.pt stands."""
    torch.manual_seed(run.seed)
    device = torch.device(run.device)
    windows = Windows(read_cache(run.folder))
    model = run.shape.build().to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.rate, betas=(0.9, 0.98), weight_decay=0.01)
    average = Average(model, run.average)
    checkpoint = Checkpoint(run.folder / "denoiser.pt", model, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=run.warmup, descent=run.descent)
    first = checkpoint.restore()
    progress = Progress(run, first)
    for step in range(first, run.steps):
        batch = windows.batch(run, step).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu"):
            error, loss = losses(model, batch)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(model, step)
        progress.add(step + 1, batch.time, error, schedule.rate(step))
        if (step + 1) % run.checkpoint_every == 0 or step + 1 == run.steps:
            checkpoint.save(step + 1)
    progress.close()


def losses(model: Pair, batch: Batch) -> tuple[Tensor, Tensor]:
    """Each row's mean square error of x0 (b,), detached, refined where it wraps, and the weighted training loss.

    The loss counts the denoiser's own answer and, of whole tiles, the refined one: a cut has other neighbours than
    those that its borders would meet.
    """
    alpha_bar = cosine_alpha_bar(batch.time)
    noisy = add_noise(batch.clean, batch.noise, alpha_bar)
    given = (noisy, 1000 * batch.time, batch.text, batch.mask)
    foreseen = model.denoiser(*given, condition=batch.planes, return_dict=False)[0]
    own = (foreseen - batch.clean).square().mean(dim=(1, 2, 3, 4))
    refined = model.refiner(noisy[:, :, 0], foreseen[:, :, 0], alpha_bar)
    better = (refined - batch.clean[:, :, 0]).square().mean(dim=(1, 2, 3))
    weight = (1 / (1 - alpha_bar).clamp_min(1e-6)).clamp(max=WEIGHT_LIMIT)
    loss = (weight * (own + better * batch.wraps)).mean()
    return torch.where(batch.wraps, better, own).detach(), loss


class Progress:
    """The records of a run: mean errors at high noise and below, learning rate, speed."""

    def __init__(self, run: DenoiserRun, resumed_at: int) -> None:
        self._run = run
        self._log = Log(run.folder, "denoiser", settings_of(run), resumed_at=resumed_at)
        self._errors: list[Tensor] = []
        self._times: list[Tensor] = []
        self._since = time.monotonic()

    def add(self, step: int, times: Tensor, error: Tensor, rate: float) -> None:
        """Takes in a step's errors (b,) at times (b,); writes a point every `log_every` steps."""
        self._errors.append(error)
        self._times.append(times)
        if step % self._run.log_every:
            return
        errors, when, now = torch.cat(self._errors), torch.cat(self._times), time.monotonic()
        values = {
            "error/noisy": errors[when > 0.8].mean().item(),
            "error/middle": errors[(when > 0.4) & (when <= 0.8)].mean().item(),
            "error/rest": errors[when <= 0.4].mean().item(),
            "rate": rate,
            "windows_a_second": self._run.log_every * self._run.batch / (now - self._since),
        }
        self._log.scalars(step, values)
        print(f"denoiser {step}: " + ", ".join(f"{name} {value:.4g}" for name, value in values.items()), flush=True)
        self._errors, self._times, self._since = [], [], now

    def close(self) -> None:
        """Writes what is still in memory."""
        self._log.close()


def load(folder: Path, shape: Shape) -> Pair:
    """The averaged denoiser and refiner of a run folder, in eval mode."""
    model = shape.build()
    model.load_state_dict(averaged_weights(folder / "denoiser.pt"))
    return model.eval()
