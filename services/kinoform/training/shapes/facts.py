"""What is known of a shape, and what may be asked of a family."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from kinoform.training.shapes.paint import COLOURS, Paint
from kinoform.training.shapes.shape import Part

Value = int | str
"""A count, or the name of a kind."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

Builder = Callable[[np.random.Generator, Value, Paint], Sequence[Part]]
"""(randomness, attribute value, surfaces) -> parts in any unit, fronts towards +z; thin parts suppose a size of 1.8."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a caption can say of a shape."""

    family: str
    colour: str
    """Name of the main colour."""
    finish: str
    attribute: str
    value: Value
    second: str | None
    """Name of the second colour, where one was asked for."""
    size_m: float
    """Longest side in metres."""

    def to_json(self) -> dict[str, str | int | float | None]:
        """As json.dumps takes it; Facts(**...) reads it back."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something countable, or a choice of kinds."""

    name: str
    phrases: Mapping[Value, tuple[str, ...]]
    """Value -> what is said behind the noun ("with two handles") or, of kinds, before the colour ("tall")."""
    before: bool = False
    """Whether its phrases stand before the colour."""

    @property
    def values(self) -> tuple[Value, ...]:
        """All it may be, in order."""
        return tuple(self.phrases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Shapes that one noun names."""

    build: Builder
    attribute: Attribute
    size_m: tuple[float, float]
    """Least and greatest longest side in metres."""
    nouns: tuple[str, ...]
    """The canonical one first."""
    second: str | None = None
    """The part that may have a second colour: a noun, in the plural where there are several."""
    neutral: str | None = None
    """That part's colour where none is asked for; None is the main one."""
    finishes: tuple[str, ...] = ("plain", "shiny", "metal", "golden")
    colours: tuple[str, ...] = tuple(COLOURS)


def counted(noun: str, values: Sequence[int], plural: str = "") -> Attribute:
    """So many of something: "with three legs"."""
    many = plural or noun + "s"

    def phrases(value: int) -> tuple[str, ...]:
        if value == 0:
            return f"without {many}", f"with no {many}"
        if value == 1:
            return f"with one {noun}", f"with a single {noun}"
        return f"with {NUMBERS[value]} {many}", f"that has {NUMBERS[value]} {many}", f"having {NUMBERS[value]} {many}"

    return Attribute(many, {value: phrases(value) for value in values})


def having(thing: str) -> Attribute:
    """With something or without it; `thing` has its article: "arms", "a lid"."""
    bare = thing.removeprefix("a ").removeprefix("an ")
    return Attribute(
        bare, {"with": (f"with {thing}", f"that has {thing}"), "without": (f"without {thing}", f"with no {bare}")}
    )


def kinds(name: str, **words: tuple[str, ...]) -> Attribute:
    """One of several kinds, by the adjectives for each."""
    phrases: dict[Value, tuple[str, ...]] = {kind: words[kind] for kind in words}
    return Attribute(name, phrases, before=True)
