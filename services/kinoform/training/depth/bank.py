"""What scenes are furnished with, made once for a run folder: things and tiles, for lessons and for the exam apart."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaError
from kinoform.training.depth.meshes import Thing, furniture_thing, shape_thing
from kinoform.training.depth.tiles import pyramid, tile
from kinoform.training.furniture.catalogue import FOLDER, Item, catalogue, split
from kinoform.training.furniture.errors import FurnitureError

Half = Literal["lessons", "exam"]
SEEDS: dict[Half, int] = {"lessons": 0, "exam": 1_000_000}
"""Where each half's seeds begin: no solid, tile or scene is in both."""
PART = 40
"""Things, or tiles, in a file."""


class Sizes(NamedTuple):
    """How much is made of each kind; furniture: items at most."""

    solids: int = 400
    tiles: int = 240
    furniture: int = 820


EXAM = Sizes(solids=80, tiles=60, furniture=80)


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Things in the order furniture, solids."""

    things: list[Thing]
    sizes_m: list[float | None]
    """Longest side of each thing; None where any will do."""
    sources: list[str | None]
    """The furniture item's key."""
    texels: npt.NDArray[np.uint8]
    """(n, texels, 3): see `tiles.pyramid`."""


def write_bank(rank: int, processes: int, folder: Path, half: Half, sizes: Sizes, libraries: Path = FOLDER) -> None:
    """Writes the parts of a half's bank into `folder`; this process takes its share, and leaves what exists alone."""
    seed, items = SEEDS[half], _items(half, libraries)[: sizes.furniture]
    jobs = [
        *(("furniture", start, len(items)) for start in range(0, len(items), PART)),
        *(("solids", start, sizes.solids) for start in range(0, sizes.solids, PART)),
        *(("tiles", start, sizes.tiles) for start in range(0, sizes.tiles, PART)),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for kind, start, last in jobs[rank::processes]:
        path = folder / f"{kind}-{start:04d}.npz"
        numbers = range(start, min(start + PART, last))
        if path.exists():
            continue
        if kind == "tiles":
            made = np.stack([tile(np.random.default_rng([seed + number, 5])) for number in numbers])
            _save(path, tiles=made)
        elif kind == "solids":
            _save_things(path, [(shape_thing(seed + number), None, None) for number in numbers])
        else:
            _save_things(path, [found for number in numbers if (found := _furniture(items[number])) is not None])


def read_bank(folder: Path) -> Bank:
    """All parts of a bank's folder. FileNotFoundError where there are none."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise FileNotFoundError(f"no bank in {folder}: run `prepare` first")
    things: list[Thing] = []
    sizes: list[float | None] = []
    sources: list[str | None] = []
    tiles = []
    for path in paths:
        with np.load(path) as part:
            if "tiles" in part:
                tiles.append(part["tiles"])
                continue
            cuts = np.cumsum(part["counts"])[:-1]
            arrays = (np.split(part[name].astype(np.float32), cuts) for name in Thing._fields)
            things += [Thing(*each) for each in zip(*arrays, strict=True)]
            known = json.loads(str(part["known"]))
            sizes += [size for size, _ in known]
            sources += [source for _, source in known]
    return Bank(things, sizes, sources, pyramid(np.concatenate(tiles)))


def _items(half: Half, libraries: Path) -> list[Item]:
    """None where the furniture is not installed: scenes then have the solids alone."""
    if not libraries.is_dir():
        return []
    return split(catalogue(libraries))[half == "exam"]


def _furniture(item: Item) -> tuple[Thing, float, str] | None:
    try:
        return furniture_thing(item), max(item.size_m), item.key
    except (FurnitureError, MediaError, ValueError):
        return None  # an item that is damaged or too large: there are hundreds of others


def _save_things(path: Path, made: list[tuple[Thing, float | None, str | None]]) -> None:
    things = [thing for thing, _, _ in made]
    arrays = {name: np.concatenate([getattr(thing, name) for thing in things]) for name in Thing._fields}
    known = json.dumps([(size, source) for _, size, source in made])
    _save(path, counts=np.array([len(thing.corners) for thing in things]), known=np.array(known), **arrays)


def _save(path: Path, **arrays: npt.NDArray[np.generic]) -> None:
    partial = path.with_suffix(".part")
    with partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    os.replace(partial, path)
