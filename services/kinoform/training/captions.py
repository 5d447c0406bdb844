"""The caption grammar: who, what happens and where, with sizes, pairs and phrasings; and what is held out."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from kinoform.training.cast import CAST, SUBJECTS
from kinoform.training.stages import BACKGROUNDS

MOTIONS = {
    "moves to the left": ("moves left", "goes to the left", "slides left"),
    "moves to the right": ("moves right", "goes to the right", "slides right"),
    "moves up": ("goes up", "rises", "floats upwards"),
    "moves down": ("goes down", "sinks", "glides downwards"),
    "bounces": ("hops", "jumps up and down", "is bouncing"),
    "flies in a circle": ("moves in a circle", "goes round in circles", "circles"),
    "swings": ("sways from side to side", "is swinging", "rocks to and fro"),
    "spins": ("turns around itself", "is spinning", "rotates"),
    "grows": ("gets bigger", "is growing", "becomes larger"),
    "shrinks": ("gets smaller", "is shrinking", "becomes smaller"),
    "falls": ("tumbles down", "is falling", "drops"),
    "stays still": ("stands still", "stays in place", "rests"),
}
"""Canonical phrase -> other ways to say it."""

PLURAL = {
    "moves": "move", "bounces": "bounce", "flies": "fly", "swings": "swing", "spins": "spin", "grows": "grow",
    "shrinks": "shrink", "falls": "fall", "stays": "stay", "goes": "go", "slides": "slide", "rises": "rise",
    "floats": "float", "sinks": "sink", "glides": "glide", "hops": "hop", "jumps": "jump", "is": "are",
    "circles": "circle", "sways": "sway", "rocks": "rock", "turns": "turn", "rotates": "rotate", "gets": "get",
    "becomes": "become", "tumbles": "tumble", "drops": "drop", "stands": "stand", "rests": "rest",
}  # fmt: skip
"""First word of a motion -> what two of them do."""

SIZES = {"small": ("small", "little", "tiny"), "medium": ("",), "big": ("big", "large", "huge")}
"""Name -> the words for it, canonical first."""
MEDIUM = list(SIZES).index("medium")


@dataclass(frozen=True, slots=True, order=True)
class Triple:
    """What a clip of one actor shows: indices into CAST (subjects first), MOTIONS and BACKGROUNDS, in their order."""

    subject: int
    motion: int
    background: int

    def phrases(self) -> tuple[str, str, str]:
        """The three phrases that, joined by spaces, make the canonical caption."""
        return _article(list(CAST)[self.subject]), list(MOTIONS)[self.motion], list(BACKGROUNDS)[self.background]

    def caption(self) -> str:
        """The canonical caption, such as "a penguin moves to the left over a teal background"."""
        return " ".join(self.phrases())


@dataclass(frozen=True, slots=True, order=True)
class Script:
    """What any clip shows: one actor of some size or two smaller ones, who do the same thing in one place."""

    actors: tuple[int, ...]
    """One or two indices into CAST; two stand side by side, or one above the other where they move sideways."""
    motion: int
    background: int
    size: int = MEDIUM
    """Index into SIZES; of one actor only."""

    def triples(self) -> list[Triple]:
        """A triple for each actor."""
        return [Triple(actor, self.motion, self.background) for actor in self.actors]

    def caption(self, rng: random.Random | None = None) -> str:
        """The canonical caption, or one of its phrasings drawn from `rng`."""
        motion, others = list(MOTIONS.items())[self.motion]
        place, elsewhere = list(BACKGROUNDS.items())[self.background]
        sizes = list(SIZES.values())[self.size]
        if rng is not None:
            motion = rng.choice([motion, *others])
            place = rng.choice([place, *elsewhere.phrasings])
        size = sizes[0] if rng is None else rng.choice(sizes)
        names = [f"{size} {list(CAST)[actor]}".strip() for actor in self.actors]
        if len(names) == 2:
            first, _, rest = motion.partition(" ")
            motion = f"{PLURAL[first]} {rest}".strip()
        article = "a" if rng is None else rng.choice(["a", "the", "one"])
        who = " and ".join(_article(name) if article == "a" else f"{article} {name}" for name in names)
        return f"{who} {motion} {place}"


def script(triple: Triple) -> Script:
    """One actor of medium size."""
    return Script((triple.subject,), triple.motion, triple.background)


def parse(caption: str) -> Triple:
    """The triple of a subject's canonical caption; ValueError for any other text."""
    for triple in every_triple():
        if triple.caption() == caption:
            return triple
    raise ValueError(f"not a caption of the grammar: {caption!r}")


def every_triple() -> Iterator[Triple]:
    """All combinations of subjects (not of the whole cast), in order."""
    for subject in range(len(SUBJECTS)):
        for motion in range(len(MOTIONS)):
            for background in range(len(BACKGROUNDS)):
                yield Triple(subject, motion, background)


def is_held_out(triple: Triple) -> bool:
    """Whether no training clip may show this, in any size or company; one in nine, evenly over all pairs of phrases."""
    return triple.subject < len(SUBJECTS) and (triple.subject + triple.motion + triple.background) % 9 == 4


@lru_cache(maxsize=1)
def held_out() -> frozenset[Triple]:
    """The triples of subjects never trained on: 427 of 3,840."""
    return frozenset(filter(is_held_out, every_triple()))


def training_triples() -> list[Triple]:
    """All triples of subjects that are not held out, in order."""
    return [triple for triple in every_triple() if not is_held_out(triple)]


def _article(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' and not name.startswith('uni') else 'a'} {name}"
