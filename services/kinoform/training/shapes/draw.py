"""Training samples, and the captions to be measured on."""

import numpy as np

from kinoform.training.shapes.catalogue import FAMILIES, build
from kinoform.training.shapes.facts import Facts, Value
from kinoform.training.shapes.grammar import caption
from kinoform.training.shapes.paint import BOUND, COLOURS
from kinoform.training.shapes.shape import Shape
from kinoform.training.shapes.split import is_held_out

SECOND = 0.4
"""Share of shapes with a second colour, in families that may have one."""

FINISH_ODDS = {"plain": 0.7, "shiny": 0.15, "metal": 0.15, "wooden": 0.6, "golden": 0.3}


def draw(
    seed: int | np.random.Generator,
    family: str | None = None,
    attribute: Value | None = None,
    colour: str | None = None,
) -> tuple[Shape, Facts, str]:
    """A shape to train on, with one of its captions; what is not given is drawn. Equal seeds, equal shapes.

    ValueError where all of what is asked for is held out."""
    rng = np.random.default_rng(seed)
    facts = _draw_facts(rng, family, attribute, colour)
    return build(facts, rng), facts, caption(facts, rng)


def held_out(facts: Facts) -> bool:
    """Whether no training sample may show this, in any finish, second colour or size."""
    return is_held_out(facts.family, facts.colour, facts.value)


def held_out_captions(count: int = 200) -> list[tuple[str, Facts]]:
    """`count` canonical captions of held-out combinations, the families in turn; equal counts, equal lists."""
    kept = {name: [pair for pair in _combinations(name) if is_held_out(name, *pair)] for name in FAMILIES}
    names = [name for name in FAMILIES if kept[name]]
    captions = []
    for index in range(count):
        lap, place = divmod(index, len(names))
        name = names[place]
        rng = np.random.default_rng([7, index])
        colour, value = kept[name][lap % len(kept[name])]
        facts = _complete(rng, name, colour, value)
        captions.append((caption(facts), facts))
    return captions


def _draw_facts(rng: np.random.Generator, family: str | None, value: Value | None, colour: str | None) -> Facts:
    name = family if family is not None else str(rng.choice(list(FAMILIES)))
    pairs = [
        (a_colour, a_value)
        for a_colour, a_value in _combinations(name)
        if colour in (None, a_colour) and value in (None, a_value) and not is_held_out(name, a_colour, a_value)
    ]
    if not pairs:
        raise ValueError(f"nothing to train on of family {name!r}, colour {colour!r}, {value!r}")
    return _complete(rng, name, *pairs[int(rng.integers(len(pairs)))])


def _combinations(name: str) -> list[tuple[str, Value]]:
    """Every colour and attribute value of a family, colours changing fastest."""
    family = FAMILIES[name]
    return [(colour, value) for value in family.attribute.values for colour in family.colours]


def _complete(rng: np.random.Generator, name: str, colour: str, value: Value) -> Facts:
    """Draws the rest: finish, second colour and size."""
    family = FAMILIES[name]
    finishes = [finish for finish in family.finishes if BOUND.get(finish, colour) == colour]
    odds = np.array([FINISH_ODDS[finish] for finish in finishes])
    finish = str(rng.choice(finishes, p=odds / odds.sum()))
    second = None
    # What is not there has no colour.
    bare = family.second == family.attribute.name and value in (0, "without")
    if family.second is not None and not bare and rng.random() < SECOND:
        second = str(rng.choice([other for other in COLOURS if other != colour]))
    return Facts(
        family=name,
        colour=colour,
        finish=finish,
        attribute=family.attribute.name,
        value=value,
        second=second,
        size_m=round(float(rng.uniform(*family.size_m)), 3),
    )
