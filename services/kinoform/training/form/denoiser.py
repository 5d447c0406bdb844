"""Training of the denoiser and its eye on cached latents: x0-prediction from text, from a view, or from both.

In every step some rows have text alone and the others a view, with text or without: two forward passes, so that rows
without a picture do not carry empty image tokens along. Beside them the eye reads more views (see `reader`).
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.schedules import add_noise, cosine_alpha_bar
from kinoform.models.form_mini.eye import Eye
from kinoform.models.form_mini.pictures import over
from kinoform.training import records
from kinoform.training.form.latents import Cache, read_cache
from kinoform.training.form.reader import COARSE, Looks, Reader, mean_states, reading_loss
from kinoform.training.loop import Average, Checkpoint, Schedule, averaged_weights
from kinoform.training.workers import average_gradients, process_count

WEIGHT_LIMIT = 2.0
"""The square error of x0 weighs 1 / (1 - abar), but never more than this: late steps would drown the early ones."""
TIME_POWER = 0.4
"""Times are u ** TIME_POWER for u uniform in [0, 1]: below 1, more of the noisy times, where words are all there is."""
TEXT_DROPPED = 0.1
PICTURE_DROPPED = 0.08
TEXT_WITH_PICTURE = 0.3
"""Share of rows with a view that have text too."""
READING = 0.3
"""How much the reading loss weighs beside the denoising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The networks' size."""

    dim: int = 208
    depth: int = 5
    heads: int = 4
    image_dim: int = 128
    channels: int = 16
    patch: tuple[int, int, int] = (2, 2, 4)

    def build(self) -> "Pair":
        """Fresh weights."""
        denoiser = VideoDenoiser(
            channels=self.channels,
            patch=self.patch,
            dim=self.dim,
            depth=self.depth,
            heads=self.heads,
            image_dim=self.image_dim,
            prediction="x0",
        )
        return Pair(denoiser, Eye(image_dim=self.image_dim), Reader(self.image_dim, self.channels))


class Pair(nn.Module):
    """What is trained together."""

    def __init__(self, denoiser: VideoDenoiser, eye: Eye, reader: Reader) -> None:
        super().__init__()
        self.denoiser = denoiser
        self.eye = eye
        self.reader = reader

    def start_from(self, model: Path) -> None:
        """Takes the weights of a model folder that was exported; the reader, which is in none, starts afresh."""
        for part, kind in (("denoiser", VideoDenoiser), ("eye", Eye)):
            whole = kind.from_pretrained(model / part, torch_dtype=torch.float32)
            getattr(self, part).load_state_dict(whole.state_dict())


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserRun:
    """One run; the same values resume it."""

    folder: Path
    steps: int
    batch: int = 32
    """Solids a process and step."""
    view_share: float = 0.5
    """Of a batch, the rows from a view."""
    looks: int = 48
    """Views that the eye reads, a process and step."""
    start: str | None = None
    """Model folder whose weights a fresh run begins with."""
    rate: float = 1.2e-3
    warmup: int = 200
    descent: int = 1000
    seed: int = 0
    average: float = 0.997
    checkpoint_every: int = 100
    log_every: int = 20
    shape: Shape = Shape()
    device: str = "cpu"
    """On a GPU in one process, its products in bfloat16."""


class Batch(NamedTuple):
    """What one forward pass sees; b rows."""

    clean: Tensor
    """(b, c, l, h, w) latents."""
    noise: Tensor
    time: Tensor
    """(b,) in [0, 1]."""
    text: Tensor
    mask: Tensor
    views: Tensor | None
    """(b, 3, VIEW, VIEW) in [-1, 1]."""
    seen: Tensor | None
    """(b,) bool: the row may look at its view."""

    def to(self, device: torch.device) -> "Batch":
        """The same on a device."""
        views, seen = (None if part is None else part.to(device) for part in (self.views, self.seen))
        clean, noise, time, text, mask = (part.to(device) for part in self[:5])
        return Batch(clean, noise, time, text, mask, views, seen)


def train(rank: int, run: DenoiserRun) -> None:
    """Trains until `run.steps`, writing denoiser.pt and records into the folder; resumes where denoiser.pt stands."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    cache = read_cache(run.folder)
    device = torch.device(run.device)
    pair = run.shape.build()
    if run.start is not None:
        pair.start_from(Path(run.start))
    pair.to(device).train()
    optimizer = torch.optim.AdamW(pair.parameters(), lr=run.rate, betas=(0.9, 0.98), weight_decay=0.01)
    average = Average(pair, run.average)
    checkpoint = Checkpoint(run.folder / "denoiser.pt", pair, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=run.warmup, descent=run.descent)
    first = checkpoint.restore()
    progress = Progress(run, first) if rank == 0 else None
    for step in range(first, run.steps):
        optimizer.zero_grad(set_to_none=True)
        *batches, looks = draw(cache, run, step, rank)
        errors = []
        for batch in (each.to(device) for each in batches):
            with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu"):
                error, loss = losses(pair, batch)
            (loss * (len(error) / run.batch)).backward()
            errors.append(error)
        reading = reading_loss(pair.reader, pair.eye(looks.views.to(device)), looks.to(device))
        (READING * reading).backward()
        average_gradients(pair)
        torch.nn.utils.clip_grad_norm_(pair.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(pair, step)
        if progress is not None:
            progress.add(step + 1, batches, errors, reading.item())
            if (step + 1) % run.checkpoint_every == 0 or step + 1 == run.steps:
                checkpoint.save(step + 1)
    if progress is not None:
        progress.close()


def draw(cache: Cache, run: DenoiserRun, step: int, rank: int) -> tuple[Batch, Batch, Looks]:
    """The two passes of a step, without and with views, and what the eye reads: a pure function of (seed, step,
    rank)."""
    rng = torch.Generator().manual_seed((run.seed * 1_000_003 + step) * 64 + rank)
    seen = round(run.batch * run.view_share)
    told = _rows(cache, run.batch - seen, rng, pictured=False)
    return told, _rows(cache, seen, rng, pictured=True), _looks(cache, run.looks, rng)


def losses(pair: Pair, batch: Batch) -> tuple[Tensor, Tensor]:
    """Each row's mean square error of x0 (b,), detached, and the weighted training loss."""
    alpha_bar = cosine_alpha_bar(batch.time)
    tokens = None if batch.views is None else pair.eye(batch.views)
    seen = None if batch.seen is None or tokens is None else batch.seen[:, None].expand(tokens.shape[:2])
    predicted = pair.denoiser(
        add_noise(batch.clean, batch.noise, alpha_bar),
        1000 * batch.time,
        batch.text,
        batch.mask,
        image_hidden_states=tokens,
        image_attention_mask=seen,
        return_dict=False,
    )[0]
    error = (predicted - batch.clean).square().mean(dim=(1, 2, 3, 4))
    weight = (1 / (1 - alpha_bar).clamp_min(1e-6)).clamp(max=WEIGHT_LIMIT)
    return error.detach(), (weight * error).mean()


def _rows(cache: Cache, count: int, rng: torch.Generator, *, pictured: bool) -> Batch:
    rows = torch.randint(len(cache.latents), (count,), generator=rng)
    clean = cache.latents[rows].float()
    kept = torch.rand(count, generator=rng) < (TEXT_WITH_PICTURE if pictured else 1 - TEXT_DROPPED)
    return Batch(
        clean=clean,
        noise=torch.randn(clean.shape, generator=rng),
        time=torch.rand(count, generator=rng) ** TIME_POWER,
        text=cache.states[rows].float(),
        mask=cache.mask[rows] & kept[:, None],
        views=_views(cache, rows, rng) if pictured else None,
        seen=torch.rand(count, generator=rng) >= PICTURE_DROPPED if pictured else None,
    )


def _looks(cache: Cache, count: int, rng: torch.Generator) -> Looks:
    rows = torch.randint(len(cache.latents), (count,), generator=rng)
    return Looks(
        _views(cache, rows, rng),
        mean_states(cache.states[rows].float(), cache.mask[rows]),
        F.adaptive_avg_pool3d(cache.latents[rows].float(), COARSE),
    )


def _views(cache: Cache, rows: Tensor, rng: torch.Generator) -> Tensor:
    """One view of each solid before an even backdrop of any colour, with a little noise."""
    number = torch.randint(cache.views.shape[1], rows.shape, generator=rng)
    pixels = cache.views[rows, number].permute(0, 3, 1, 2).float()
    backdrop = 255 * torch.rand(len(rows), 3, 1, 1, generator=rng)
    return over(pixels, backdrop) + 0.03 * torch.randn(pixels[:, :3].shape, generator=rng)


class Progress:
    """The records of a run: mean errors at noisy times and below, of rows without and with a view, and the speed."""

    def __init__(self, run: DenoiserRun, resumed_at: int) -> None:
        self._run = run
        self._log = records.Log(run.folder, "denoiser", records.settings_of(run), resumed_at=resumed_at)
        self._errors: list[tuple[Tensor, Tensor, Tensor, Tensor]] = []
        self._readings: list[float] = []
        self._since = time.monotonic()

    def add(self, step: int, batches: list[Batch], errors: list[Tensor], reading: float) -> None:
        """Takes in a step's errors; writes a point every `log_every` steps."""
        self._readings.append(reading)
        self._errors.append((batches[0].time, errors[0], batches[1].time, errors[1]))
        if step % self._run.log_every:
            return
        told, told_error, seen, seen_error = (torch.cat(part) for part in zip(*self._errors, strict=True))
        now = time.monotonic()
        solids = self._run.batch * process_count()
        values = {
            "error/text_noisy": told_error[told > 0.8].mean().item(),
            "error/text_rest": told_error[told <= 0.8].mean().item(),
            "error/view_noisy": seen_error[seen > 0.8].mean().item(),
            "error/view_rest": seen_error[seen <= 0.8].mean().item(),
            "reading": sum(self._readings) / len(self._readings),
            "solids_a_second": self._run.log_every * solids / (now - self._since),
        }
        self._log.scalars(step, values)
        print(f"denoiser {step}: " + ", ".join(f"{name} {value:.4g}" for name, value in values.items()), flush=True)
        self._errors, self._readings, self._since = [], [], now

    def close(self) -> None:
        """Writes what is still in memory."""
        self._log.close()


def load(folder: Path, shape: Shape | None = None) -> Pair:
    """The averaged networks of a run folder, in eval mode."""
    pair = (shape or Shape()).build()
    pair.load_state_dict(averaged_weights(folder / "denoiser.pt"))
    return pair.eval()
