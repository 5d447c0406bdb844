"""The evaluation: what the judge sees in tiles of held-out captions, beside real tiles and shuffled captions."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.models.grain_mini.family import ORIGIN, GrainMini
from kinoform.training.grain.dataset import shard_paths
from kinoform.training.grain.descriptors import Planes, seam
from kinoform.training.grain.judge import Judge
from kinoform.training.grain.recipe import Recipe
from kinoform.training.grain.sampling import chosen, request, sample

REAL_SEED = 2_000_000
"""Seeds of the real tiles: far from those of the training tiles."""
SEAMLESS = 1.5
LESSON_TILES = 768
"""Training tiles that the judge learns from."""
LARGE_TILES = 6
"""Of two units a side, for their seams."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """Shares of tiles that show what their captions say."""

    family: float
    colour: float
    count: float
    """Of the counted families' tiles alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seams:
    """How much more tiles change across their borders than inside (see `descriptors.seam`)."""

    mean: float
    worst: float
    seamless: float
    """Share of tiles below SEAMLESS both ways."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """PSNR in decibels of what the autoencoder makes of tiles that it was not trained on: means over tiles."""

    colour: float
    roughness: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A model on held-out captions."""

    settings: dict[str, Any]
    generated: Adherence
    real: Adherence
    shuffled: Adherence
    """The generated tiles against one another's captions."""
    seams: Seams
    large_seams: Seams
    """Of tiles of two units a side."""
    real_seams: Seams
    codec: Codec
    missed: list[str]
    """What was asked and what was seen instead."""

    def to_json(self) -> dict[str, Any]:
        """The report as JSON values, rounded to a thousandth."""
        values: dict[str, Any] = _rounded(asdict(self))
        return values


def lessons(run: Path) -> Iterator[tuple[Recipe, Planes]]:
    """Training tiles for the judge, with their recipes."""
    tiles = ((path, number) for path in shard_paths(run, "tile") for number in range(len(np.load(path, mmap_mode="r"))))
    for path, number in islice(tiles, LESSON_TILES):
        fact = json.loads(path.with_suffix(".jsonl").read_text().splitlines()[number])
        fact.pop("captions")
        yield Recipe(**fact), np.load(path, mmap_mode="r")[number].astype(np.float32) / 255


def evaluate(
    family: GrainMini,
    codec: MaterialAutoencoder,
    judge: Judge,
    *,
    tiles: int,
    steps: int,
    guidance: float,
    seed: int,
    progress: Progress,
) -> Report:
    """Measures a family on `tiles` held-out captions."""
    recipes = chosen(tiles)
    real = [recipe.make(np.random.default_rng(REAL_SEED + n)).planes() for n, recipe in enumerate(recipes)]
    progress(f"{tiles} real tiles rendered")
    requests = [request(each, seed=seed + n, steps=steps, guidance=guidance) for n, each in enumerate(recipes)]
    made = list(sample(family, requests))
    progress(f"{tiles} tiles made")
    large = [request(each, seed=seed, steps=steps, guidance=guidance, size=512) for each in recipes[:LARGE_TILES]]
    border = ORIGIN * codec.RATIO  # where the family puts it
    turned = recipes[1:] + recipes[:1]
    return Report(
        settings={"model": family.name, "tiles": tiles, "steps": steps, "guidance": guidance, "seed": seed},
        generated=adherence(judge, recipes, made),
        real=adherence(judge, recipes, real),
        shuffled=adherence(judge, turned, made),
        seams=seams(made),
        large_seams=seams(sample(family, large)),
        real_seams=seams(np.roll(planes, (border, border), axis=(1, 2)) for planes in real),
        codec=reconstruction(codec, real),
        missed=list(missed(judge, recipes, made)),
    )


def adherence(judge: Judge, recipes: Sequence[Recipe], tiles: Sequence[Planes]) -> Adherence:
    """What share of the tiles shows what the recipes say."""
    pairs = [(recipe, judge.verdict(recipe, planes)) for recipe, planes in zip(recipes, tiles, strict=True)]
    counted = [seen.number == recipe.count for recipe, seen in pairs if recipe.count]
    return Adherence(
        family=float(np.mean([seen.family == recipe.family for recipe, seen in pairs])),
        colour=float(np.mean([seen.colour == recipe.colour for recipe, seen in pairs])),
        count=float(np.mean(counted)),
    )


def missed(judge: Judge, recipes: Sequence[Recipe], tiles: Sequence[Planes]) -> Iterator[str]:
    """A line for each tile that shows something else."""
    for recipe, planes in zip(recipes, tiles, strict=True):
        seen = judge.verdict(recipe, planes)
        if (seen.family, seen.colour, seen.number) != (recipe.family, recipe.colour, recipe.count):
            asked = (recipe.colour, recipe.family, recipe.count)
            yield f"asked {_words(*asked)}, seen {_words(seen.colour, seen.family, seen.number)}"


def seams(tiles: Iterable[Planes]) -> Seams:
    """Over all tiles and both ways."""
    found = np.array([seam(planes) for planes in tiles])
    worst = found.max(axis=1)
    return Seams(mean=float(found.mean()), worst=float(worst.max()), seamless=float((worst < SEAMLESS).mean()))


@torch.no_grad()
def reconstruction(codec: MaterialAutoencoder, tiles: Sequence[Planes]) -> Codec:
    """How well the autoencoder keeps tiles."""
    rows = []
    for planes in tiles:
        tile = torch.from_numpy(planes)[None] * 2 - 1
        error = ((codec.decode(codec.encode(tile)) - tile) / 2).square().mean(dim=(0, 2, 3))
        groups = torch.stack([error[:3].mean(), error[3], error[5]])
        rows.append(-10 * torch.log10(groups.clamp_min(1e-6)))
    colour, roughness, height = torch.stack(rows).mean(dim=0).tolist()
    return Codec(colour=colour, roughness=roughness, height=height)


def _words(colour: str, family: str, count: int) -> str:
    return f"{colour} {family}" + (f" x{count}" if count else "")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    return round(value, 3) if isinstance(value, float) else value
