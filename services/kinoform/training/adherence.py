"""Shares of clips that show what their captions say."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kinoform.training.captions import MOTIONS, Triple
from kinoform.training.cast import SUBJECTS
from kinoform.training.stages import BACKGROUNDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Adherence:
    """Shares of clips, 0 to 1, in which the judge sees what the caption says."""

    subject: float
    motion: float
    background: float
    all: float


def adherence(said: Sequence[Triple], seen: Sequence[Triple]) -> Adherence:
    """How often what is seen is what was said; both have the same length, at least 1."""
    pairs = list(zip(said, seen, strict=True))
    return Adherence(
        subject=share(a.subject == b.subject for a, b in pairs),
        motion=share(a.motion == b.motion for a, b in pairs),
        background=share(a.background == b.background for a, b in pairs),
        all=share(a == b for a, b in pairs),
    )


def by_phrase(said: Sequence[Triple], seen: Sequence[Triple]) -> dict[str, float]:
    """For each name of the vocabulary that was said: the share of its clips in which it is seen."""
    pairs = list(zip(said, seen, strict=True))
    hits: dict[str, list[bool]] = {}
    for a, b in pairs:
        hits.setdefault(list(SUBJECTS)[a.subject], []).append(a.subject == b.subject)
        hits.setdefault(list(MOTIONS)[a.motion], []).append(a.motion == b.motion)
        hits.setdefault(list(BACKGROUNDS)[a.background], []).append(a.background == b.background)
    names = [*SUBJECTS, *MOTIONS, *BACKGROUNDS]
    return {name: share(hits[name]) for name in names if name in hits}


def shuffled(triples: Sequence[Triple]) -> list[Triple]:
    """The same triples in another order: what chance alone scores against."""
    return random.Random(0).sample(list(triples), len(triples))


def share(hits: Iterable[bool]) -> float:
    """Of at least one."""
    values = list(hits)
    return sum(values) / len(values)
