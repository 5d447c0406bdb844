"""Rendered pictures on disk: shards that are read by row, without loading the rest."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kinoform.training.depth.bank import SEEDS, Bank, Half, read_bank
from kinoform.training.depth.views import CAMERAS, SIDE, Sample, samples

SCENES = 50
"""In a shard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Pictures of some scenes, memory-mapped; each array has them along its first axis (see `Sample`)."""

    name: str
    """Of its folder."""
    pictures: npt.NDArray[np.uint8]
    inverse_depths: npt.NDArray[np.float16]
    normals: npt.NDArray[np.int8]
    sources: Sequence[str]
    """Keys of the furniture items that any picture may show."""

    def __len__(self) -> int:
        return len(self.pictures)


def write_shards(
    rank: int,
    processes: int,
    folder: Path,
    half: Half,
    count: int,
    scenes: int = SCENES,
    side: int = SIDE,
    cameras: int = CAMERAS,
) -> None:
    """Writes shards 0..count - 1 of a half into `folder`/HALF; this process takes its share. One that exists is left
    alone: a shard is a function of its number and of the bank. Raises FileNotFoundError without a bank."""
    bank = read_bank(folder / "bank" / half)
    for number in range(rank, count, processes):
        path = folder / half / f"{number:04d}"
        if not (path / "facts.json").exists():
            _write_shard(path, bank, range(number * scenes, (number + 1) * scenes), half, side, cameras)


def read_shards(folder: Path, half: Half) -> list[Shard]:
    """All whole shards of a half, in order. FileNotFoundError without any."""
    paths = sorted(path.parent for path in (folder / half).glob("*/facts.json"))
    if not paths:
        raise FileNotFoundError(f"no pictures in {folder / half}: run `prepare` first")
    return [_read_shard(path) for path in paths]


def _read_shard(path: Path) -> Shard:
    arrays = {name: np.load(path / f"{name}.npy", mmap_mode="r") for name in Sample._fields}
    return Shard(
        name=path.name,
        pictures=arrays["picture"],
        inverse_depths=arrays["inverse_depth"],
        normals=arrays["normals"],
        sources=json.loads((path / "facts.json").read_text())["sources"],
    )


def _write_shard(path: Path, bank: Bank, scenes: range, half: Half, side: int, cameras: int) -> None:
    """Its facts come last, so that a shard with facts is whole."""
    path.mkdir(parents=True, exist_ok=True)
    made = [each for scene in scenes for each in samples(SEEDS[half] + scene, bank, side, cameras)]
    for name in Sample._fields:
        np.save(path / f"{name}.npy", np.stack([getattr(sample, name) for sample, _ in made]))
    partial = path / "facts.part"
    partial.write_text(json.dumps({"sources": sorted({key for _, sources in made for key in sources})}))
    os.replace(partial, path / "facts.json")
