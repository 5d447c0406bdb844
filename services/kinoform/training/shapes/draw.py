"""Training samples, and the captions to be measured on."""

from collections.abc import Collection

import numpy as np

from kinoform.training.shapes.catalogue import FAMILIES, build
from kinoform.training.shapes.facts import Facts, Value
from kinoform.training.shapes.grammar import caption
from kinoform.training.shapes.paint import BOUND, COLOURS
from kinoform.training.shapes.shape import Shape
from kinoform.training.shapes.split import combinations, held_out_of

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
    return (facts.colour, facts.value) in held_out_of(facts.family)


def held_out_captions(count: int = 200, families: Collection[str] = tuple(FAMILIES)) -> list[tuple[str, Facts]]:
    """`count` canonical captions, all different, of held-out combinations; the families, then their combinations in
    turn, then other finishes and second colours. A longer list begins with a shorter one.

    ValueError for more than there are, some thousands for all families."""
    captions: dict[str, Facts] = {}
    for lap in range(100 + count):
        for place, name in enumerate(FAMILIES):
            kept = held_out_of(name) if name in families else ()
            if kept and len(captions) < count:
                facts = _complete(np.random.default_rng([7, lap, place]), name, *kept[lap % len(kept)])
                captions.setdefault(caption(facts), facts)
        if len(captions) == count:
            return list(captions.items())
    raise ValueError(f"count {count}, but only {len(captions)} captions were found")


def _draw_facts(rng: np.random.Generator, family: str | None, value: Value | None, colour: str | None) -> Facts:
    name = family if family is not None else str(rng.choice(list(FAMILIES)))
    pairs = [
        (a_colour, a_value)
        for a_colour, a_value in combinations(name)
        if colour in (None, a_colour) and value in (None, a_value) and (a_colour, a_value) not in held_out_of(name)
    ]
    if not pairs:
        raise ValueError(f"nothing to train on of family {name!r}, colour {colour!r}, {value!r}")
    return _complete(rng, name, *pairs[int(rng.integers(len(pairs)))])


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
