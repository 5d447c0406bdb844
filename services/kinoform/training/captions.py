"""The caption grammar: subject x motion x background, its phrasings, and the triples kept out of training."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

SUBJECTS = {
    "penguin": "1f427",
    "frog": "1f438",
    "rocket": "1f680",
    "ghost": "1f47b",
    "whale": "1f433",
    "pumpkin": "1f383",
    "pig": "1f437",
    "star": "2b50",
    "ladybug": "1f41e",
    "unicorn": "1f984",
    "mushroom": "1f344",
    "chick": "1f425",
}
"""Name -> code point of the animated emoji."""

MOTIONS = {
    "moves to the left": ("moves left", "goes to the left", "slides left"),
    "moves to the right": ("moves right", "goes to the right", "slides right"),
    "moves up": ("goes up", "rises", "floats upwards"),
    "moves down": ("goes down", "sinks", "falls down"),
    "bounces": ("hops", "jumps up and down", "is bouncing"),
    "grows": ("gets bigger", "is growing", "becomes larger"),
    "shrinks": ("gets smaller", "is shrinking", "becomes smaller"),
    "stays still": ("stands still", "does not move", "rests"),
}
"""Canonical phrase -> other ways to say it."""

BACKGROUNDS = {
    "teal": (0, 140, 140),
    "navy blue": (28, 44, 110),
    "gray": (128, 128, 132),
    "brown": (125, 85, 50),
    "beige": (232, 212, 165),
    "lavender": (190, 170, 230),
    "green": (60, 140, 70),
    "maroon": (120, 25, 50),
}
"""Name -> sRGB colour, 0..255."""

PHRASINGS = 4


@dataclass(frozen=True, slots=True, order=True)
class Triple:
    """What a clip shows: indices into SUBJECTS, MOTIONS and BACKGROUNDS, in their order."""

    subject: int
    motion: int
    background: int

    def phrases(self) -> tuple[str, str, str]:
        """The three phrases that, joined by spaces, make the canonical caption."""
        return (
            f"a {list(SUBJECTS)[self.subject]}",
            list(MOTIONS)[self.motion],
            f"over a {list(BACKGROUNDS)[self.background]} background",
        )

    def caption(self) -> str:
        """The canonical caption, such as "a penguin moves to the left over a teal background"."""
        return " ".join(self.phrases())


def parse(caption: str) -> Triple:
    """The triple of a canonical caption; ValueError for any other text."""
    for triple in every_triple():
        if triple.caption() == caption:
            return triple
    raise ValueError(f"not a caption of the grammar: {caption!r}")


def every_triple() -> Iterator[Triple]:
    """All combinations, in order."""
    for subject in range(len(SUBJECTS)):
        for motion in range(len(MOTIONS)):
            for background in range(len(BACKGROUNDS)):
                yield Triple(subject, motion, background)


@lru_cache(maxsize=1)
def held_out() -> frozenset[Triple]:
    """The triples never trained on: 210 of 768; of no pair of phrases more than three, so that each pair is seen."""
    return frozenset(t for t in every_triple() if (t.subject + t.motion + t.background) % 11 in (3, 6, 9))


def training_triples() -> list[Triple]:
    """All triples that are not held out, in order."""
    return [triple for triple in every_triple() if triple not in held_out()]


def phrasings(triple: Triple) -> list[str]:
    """PHRASINGS captions of one meaning, the canonical one first; the others are drawn by a seed of the triple."""
    rng = random.Random(f"{triple.subject}-{triple.motion}-{triple.background}")
    subject = list(SUBJECTS)[triple.subject]
    motion, others = list(MOTIONS.items())[triple.motion]
    background = list(BACKGROUNDS)[triple.background]
    captions = [triple.caption()]
    while len(captions) < PHRASINGS:
        who = rng.choice([f"a {subject}", f"the {subject}", f"one {subject}", subject])
        does = rng.choice([motion, *others])
        where = rng.choice(
            [
                f"over a {background} background",
                f"on a {background} background",
                f"in front of a {background} wall",
                f"on {background}",
            ]
        )
        captions.append(f"{who} {does} {where}")
    return captions
