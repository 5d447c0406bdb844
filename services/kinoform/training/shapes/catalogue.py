"""All families by name, and shapes of given facts."""

from collections.abc import Mapping

import numpy as np

from kinoform.training.shapes.facts import Facts, Family
from kinoform.training.shapes.families import buildings, furniture, nature, things, vehicles, vessels
from kinoform.training.shapes.paint import Paint
from kinoform.training.shapes.shape import Shape

FAMILIES: Mapping[str, Family] = {
    **furniture.FAMILIES,
    **vessels.FAMILIES,
    **buildings.FAMILIES,
    **nature.FAMILIES,
    **vehicles.FAMILIES,
    **things.FAMILIES,
}
"""Name, which is also the canonical noun -> family."""


def build(facts: Facts, rng: np.random.Generator) -> Shape:
    """A shape of these facts, its proportions and shades drawn from `rng`."""
    family = FAMILIES[facts.family]
    paint = Paint(rng, facts.colour, facts.finish, facts.second or family.neutral or facts.colour)
    return Shape(family.build(rng, facts.value, paint))
