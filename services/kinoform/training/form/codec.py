"""Training of the field autoencoder on samples of solids."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kinoform.backbone.field_autoencoder import FieldAutoencoder
from kinoform.training.form.samples import BAND, NEAR_POINTS, floats
from kinoform.training.form.shards import Shard, read_shards
from kinoform.training.loop import Average, Checkpoint, Schedule, averaged_weights
from kinoform.training.records import Log, settings_of
from kinoform.training.workers import average_gradients, process_count

LATENT_NOISE = 0.08
"""Deviation of the noise added to training latents, over theirs, so that the decoder forgives small errors."""
LATENT_PENALTY = 1e-5
COLOURED = 0.06 / BAND
"""Appearance is learnt from points nearer to the surface than this, in bands."""
SHARP = 0.15
"""Width, in bands, of the zone around the surface where distances count five times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecRun:
    """One run of codec training; the same values resume it."""

    folder: Path
    steps: int
    batch: int = 8
    """Solids a process and step."""
    points: int = 1024
    """Of a solid's points, so many are looked at in a step."""
    rate: float = 1.5e-3
    seed: int = 0
    device: str = "cpu"
    checkpoint_every: int = 200


class Batch:
    """b solids: grids (b, 6, n, n, n), points (b, p, 3), values (b, p, 6), and which points are near (b, p)."""

    def __init__(self, rows: list[tuple[Shard, int]], points: int, rng: np.random.Generator, device: str) -> None:
        total = rows[0][0].points.shape[1]
        chosen = [np.sort(rng.choice(total, points, replace=False)) for _ in rows]
        self.grids = _tensor([floats(shard.grids[row]) for shard, row in rows], device)
        self.points = _tensor(
            [shard.points[row][places].astype(np.float32) for (shard, row), places in zip(rows, chosen, strict=True)],
            device,
        )
        self.values = _tensor(
            [floats(shard.values[row][places]) for (shard, row), places in zip(rows, chosen, strict=True)], device
        )
        self.near = _tensor([(places < NEAR_POINTS).astype(np.float32) for places in chosen], device)


def train(rank: int, run: CodecRun) -> None:
    """Trains until `run.steps`, writing codec.pt and records into the folder; resumes where codec.pt stands."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    model = FieldAutoencoder(band=BAND).to(run.device).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.rate, betas=(0.9, 0.99), weight_decay=1e-3)
    average = Average(model, 0.995)
    checkpoint = Checkpoint(run.folder / "codec.pt", model, optimizer, average)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=50, descent=run.steps)
    shards = read_shards(run.folder)
    first = checkpoint.restore()
    log = Log(run.folder, "codec", settings_of(run), resumed_at=first) if rank == 0 else None
    started = time.monotonic()
    for step in range(first, run.steps):
        batch = draw_batch(shards, run, np.random.default_rng([run.seed, step, rank]))
        loss, parts = losses(model, batch)
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
        if log is not None and done % 20 == 0:
            parts["solids_a_second"] = (done - first) * run.batch * process_count() / (time.monotonic() - started)
            log.scalars(done, parts)
            print(f"codec {done}: " + ", ".join(f"{name} {value:.4g}" for name, value in parts.items()), flush=True)
    if log is not None:
        log.close()


def draw_batch(shards: list[Shard], run: CodecRun, rng: np.random.Generator) -> Batch:
    """Random solids."""
    rows = []
    for _ in range(run.batch):
        shard = shards[int(rng.integers(len(shards)))]
        rows.append((shard, int(rng.integers(len(shard)))))
    return Batch(rows, run.points, rng, run.device)


def losses(model: FieldAutoencoder, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """The training loss, and what it is made of, for the log: mean errors near the surface in the cube's units."""
    latents = model.encode_grids(batch.grids)
    noise = LATENT_NOISE * latents.detach().std() * torch.randn_like(latents)
    read = model.read(model.decode_features(latents + noise), batch.points)
    wanted = batch.values
    off = (read[..., 0] - wanted[..., 0]).abs()
    weight = 1 + 4 * torch.exp(-(wanted[..., 0] / SHARP).square())
    coloured = (wanted[..., 0].abs() < COLOURED).float()
    colour_off = ((read[..., 1:] - wanted[..., 1:]).abs().mean(dim=-1) * coloured).sum() / coloured.sum()
    loss = (weight * off).mean() + 0.5 * colour_off + LATENT_PENALTY * latents.square().mean()
    parts = {
        "distance": BAND * float((off.detach() * batch.near).sum() / batch.near.sum()),
        "wrong_side": float(((read[..., 0] * wanted[..., 0] < 0).float() * batch.near).sum() / batch.near.sum()),
        "appearance": float(colour_off.detach()) / 2,
    }
    return loss, parts


def load(path: Path) -> FieldAutoencoder:
    """The averaged autoencoder of a checkpoint file, in eval mode; latents not yet normalised."""
    model = FieldAutoencoder(band=BAND)
    model.load_state_dict(averaged_weights(path))
    return model.eval()


def _tensor(rows: list[np.ndarray], device: str) -> Tensor:
    return torch.from_numpy(np.stack(rows)).to(device)
