"""Training solids on disk: shards of samples that are read by row, without loading the rest."""

import itertools
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kinoform.training.form.lessons import lesson
from kinoform.training.form.samples import Sample, sample
from kinoform.training.furniture.catalogue import FOLDER, catalogue, split
from kinoform.training.furniture.lessons import lessons
from kinoform.training.shapes.catalogue import FAMILIES

SHARD = 500
"""Parametric solids in a shard."""
FURNITURE_SHARD = 50
"""Items of furniture in one, less those whose names say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Samples of some solids, memory-mapped; each array has them along its first axis (see `Sample`)."""

    name: str
    """Of its folder."""
    grids: npt.NDArray[np.int8]
    points: npt.NDArray[np.float16]
    values: npt.NDArray[np.int8]
    views: npt.NDArray[np.uint8]
    facts: Sequence[dict[str, Any]]
    """Of each solid: `caption`, `size_m`, and whatever else is known of it, as JSON values."""

    def __len__(self) -> int:
        return len(self.grids)


def write_shards(rank: int, processes: int, folder: Path, families: tuple[str, ...], first: int, last: int) -> None:
    """Writes shards first..last - 1 of parametric solids; this process takes its share. One that exists is left alone.

    A shard is a function of its number and the families.
    """
    for number in range(first + rank, last, processes):
        if not (folder / "solids" / f"{number:04d}" / "facts.json").exists():
            _write_shard(folder / "solids" / f"{number:04d}", number, families)


def write_furniture(rank: int, processes: int, folder: Path, passes: int, libraries: Path = FOLDER) -> None:
    """Writes shards of Sweet Home 3D's furniture but the items held out; this process takes its share.

    Each pass has every item once, seen from another side. Raises NotInstalled, BadModel.
    """
    items = split(catalogue(libraries))[0]
    starts = range(0, len(items), FURNITURE_SHARD)
    for number, (_, start) in list(enumerate(itertools.product(range(passes), starts)))[rank::processes]:
        path = folder / "solids" / f"furniture-{number:04d}"
        if not (path / "facts.json").exists():
            made = list(lessons(items[start : start + FURNITURE_SHARD]))
            samples = [
                sample(field, np.random.default_rng([number, place, 3])) for place, (field, _) in enumerate(made)
            ]
            save_shard(path, samples, [known for _, known in made])


def families_of(shards: Sequence[Shard]) -> tuple[str, ...]:
    """The parametric families that shards show, sorted."""
    return tuple(sorted({known["family"] for shard in shards for known in shard.facts} & set(FAMILIES)))


def save_shard(path: Path, samples: Sequence[Sample], facts: Sequence[dict[str, Any]]) -> None:
    """Writes a shard; its facts come last, so that a shard with facts is whole."""
    path.mkdir(parents=True, exist_ok=True)
    for name in Sample._fields:
        np.save(path / f"{name}.npy", np.stack([getattr(each, name) for each in samples]))
    partial = path / "facts.part"
    partial.write_text(json.dumps(list(facts)))
    os.replace(partial, path / "facts.json")


def read_shards(folder: Path) -> list[Shard]:
    """All whole shards of a run folder, in order. FileNotFoundError without any."""
    paths = sorted(path.parent for path in (folder / "solids").glob("*/facts.json"))
    if not paths:
        raise FileNotFoundError(f"no solids in {folder / 'solids'}: run `prepare` first")
    return [read_shard(path) for path in paths]


def read_shard(path: Path) -> Shard:
    """One shard's folder."""
    arrays = {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in Sample._fields}
    facts = json.loads((path / "facts.json").read_text())
    return Shard(
        name=path.name,
        grids=arrays["grid"],
        points=arrays["points"],
        values=arrays["values"],
        views=arrays["views"],
        facts=facts,
    )


def _write_shard(path: Path, number: int, families: tuple[str, ...]) -> None:
    samples, facts = [], []
    for place in range(SHARD):
        solid, known, caption = lesson(number, place, families)
        samples.append(sample(solid, np.random.default_rng([number, place, 1])))
        facts.append({"caption": caption, **known.to_json()})
    save_shard(path, samples, facts)
