"""Training of depth-mini on rendered pictures."""

import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import torch

from kinoform.models.depth_mini.network import DepthNet
from kinoform.training import records
from kinoform.training.depth.augment import COARSE, SHAPES, Batch, draw
from kinoform.training.depth.losses import Losses, losses
from kinoform.training.depth.shards import read_shards
from kinoform.training.loop import Average, Checkpoint, Schedule, averaged_weights
from kinoform.training.workers import average_gradients, process_count

CHECKPOINT = "depth.pt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The network's size."""

    widths: tuple[int, ...] = (40, 56, 80, 104, 128)
    blocks: tuple[int, ...] = (2, 2, 2, 1, 2)

    def build(self) -> DepthNet:
        """Fresh weights."""
        return DepthNet(widths=self.widths, blocks=self.blocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthRun:
    """One run; the same values resume it."""

    folder: Path
    steps: int
    batch: int = 16
    """Pictures a process and step."""
    coarse: int = 0
    """So many first steps see pictures of two thirds the size."""
    rate: float = 1.5e-3
    warmup: int = 200
    descent: int = 2000
    seed: int = 0
    average: float = 0.998
    bfloat16: bool = True
    """Products in bfloat16: twice as fast on CPUs that multiply it (AMX)."""
    checkpoint_every: int = 200
    log_every: int = 50
    shape: Shape = Shape()


def train(rank: int, run: DepthRun) -> None:
    """Trains until `run.steps`, writing depth.pt and records into the folder; resumes where depth.pt stands."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(run.seed)
    shards = read_shards(run.folder, "lessons")
    network = run.shape.build().to(memory_format=torch.channels_last).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=run.rate, betas=(0.9, 0.98), weight_decay=0.02)
    average = Average(network, run.average)
    checkpoint = Checkpoint(run.folder / CHECKPOINT, network, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=run.warmup, descent=run.descent)
    first = checkpoint.restore()
    progress = Progress(run, first) if rank == 0 else None
    for step in range(first, run.steps):
        optimizer.zero_grad(set_to_none=True)
        shapes = COARSE if step < run.coarse else SHAPES
        found = judged(network, draw(shards, run.batch, (run.seed, step, rank), shapes), bfloat16=run.bfloat16)
        found.total.backward()
        average_gradients(network)
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(network, step)
        if progress is not None:
            progress.add(step + 1, found)
            if (step + 1) % run.checkpoint_every == 0 or step + 1 == run.steps:
                checkpoint.save(step + 1)
    if progress is not None:
        progress.close()


def judged(network: DepthNet, batch: Batch, *, bfloat16: bool) -> Losses:
    """What the network makes of a batch, against the truth."""
    pictures = batch.pictures.contiguous(memory_format=torch.channels_last)
    with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
        seen = network(pictures)
    return losses(seen.inverse_depth, seen.normals, batch.inverse_depths, batch.normals)


class Progress:
    """The records of a run: mean losses, and the speed."""

    def __init__(self, run: DepthRun, resumed_at: int) -> None:
        self._run = run
        self._log = records.Log(run.folder, "depth", records.settings_of(run), resumed_at=resumed_at)
        self._found: list[list[float]] = []
        self._since = time.monotonic()

    def add(self, step: int, found: Losses) -> None:
        """Takes in a step's losses; writes a point every `log_every` steps."""
        self._found.append([each.item() for each in found])
        if step % self._run.log_every:
            return
        now = time.monotonic()
        means = (sum(column) / len(column) for column in zip(*self._found, strict=True))
        values = dict(zip((f"loss/{name}" for name in Losses._fields), means, strict=True))
        pictures = len(self._found) * self._run.batch * process_count()
        values["pictures_a_second"] = pictures / (now - self._since)
        self._log.scalars(step, values)
        print(f"depth {step}: " + ", ".join(f"{name} {value:.4g}" for name, value in values.items()), flush=True)
        self._found, self._since = [], now

    def close(self) -> None:
        """Writes what is still in memory."""
        self._log.close()


def load(folder: Path, shape: Shape | None = None) -> DepthNet:
    """The averaged network of a run folder, in eval mode."""
    network = (shape or Shape()).build()
    network.load_state_dict(averaged_weights(folder / CHECKPOINT))
    return network.eval()
