"""The caption grammar: finish, colour, name and number, in several orders."""

import numpy as np

from kinoform.training.grain.finish import FINISHES
from kinoform.training.grain.recipe import FAMILIES, Recipe

NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
JOINTS = ("a seamless", "in", "in a row", "with a", "finish", "texture", "material")
"""What stands between the words that say something."""
UNNAMED_COLOUR = 0.3
"""Share of the captions that leave out a colour which is natural to the family."""


def canonical(recipe: Recipe) -> str:
    """Such as "blue square tiles, four per row" or "glossy red leather"."""
    words = f"{recipe.finish} {recipe.colour} {recipe.family}".strip()
    return f"{words}, {NUMBERS[recipe.count]} per row" if recipe.count else words


def phrased(recipe: Recipe, rng: np.random.Generator) -> str:
    """One of the many ways to say it."""
    family = FAMILIES[recipe.family]
    name = _one(rng, (recipe.family, recipe.family, *family.synonyms))
    finish = _one(rng, FINISHES[recipe.finish]) if recipe.finish else ""
    unnamed = recipe.colour in family.natural and rng.random() < UNNAMED_COLOUR
    colour = "" if unnamed else recipe.colour
    order = int(rng.integers(4))
    if order == 0 and colour:
        text = f"{finish} {name} in {colour}"
    elif order == 1 and finish:
        text = f"{colour} {name} with a {finish} finish"
    elif order == 2:
        text = f"a seamless {finish} {colour} {name} {_one(rng, ('texture', 'material'))}"
    else:
        text = f"{finish} {colour} {name}"
    text = " ".join(text.split())
    return f"{text}, {_number(recipe.count, rng)}" if recipe.count else text


def _number(count: int, rng: np.random.Generator) -> str:
    return _one(rng, (f"{NUMBERS[count]} per row", f"{count} per row", f"{NUMBERS[count]} in a row"))


def _one(rng: np.random.Generator, options: tuple[str, ...]) -> str:
    return options[int(rng.integers(len(options)))]
