"""True plans for the motion planner, its training, and the cache of motion-compensated first frames."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from kinoform.models.kino_mini.planner import MotionPlanner, Plan, moved_latents
from kinoform.training.captions import Script
from kinoform.training.latents import SCRIPTS, Cache, load_codec, read_cache, save_whole, scripts_of, seed_of
from kinoform.training.loop import Average, Schedule
from kinoform.training.paths import MIDDLE
from kinoform.training.paths import Path as Way
from kinoform.training.records import Log, settings_of
from kinoform.training.render import ways

FIRST_FRAME_NOISE = 0.2
"""Greatest deviation of the noise on the latents that the planner learns from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerRun:
    """One run of the planner's training; it takes minutes and is not resumed."""

    folder: Path
    steps: int = 6000
    batch: int = 128
    rate: float = 2e-3
    seed: int = 0


def true_plan(script: Script, seed: int) -> Plan:
    """How the first actor of a script moves."""
    return plan_of(ways(script, seed)[0])


def plan_of(way: Way) -> Plan:
    """How an actor moves that goes this way."""
    x, y, size = (way.x - MIDDLE) / MIDDLE, (way.y - MIDDLE) / MIDDLE, way.side.log()
    moves = torch.stack([each - each[0] for each in (x, y, size, way.angle)])
    return Plan(torch.stack([x[0], y[0]]).float(), moves.float())


@torch.inference_mode()
def write_moved(rank: int, processes: int, folder: Path, first: int, last: int) -> None:
    """Beside shards first..last - 1 of the clip stage: their first frames moved by the true plans, float16."""
    torch.set_num_threads(1)
    model = load_codec(folder / "autoencoder")
    for number in range(first + rank, last, processes):
        path = folder / "clip-moved" / f"{number:04d}.pt"
        if path.exists():
            continue
        latents = torch.load(folder / "clip-latents" / f"{number:04d}.pt", weights_only=True)["latents"]
        plans = [
            true_plan(script, seed_of(number, line, 0)) for line, (script, _) in enumerate(scripts_of("clip", number))
        ]
        moved = [moved_latents(model, clip[:, :1].float(), plan) for clip, plan in zip(latents, plans, strict=True)]
        save_whole({"moved": torch.stack(moved).half()}, path)


def train(run: PlannerRun) -> None:
    """Trains on the clip cache's captions, first frames and true plans; writes planner/ in bfloat16, as it ships."""
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    cache = read_cache(run.folder, "clip")
    pivots, moves = true_plans(cache)
    model = MotionPlanner().train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=run.rate, weight_decay=0.02)
    average = Average(model, 0.995)
    schedule = Schedule(peak=run.rate, steps=run.steps, warmup=100, descent=run.steps)
    log = Log(run.folder, "planner", settings_of(run))
    rng = torch.Generator().manual_seed(run.seed)
    for step in range(run.steps):
        rows = torch.randint(len(cache.latents), (run.batch,), generator=rng)
        first = cache.latents[rows, :, :1].float()
        first = first + FIRST_FRAME_NOISE * torch.rand(run.batch, 1, 1, 1, 1, generator=rng) * torch.randn(
            first.shape, generator=rng
        )
        line = cache.line[rows]
        pivot, planned = model(cache.states[line].float(), cache.mask[line], first)
        errors = (pivot - pivots[rows]).abs().mean(), (planned - moves[rows]).abs().mean()
        optimizer.zero_grad(set_to_none=True)
        (errors[0] + 2 * errors[1]).backward()
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        optimizer.step()
        average.update(model, step)
        if (step + 1) % 100 == 0:
            log.scalars(step + 1, {"error/pivot": errors[0].item(), "error/moves": errors[1].item()})
    log.close()
    model.load_state_dict(average.weights)
    model.eval().to(torch.bfloat16).save_pretrained(run.folder / "planner")


def true_plans(cache: Cache) -> tuple[Tensor, Tensor]:
    """Pivots (n, 2) and moves (n, PARTS, l) of every row of the clip cache."""
    scripts = {shard: scripts_of("clip", shard) for shard in range(-(-len(cache.latents) // SCRIPTS["clip"]))}
    plans = []
    for row, seed in enumerate(cache.seed.tolist()):
        shard, line = divmod(row, SCRIPTS["clip"])
        plans.append(true_plan(scripts[shard][line][0], seed))
    return torch.stack([plan.pivot for plan in plans]), torch.stack([plan.moves for plan in plans])
