"""The caption grammar: many ways to say the same facts."""

import numpy as np

from kinoform.training.shapes.catalogue import FAMILIES
from kinoform.training.shapes.facts import Facts, Family

UNSAID = 0.12
"""Share of captions that leave the attribute out."""

PREFIXES = {
    "plain": ("",), "shiny": ("shiny", "glossy"), "wooden": ("wooden",), "metal": ("metal", "metallic"),
    "golden": ("golden", "gold"),
}  # fmt: skip
"""Finish -> adjectives, canonical first."""
MATERIALS = {"wooden": "made of wood", "metal": "made of metal", "golden": "made of gold"}


def caption(facts: Facts, rng: np.random.Generator | None = None) -> str:
    """The canonical caption, such as "a red chair with arms"; or one of its phrasings, drawn from `rng`.

    Only a drawn one may leave the attribute out."""
    family = FAMILIES[facts.family]
    said = rng is None or rng.random() >= UNSAID
    phrase = _choose(rng, family.attribute.phrases[facts.value]) if said else ""
    kind, suffix = (phrase, "") if family.attribute.before else ("", phrase)
    finish, material = _finish(facts, rng)
    both = facts.second is not None and _chance(rng, 0.3)
    colours = f"{facts.colour} and {facts.second}" if both else facts.colour
    hidden = _colour_goes_without_saying(facts, finish or material, rng) and not both
    # "a golden round trophy" would be odd; any order of the rest is said.
    adjectives = [kind, "" if hidden else colours, finish]
    if finish and finish not in ("wooden", "metal", "metallic") and not hidden:
        adjectives = [finish, kind, colours]
    noun = _choose(rng, family.nouns)
    head = " ".join(filter(None, [*adjectives, noun]))
    if facts.second is None or both:
        tail = suffix
    elif family.second == family.attribute.name:
        tail = _coloured(facts, family.attribute.phrases[facts.value][0], suffix)
    else:
        tail = _tail(suffix, _second(facts, family), rng)
    article = "a" if rng is None else str(rng.choice(["a", "the", "one"], p=[0.8, 0.1, 0.1]))
    return " ".join(filter(None, [_article(article, head), head, tail, material]))


def _finish(facts: Facts, rng: np.random.Generator | None) -> tuple[str, str]:
    """What is said of the finish before the noun, and at the end: one of the two."""
    if facts.finish in MATERIALS and _chance(rng, 0.3):
        return "", MATERIALS[facts.finish]
    return _choose(rng, PREFIXES[facts.finish]), ""


def _colour_goes_without_saying(facts: Facts, finish: str, rng: np.random.Generator | None) -> bool:
    if not finish:
        return False
    if facts.finish == "golden":
        return True
    return (facts.finish, facts.colour) in (("wooden", "brown"), ("metal", "grey")) and _chance(rng, 0.5)


def _second(facts: Facts, family: Family) -> str:
    part = f"{facts.second} {family.second}"
    return f"with {part}" if part.endswith("s") else f"with {_article('a', part)} {part}"


def _coloured(facts: Facts, phrase: str, suffix: str) -> str:
    """The attribute's own phrase with the second colour before its noun: "with two red handles"."""
    counted, _, noun = (suffix or phrase).rpartition(" ")
    if suffix:
        return f"{counted} {facts.second} {noun}"
    return f"with {facts.second} {noun}" if noun.endswith("s") else f"with a {facts.second} {noun}"


def _tail(suffix: str, second: str, rng: np.random.Generator | None) -> str:
    """Both behind the noun, in either order, with one "with" where they share it."""
    if not suffix or not second:
        return suffix or second
    if suffix.startswith(("without ", "with no ")):
        # The other way round, the second part would be denied too.
        return f"{second} and {suffix.removeprefix('with ')}"
    for verb in ("with ", "that has ", "having "):
        if suffix.startswith(verb):
            things = [suffix.removeprefix(verb), second.removeprefix("with ")]
            break
    return verb + " and ".join(reversed(things) if _chance(rng, 0.5) else things)


def _choose(rng: np.random.Generator | None, options: tuple[str, ...]) -> str:
    """The first of them, or, drawn, that one in half the cases."""
    if rng is None or len(options) == 1 or rng.random() < 0.5:
        return options[0]
    return options[int(rng.integers(1, len(options)))]


def _chance(rng: np.random.Generator | None, share: float) -> bool:
    return rng is not None and rng.random() < share


def _article(article: str, text: str) -> str:
    return "an" if article == "a" and text[0] in "aeiou" else article
