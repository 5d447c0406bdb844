"""What a material is: family, colour, finish and, for some families, how many; and how each is made."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from kinoform.training.grain.families import masonry, metal, mineral, textile, wood
from kinoform.training.grain.finish import FINISHES, finished
from kinoform.training.grain.surface import Ground, Surface

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.68, 0.15, 0.13),
    "orange": (0.86, 0.45, 0.12),
    "yellow": (0.87, 0.75, 0.2),
    "green": (0.25, 0.5, 0.2),
    "teal": (0.1, 0.5, 0.5),
    "blue": (0.16, 0.3, 0.66),
    "purple": (0.43, 0.22, 0.58),
    "pink": (0.9, 0.55, 0.67),
    "brown": (0.42, 0.26, 0.14),
    "white": (0.9, 0.89, 0.86),
    "grey": (0.5, 0.5, 0.5),
    "black": (0.12, 0.12, 0.125),
}
"""Name -> sRGB in [0, 1]."""


class Family(NamedTuple):
    """A kind of material."""

    make: Callable[[Ground], Surface]
    natural: tuple[str, ...]
    """Colours that it has when nobody names one."""
    synonyms: tuple[str, ...]
    """Other names."""
    counts: tuple[int, ...] = ()
    """How many may lie in a row; empty for what is not counted."""


FAMILIES: dict[str, Family] = {
    "bricks": Family(masonry.bricks, ("red", "brown"), ("brick wall", "brickwork"), (2, 3, 4)),
    "square tiles": Family(masonry.square_tiles, ("white",), ("ceramic tiles", "tiles"), (2, 3, 4, 5)),
    "checkerboard": Family(masonry.checkerboard, ("grey",), ("checkered tiles", "chequered floor"), (2, 4, 6)),
    "hexagon tiles": Family(masonry.hexagon_tiles, ("white",), ("hexagonal tiles", "honeycomb tiles")),
    "roof shingles": Family(masonry.roof_shingles, ("red", "grey"), ("roof tiles", "shingles"), (2, 4, 6)),
    "cobblestones": Family(masonry.cobblestones, ("grey",), ("cobblestone pavement", "paving stones")),
    "stone wall": Family(masonry.stone_wall, ("grey", "brown"), ("natural stone wall", "rubble wall")),
    "terrazzo": Family(masonry.terrazzo, ("white", "grey"), ("terrazzo floor",)),
    "wooden planks": Family(wood.wooden_planks, ("brown",), ("wood planks", "boards"), (2, 3, 4, 5)),
    "parquet": Family(wood.parquet, ("brown",), ("parquet floor", "wooden parquet")),
    "wood": Family(wood.wood, ("brown",), ("wood grain", "polished wood")),
    "bark": Family(wood.bark, ("brown",), ("tree bark",)),
    "wicker": Family(wood.wicker, ("brown", "yellow"), ("basket weave", "wickerwork")),
    "woven fabric": Family(textile.woven_fabric, ("white", "blue"), ("cloth", "linen", "canvas")),
    "striped cloth": Family(textile.striped_cloth, ("blue", "red"), ("striped fabric", "stripes"), (2, 3, 4, 5)),
    "knitted wool": Family(textile.knitted_wool, ("white", "red"), ("knitwear", "knitted fabric")),
    "denim": Family(textile.denim, ("blue",), ("jeans fabric",)),
    "leather": Family(textile.leather, ("brown", "black"), ("grained leather",)),
    "carbon fibre": Family(textile.carbon_fibre, ("black",), ("carbon fiber", "carbon weave")),
    "quilted cloth": Family(textile.quilted_cloth, ("white",), ("quilted fabric", "quilt")),
    "brushed metal": Family(metal.brushed_metal, ("grey",), ("brushed steel", "brushed aluminium")),
    "hammered metal": Family(metal.hammered_metal, ("orange", "grey"), ("beaten metal", "hammered copper")),
    "rusted metal": Family(metal.rusted_metal, ("grey",), ("rusty metal", "rusty iron")),
    "diamond plate": Family(metal.diamond_plate, ("grey",), ("tread plate", "checker plate")),
    "corrugated metal": Family(metal.corrugated_metal, ("grey",), ("corrugated iron", "corrugated sheet")),
    "perforated metal": Family(metal.perforated_metal, ("grey",), ("perforated sheet", "metal with holes")),
    "marble": Family(mineral.marble, ("white", "black"), ("veined marble", "polished marble")),
    "granite": Family(mineral.granite, ("grey", "red"), ("speckled granite",)),
    "concrete": Family(mineral.concrete, ("grey",), ("cement", "bare concrete")),
    "plaster": Family(mineral.plaster, ("white", "yellow"), ("stucco", "plastered wall")),
    "cracked earth": Family(mineral.cracked_earth, ("brown",), ("cracked mud", "dry earth")),
    "gravel": Family(mineral.gravel, ("grey",), ("pebbles", "gravel path")),
    "sand": Family(mineral.sand, ("yellow",), ("rippled sand", "desert sand")),
    "grass": Family(mineral.grass, ("green",), ("lawn", "meadow")),
    "snow": Family(mineral.snow, ("white",), ("fresh snow",)),
    "lava": Family(mineral.lava, ("orange", "red"), ("glowing lava", "molten rock")),
}  # fmt: skip
"""Canonical name -> what it is."""

HELD_OUT_OF = 9


@dataclass(frozen=True, slots=True, order=True)
class Recipe:
    """What a caption asks for. Names are keys of FAMILIES, COLOURS and FINISHES."""

    family: str
    colour: str
    finish: str = ""
    count: int = 0
    """0 for families that are not counted."""

    @property
    def is_held_out(self) -> bool:
        """Whether no training material may be this: one in nine by a hash. What is counted is held out with its
        number whatever its finish, the others with their finish."""
        attribute = str(self.count) if self.count else self.finish
        key = f"{self.family}/{self.colour}/{attribute}".encode()
        return int.from_bytes(hashlib.sha256(key).digest()[:4], "big") % HELD_OUT_OF == 0

    def make(self, rng: np.random.Generator, size: int = 256) -> Surface:
        """A tile of `size` pixels, a multiple of 256; all that the words leave open comes from `rng`."""
        colour = np.array(COLOURS[self.colour]) * rng.uniform(0.9, 1.1) + rng.uniform(-0.025, 0.025, 3)
        ground = Ground(rng, size, np.clip(colour, 0.03, 0.95).astype(np.float32), self.count)
        return finished(FAMILIES[self.family].make(ground), self.finish, ground)


def every_recipe() -> Iterator[Recipe]:
    """All combinations of family, colour and attribute, in order; counted families without a finish."""
    for name, family in FAMILIES.items():
        for colour in COLOURS:
            if family.counts:
                yield from (Recipe(name, colour, count=count) for count in family.counts)
            else:
                yield from (Recipe(name, colour, finish) for finish in FINISHES)


@lru_cache(maxsize=1)
def held_out() -> tuple[Recipe, ...]:
    """What is never trained on, in order."""
    return tuple(recipe for recipe in every_recipe() if recipe.is_held_out)


def drawn(rng: np.random.Generator) -> Recipe:
    """A recipe to train on: every family alike often, counted ones with any finish."""
    while True:
        name = str(rng.choice(list(FAMILIES)))
        counts = FAMILIES[name].counts
        recipe = Recipe(
            name,
            str(rng.choice(list(COLOURS))),
            str(rng.choice(list(FINISHES), p=[0.4, 0.2, 0.2, 0.2])),
            int(rng.choice(counts)) if counts else 0,
        )
        if not recipe.is_held_out:
            return recipe
