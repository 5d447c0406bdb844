"""Rendered materials on disk, in shards that a stopped run goes on from: each is a pure function of its number."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kinoform.training.grain.captions import canonical, phrased
from kinoform.training.grain.noise import UNIT
from kinoform.training.grain.recipe import Recipe, drawn

Levels = npt.NDArray[np.uint8]
"""(k, 6, n, n): red, green, blue, roughness, metallic, height, 0 to 255."""

SHARD = 32
"""Tiles of UNIT pixels in a shard."""
LARGE_SHARD = 4
LARGE = 2 * UNIT
CAPTIONS = 3
"""Ways to say what a tile shows: the canonical one and others."""


def prepare(folder: Path, shards: int, large_shards: int) -> None:
    """Renders what folder/materials lacks of `shards` of SHARD tiles and `large_shards` of LARGE_SHARD larger ones."""
    for number in range(max(shards, large_shards)):
        if number < shards:
            _write(folder, "tile", number, UNIT, SHARD)
        if number < large_shards:
            _write(folder, "large", number, LARGE, LARGE_SHARD)


def shard_paths(folder: Path, kind: str) -> list[Path]:
    """Finished shards of a kind, "tile" or "large", in order."""
    return sorted((folder / "materials").glob(f"{kind}-*.npy"))


def captions_of(shard: Path) -> list[list[str]]:
    """CAPTIONS captions for each tile of a shard."""
    return [line["captions"] for line in map(json.loads, shard.with_suffix(".jsonl").read_text().splitlines())]


def to_levels(planes: Sequence[npt.NDArray[np.float32]]) -> Levels:
    """(k, 6, n, n) levels of planes in [0, 1]."""
    return np.round(np.stack(list(planes)) * 255).astype(np.uint8)


def _write(folder: Path, kind: str, number: int, size: int, count: int) -> None:
    path = folder / "materials" / f"{kind}-{number:05d}.npy"
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([number, size])
    recipes = [drawn(rng) for _ in range(count)]
    levels = to_levels([recipe.make(rng, size).planes() for recipe in recipes])
    path.with_suffix(".jsonl").write_text("".join(json.dumps(_facts(recipe, rng)) + "\n" for recipe in recipes))
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.save(file, levels)
    os.replace(partial, path)


def _facts(recipe: Recipe, rng: np.random.Generator) -> dict[str, object]:
    captions = [canonical(recipe), *(phrased(recipe, rng) for _ in range(CAPTIONS - 1))]
    return {**asdict(recipe), "captions": captions}
