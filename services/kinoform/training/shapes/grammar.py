"""The caption grammar: many ways to say the same facts."""

import numpy as np

from kinoform.training.shapes.catalogue import FAMILIES
from kinoform.training.shapes.facts import Facts, Family

UNSAID = 0.12
"""Share of drawn captions that leave the attribute out."""

QUALITIES = {"shiny": ("shiny", "glossy"), "golden": ("golden", "gold")}
"""Finish -> adjectives that stand before all others, canonical first."""
STUFFS = {"wooden": ("wooden",), "metal": ("metal", "metallic")}
"""Finish -> adjectives that stand right before the noun, canonical first."""
MATERIALS = {"wooden": "made of wood", "metal": "made of metal", "golden": "made of gold"}

DENIALS = ("without ", "with no ")
VERBS = ("with ", "that has ", "having ")


def caption(facts: Facts, rng: np.random.Generator | None = None) -> str:
    """The canonical caption, such as "a red chair with arms"; or one of its phrasings, drawn from `rng`.

    The colour is always said, but for golden things and some wooden (brown) and metal (grey) ones; only a drawn
    caption may leave the attribute out."""
    family = FAMILIES[facts.family]
    unsaid = _chance(rng, UNSAID)
    phrase = "" if unsaid else _choose(rng, family.attribute.phrases[facts.value])
    paired = facts.second is not None and facts.finish != "golden" and _chance(rng, 0.3)
    material = MATERIALS[facts.finish] if facts.finish in MATERIALS and _chance(rng, 0.3) else ""
    words = [
        "" if material else _choose(rng, QUALITIES.get(facts.finish, ("",))),
        phrase if family.attribute.before else "",
        f"{facts.colour} and {facts.second}" if paired else _colour(facts, rng),
        "" if material else _choose(rng, STUFFS.get(facts.finish, ("",))),
        _choose(rng, family.nouns),
    ]
    suffix = "" if family.attribute.before else phrase
    tail = suffix if paired else _with_second(facts, family, suffix, rng)
    # Next to the noun, so that it is not the second part that seems made of it.
    return _articled(" ".join(filter(None, [*words, material, tail])), rng)


def _colour(facts: Facts, rng: np.random.Generator | None) -> str:
    """The main colour, unless the material says it."""
    if facts.finish == "golden":
        return ""
    implied = (facts.finish, facts.colour) in (("wooden", "brown"), ("metal", "grey"))
    return "" if implied and _chance(rng, 0.5) else facts.colour


def _with_second(facts: Facts, family: Family, suffix: str, rng: np.random.Generator | None) -> str:
    """The attribute's phrase, empty where unsaid, and the second colour's: "with two chimneys and a white roof"."""
    if facts.second is None or family.second is None:
        return suffix
    if family.second == family.attribute.name:
        counted, _, noun = (suffix or family.attribute.phrases[facts.value][0]).rpartition(" ")
        return f"{counted if suffix else 'with'} {facts.second} {noun}"
    part = f"{facts.second} {family.second}"
    part = part if part.endswith("s") else _articled(part, None)
    if not suffix:
        return f"with {part}"
    if suffix.startswith(DENIALS):
        # The other way round, the second part would be denied too.
        return f"with {part} and {suffix.removeprefix('with ')}"
    verb = next(verb for verb in VERBS if suffix.startswith(verb))
    things = [suffix.removeprefix(verb), part]
    return verb + " and ".join(reversed(things) if _chance(rng, 0.5) else things)


def _articled(words: str, rng: np.random.Generator | None) -> str:
    if _chance(rng, 0.2):
        return f"the {words}" if _chance(rng, 0.5) else f"one {words}"
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _choose(rng: np.random.Generator | None, options: tuple[str, ...]) -> str:
    """The first of them in half the cases, and always where nothing is drawn."""
    if rng is None or len(options) == 1 or rng.random() < 0.5:
        return options[0]
    return options[int(rng.integers(1, len(options)))]


def _chance(rng: np.random.Generator | None, share: float) -> bool:
    return rng is not None and rng.random() < share
