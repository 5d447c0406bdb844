"""Training solids on disk: shards of samples that are read by row, without loading the rest."""

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

SHARD = 500
"""Solids in a shard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Samples of SHARD solids, memory-mapped; each array has them along its first axis (see `Sample`)."""

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
        grids=arrays["grid"], points=arrays["points"], values=arrays["values"], views=arrays["views"], facts=facts
    )


def _write_shard(path: Path, number: int, families: tuple[str, ...]) -> None:
    samples, facts = [], []
    for place in range(SHARD):
        solid, known, caption = lesson(number, place, families)
        samples.append(sample(solid, np.random.default_rng([number, place, 1])))
        facts.append({"caption": caption, **known.to_json()})
    save_shard(path, samples, facts)
