"""The cache that branches and follower learn from: clips with their maps, latents and plans, made once."""

import random
from dataclasses import dataclass, fields
from pathlib import Path

import torch
from torch import Tensor

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.text import TextEncoder
from kinoform.models.kino_mini.planner import PARTS, Plan, moved_latents
from kinoform.training import sprites
from kinoform.training.captions import Script
from kinoform.training.control.truth import truth
from kinoform.training.control.ways import free_way
from kinoform.training.latents import TEXT_TOKENS, draw_script, encode, load_codec, save_whole
from kinoform.training.paths import FRAMES
from kinoform.training.paths import Path as Way
from kinoform.training.plans import plan_of
from kinoform.training.render import Renderer, ways

CLIPS = 128
"""Clips in a shard."""
CAPTIONED = 0.3
"""Share of the clips that move as their caption says; the others go their own way."""
PLAN_ERROR = 0.04
"""Deviation of the error in the plans by which first frames are moved, as the follower will err."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCache:
    """n clips; maps and pixels are uint8."""

    clip: Tensor
    """(n, 3, l, h, w)"""
    edges: Tensor
    """(n, l, h, w); so are depth and mask."""
    depth: Tensor
    mask: Tensor
    latents: Tensor
    """(n, c, l, h', w') float16."""
    moved: Tensor
    """As latents: the first frame moved by nearly the true plan."""
    pivot: Tensor
    """(n, 2) float32, with `moves` the true plan."""
    moves: Tensor
    """(n, PARTS, l) float32."""
    states: Tensor
    """(n, TEXT_TOKENS, 384) float16."""
    known: Tensor
    """(n, TEXT_TOKENS) bool: which of the states are tokens."""


def folder_of(run: Path) -> Path:
    """Where a run's shards are."""
    return run / "control-clips"


@torch.inference_mode()
def write_shards(rank: int, processes: int, run: Path, codec: Path, first: int, last: int) -> None:
    """Writes shards first..last - 1; this process takes its share. One that exists is left alone."""
    torch.set_num_threads(1)
    model, text = load_codec(codec), TextEncoder.installed()
    renderer = Renderer(sprites.load(run / "sprites.npz"))
    for number in range(first + rank, last, processes):
        path = folder_of(run) / f"{number:04d}.pt"
        if not path.exists():
            save_whole(_shard(number, renderer, model, text), path)


def read_cache(run: Path) -> ControlCache:
    """All shards there are. FileNotFoundError without any."""
    paths = sorted(folder_of(run).glob("*.pt"))
    if not paths:
        raise FileNotFoundError(f"no clips in {folder_of(run)}: run `clips` first")
    shards = [torch.load(path, weights_only=True) for path in paths]
    return ControlCache(
        **{part.name: torch.cat([shard[part.name] for shard in shards]) for part in fields(ControlCache)}
    )


def drawn(rng: random.Random) -> tuple[Script, Way]:
    """A training script of one actor, and its way."""
    script = draw_script("clip" if rng.random() < 0.5 else "keyframe", rng)
    while len(script.actors) > 1:
        script = draw_script("keyframe", rng)
    way = ways(script, rng.randrange(1 << 30))[0] if rng.random() < CAPTIONED else free_way(rng)
    return script, way


def _shard(number: int, renderer: Renderer, model: VideoAutoencoder, text: TextEncoder) -> dict[str, Tensor]:
    rng = random.Random(f"control-{number}")
    rows = [_row(rng, renderer, model, text) for _ in range(CLIPS)]
    return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}


def _row(rng: random.Random, renderer: Renderer, model: VideoAutoencoder, text: TextEncoder) -> dict[str, Tensor]:
    script, way = drawn(rng)
    shown = truth(renderer, script, way, rng)
    plan, tokens = plan_of(way), text.encode(script.caption(None if rng.random() < 0.6 else rng))
    latents = encode(model, shown.clip.float() / 127.5 - 1)
    moved = moved_latents(model, latents[:, :1], _erring(plan, rng))
    return shown._asdict() | {
        "latents": latents.half(),
        "moved": moved.half(),
        "pivot": plan.pivot,
        "moves": plan.moves,
        "states": tokens.states[:TEXT_TOKENS].half(),
        "known": tokens.mask[:TEXT_TOKENS],
    }


def _erring(plan: Plan, rng: random.Random) -> Plan:
    generator = torch.Generator().manual_seed(rng.randrange(1 << 30))
    way = torch.randn(PARTS, 1, generator=generator) * torch.linspace(0, 1, FRAMES)
    return Plan(plan.pivot, plan.moves + PLAN_ERROR * way)
