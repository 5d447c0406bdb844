"""Training of the denoiser on cached latents: x0-prediction, text dropped for guidance, first frame given to some."""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.schedules import add_noise, cosine_alpha_bar
from kinoform.training.captions import PHRASINGS
from kinoform.training.latents import Clips, Texts, read_shards, read_texts
from kinoform.training.loop import Average, Checkpoint, Schedule, append_row, averaged_weights
from kinoform.training.workers import average_gradients, process_count

WEIGHT_LIMIT = 2.0
"""The square error of x0 weighs 1 / (1 - abar), but never more than this: late steps would drown the early ones."""
TIME_POWER = 0.4
"""Times are u ** TIME_POWER for u uniform in [0, 1]: below 1, more of the noisy times, where words are all there is."""
TEXT_DROPPED = 0.1
CANONICAL = 0.7
"""Share of samples with the canonical caption; the others have one of its phrasings."""
FIRST_FRAME_GIVEN = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The denoiser's size, for latents of the shipped autoencoder."""

    channels: int = 16
    dim: int = 192
    depth: int = 6
    heads: int = 4
    feed_forward_mult: float = 4.0
    patch: tuple[int, int, int] = (2, 2, 2)

    def build(self) -> VideoDenoiser:
        """Fresh weights; the condition is the first frame's latent and its mask."""
        return VideoDenoiser(
            channels=self.channels,
            cond_channels=self.channels + 1,
            patch=self.patch,
            dim=self.dim,
            depth=self.depth,
            heads=self.heads,
            feed_forward_mult=self.feed_forward_mult,
            prediction="x0",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserRun:
    """One run of denoiser training; the same values resume it."""

    folder: Path
    steps: int
    batch: int = 16
    """Clips a process and step."""
    rate: float = 1.5e-3
    warmup: int = 200
    descent: int = 1100
    seed: int = 0
    average: float = 0.995
    checkpoint_every: int = 100
    log_every: int = 20
    shape: Shape = Shape()


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one forward pass sees; b rows."""

    clean: Tensor
    """(b, c, l, h, w) latents."""
    noise: Tensor
    time: Tensor
    """(b,) in [0, 1]."""
    text: Tensor
    mask: Tensor
    condition: Tensor


def train(rank: int, run: DenoiserRun) -> None:
    """Trains until `run.steps`, writing denoiser.pt and denoiser.csv; resumes where denoiser.pt stands."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    clips, texts = read_shards(run.folder), read_texts(run.folder / "texts.pt")
    model = run.shape.build().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.rate, betas=(0.9, 0.98), weight_decay=0.01)
    average = Average(model, run.average)
    checkpoint = Checkpoint(run.folder / "denoiser.pt", model, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=run.warmup, descent=run.descent)
    log = Log(run)
    for step in range(checkpoint.restore(), run.steps):
        batch = draw(clips, texts, run, step, rank)
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
        if rank == 0:
            log.add(done, batch, error)
            if done % run.checkpoint_every == 0 or done == run.steps:
                checkpoint.save(done)


def draw(clips: Clips, texts: Texts, run: DenoiserRun, step: int, rank: int) -> Batch:
    """The batch of a step: a pure function of (seed, step, rank), so that a resumed run goes on as if never stopped."""
    rng = torch.Generator().manual_seed((run.seed * 1_000_003 + step) * 64 + rank)
    rows = torch.randint(len(clips.latents), (run.batch,), generator=rng)
    clean = clips.latents[rows].float()
    triples = clips.triples[rows]
    other = torch.randint(1, PHRASINGS, (run.batch,), generator=rng)
    phrasing = torch.where(torch.rand(run.batch, generator=rng) < CANONICAL, 0, other)
    kept = torch.rand(run.batch, generator=rng) >= TEXT_DROPPED
    given = torch.rand(run.batch, generator=rng) < FIRST_FRAME_GIVEN
    return Batch(
        clean=clean,
        noise=torch.randn(clean.shape, generator=rng),
        time=torch.rand(run.batch, generator=rng) ** TIME_POWER,
        text=texts.states[triples, phrasing].float(),
        mask=texts.mask[triples, phrasing] & kept[:, None],
        condition=first_frame(clean, given),
    )


def first_frame(clean: Tensor, given: Tensor) -> Tensor:
    """The picture condition (b, c + 1, l, h, w): the latent of frame 0 and a mask, where `given` (b,); zeros else."""
    condition = clean.new_zeros(clean.shape[0], clean.shape[1] + 1, *clean.shape[2:])
    condition[given, :-1, 0] = clean[given, :, 0]
    condition[given, -1, 0] = 1.0
    return condition


def losses(model: VideoDenoiser, batch: Batch) -> tuple[Tensor, Tensor]:
    """Each row's mean square error of x0 (b,), detached, and the weighted training loss."""
    alpha_bar = cosine_alpha_bar(batch.time)
    noisy = add_noise(batch.clean, batch.noise, alpha_bar)
    predicted = model(noisy, 1000 * batch.time, batch.text, batch.mask, condition=batch.condition, return_dict=False)[0]
    error = (predicted - batch.clean).square().mean(dim=(1, 2, 3, 4))
    weight = (1 / (1 - alpha_bar).clamp_min(1e-6)).clamp(max=WEIGHT_LIMIT)
    return error.detach(), (weight * error).mean()


class Log:
    """Mean errors at high noise and below, a row every `log_every` steps, as CSV."""

    def __init__(self, run: DenoiserRun) -> None:
        self._path, self._every, self._batch = run.folder / "denoiser.csv", run.log_every, run.batch
        self._errors: list[Tensor] = []
        self._times: list[Tensor] = []
        self._since = time.monotonic()

    def add(self, step: int, batch: Batch, error: Tensor) -> None:
        """Takes in a step's errors, one a row."""
        self._errors.append(error)
        self._times.append(batch.time)
        if step % self._every:
            return
        errors, times = torch.cat(self._errors), torch.cat(self._times)
        noisy = times > 0.8
        now = time.monotonic()
        row = {
            "step": step,
            "clips": step * self._batch * process_count(),
            "error_noisy": errors[noisy].mean().item(),
            "error_rest": errors[~noisy].mean().item(),
            "clips_s": self._every * self._batch * process_count() / (now - self._since),
        }
        append_row(self._path, row)
        self._errors, self._times, self._since = [], [], now


def load(path: Path, shape: Shape) -> VideoDenoiser:
    """The averaged denoiser of a checkpoint file, in eval mode."""
    model = shape.build()
    model.load_state_dict(averaged_weights(path))
    return model.eval()
