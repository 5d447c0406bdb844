"""Which combinations no training caption may show."""

import hashlib
from functools import cache

from kinoform.training.shapes.catalogue import FAMILIES
from kinoform.training.shapes.facts import Value

PERIOD = 10
"""About one combination in so many is held out."""


def combinations(name: str) -> list[tuple[str, Value]]:
    """Every colour and attribute value of a family, colours changing fastest."""
    family = FAMILIES[name]
    return [(colour, value) for value in family.attribute.values for colour in family.colours]


@cache
def held_out_of(name: str) -> tuple[tuple[str, Value], ...]:
    """The family's combinations of colour and value that are kept for evaluation.

    A hash of their names decides, so that no other family, colour or value has a say."""
    return tuple((colour, value) for colour, value in combinations(name) if _hash(name, colour, value) % PERIOD == 0)


def _hash(name: str, colour: str, value: Value) -> int:
    return int.from_bytes(hashlib.sha256(f"{name}/{colour}/{value}".encode()).digest()[:8], "big")
