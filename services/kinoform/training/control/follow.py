"""Training of the motion follower on maps and the true plans of their clips; it takes minutes and is not resumed."""

from dataclasses import dataclass
from pathlib import Path

import torch

from kinoform.models.kino_mini.follower import MotionFollower
from kinoform.training.control.cache import read_cache
from kinoform.training.control.tasks import draw_task, signal_of
from kinoform.training.loop import Average, Schedule
from kinoform.training.records import Log, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowerRun:
    """One run."""

    folder: Path
    steps: int = 4000
    batch: int = 24
    rate: float = 1.5e-3
    seed: int = 0


def train(run: FollowerRun) -> None:
    """Trains on the cache; writes follower/ in bfloat16, as it ships."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    cache = read_cache(run.folder)
    model = MotionFollower().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.rate, weight_decay=0.02)
    average = Average(model, 0.995)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=100, descent=run.steps)
    log = Log(run.folder, "follower", settings_of(run))
    for step in range(run.steps):
        rng = torch.Generator().manual_seed(run.seed * 1_000_003 + step)
        rows = torch.randint(len(cache.clip), (run.batch,), generator=rng)
        signals = torch.stack(
            [
                signal_of(
                    draw_task("clip", rng),
                    cache.clip[row],
                    {"edges": cache.edges[row], "depth": cache.depth[row], "mask": cache.mask[row]},
                    rng,
                )
                for row in rows.tolist()
            ]
        )
        pivot, moves = model(signals)
        errors = (pivot - cache.pivot[rows]).abs().mean(), (moves - cache.moves[rows]).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        (errors[0] + 2 * errors[1]).backward()
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(model, step)
        if (step + 1) % 100 == 0:
            values = {"error/pivot": errors[0].item(), "error/moves": errors[1].item()}
            log.scalars(step + 1, values)
            print(f"follower {step + 1}: {values}", flush=True)
    log.close()
    model.load_state_dict(average.weights)
    model.eval().to(torch.bfloat16).save_pretrained(run.folder / "follower")
