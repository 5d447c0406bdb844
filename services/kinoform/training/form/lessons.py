"""Which solids form-mini is taught."""

import numpy as np

from kinoform.training.shapes.catalogue import FAMILIES
from kinoform.training.shapes.draw import draw
from kinoform.training.shapes.facts import Facts
from kinoform.training.shapes.shape import Shape

CORE = (
    *("chair", "stool", "table", "round table", "bench", "sofa", "bed", "shelf", "ladder", "lamp"),
    *("mug", "vase", "bowl", "bottle", "house", "castle", "stairs", "tree", "fir tree", "cactus", "mushroom"),
    *("snowman", "rocket", "car", "bus", "boat", "aeroplane", "gear", "star", "crown", "robot", "cake"),
)
"""What a run of hours on two cores can teach; a longer one may take all FAMILIES."""

EVERY = tuple(FAMILIES)


def lesson(number: int, place: int, families: tuple[str, ...]) -> tuple[Shape, Facts, str]:
    """The solid at a place of a shard, with its facts and one of its captions: families equally often."""
    rng = np.random.default_rng([number, place, 0])
    return draw(rng, family=families[int(rng.integers(len(families)))])
