"""Tiles from captions, by the model family itself: what is measured is what is served."""

from collections.abc import Iterator, Sequence

from kinoform.models.grain_mini.family import ROWS, GrainMini
from kinoform.models.material import MaterialRequest
from kinoform.training.grain.captions import canonical
from kinoform.training.grain.descriptors import Planes
from kinoform.training.grain.recipe import FAMILIES, Recipe, held_out

COLOUR_STRIDE = 5
"""Held-out recipes of a family lie in the order of their colours."""


def chosen(count: int) -> list[Recipe]:
    """`count` held-out recipes: of all families in turn, each one's spread over its own, and begun in another colour
    than the family before; beyond all, again."""
    own = {name: [recipe for recipe in held_out() if recipe.family == name] for name in FAMILIES}
    turns = -(-count // len(own))
    picked = [
        found[(turn * len(found) // turns + number * COLOUR_STRIDE) % len(found)]
        for turn in range(turns)
        for number, found in enumerate(own.values())
    ]
    return picked[:count]


def request(recipe: Recipe, *, seed: int, steps: int, guidance: float, size: int = 256) -> MaterialRequest:
    """The canonical caption's request."""
    return MaterialRequest(prompt=canonical(recipe), size=size, steps=steps, guidance=guidance, seed=seed)


def sample(family: GrainMini, requests: Sequence[MaterialRequest]) -> Iterator[Planes]:
    """The planes of each request's tile, in order, before it is cut: where its seams would be, they are measured.

    Requests of one size, steps and guidance share forward passes."""
    for start in range(0, len(requests), ROWS):
        asked = requests[start : start + ROWS]
        states = [family.begin(each, family.encode(each)) for each in asked]
        for _ in range(asked[0].steps):
            states = family.denoise(states)
        yield from (family.tile(state) for state in states)
