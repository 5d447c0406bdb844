"""The protocol of policies, and how several are one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""(h, w, 3) in sRGB."""
Pictures = Sequence[Picture] | NDArray[np.uint8]
"""Several, or a clip (l, h, w, 3)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is refused."""

    rule: str
    """Name of the rule that it breaks: what callers are told, next to the reason."""
    reason: str
    """In words."""


class Policy(Protocol):
    """Judges what is asked for and what is made. Equal things must be judged alike, wherever a job is resumed.

    Methods may block and are called from several threads. One that raises refuses, as an internal error.
    """

    def judge_prompt(self, text: str) -> Refusal | None:
        """A prompt, before a job is made of it."""

    def judge_picture(self, picture: Picture) -> Refusal | None:
        """A picture or a frame: one that was given, or one that is to be stored."""


class Place(Enum):
    """Where something was refused; the value is the reason that callers are told."""

    PROMPT = "POLICY_PROMPT"
    INPUT = "POLICY_IMAGE"
    OUTPUT = "POLICY_OUTPUT"


class Refused(Exception):
    """A policy refuses it, now and every time that it is tried: change what is asked for."""

    def __init__(self, place: Place, refusal: Refusal, field: str = "") -> None:
        super().__init__(place, refusal, field)
        self.place = place
        self.refusal = refusal
        self.field = field
        """Of the request; empty for what was made."""

    def __str__(self) -> str:
        what = self.field or ("what was made" if self.place is Place.OUTPUT else "the prompt")
        return f"{what} is refused by policy {self.refusal.rule!r}: {self.refusal.reason}"


MOST_FRAMES = 16
"""Of a clip that are judged, evenly spread, the first and the last among them."""


class Policies:
    """Several policies as one: what any refuses is refused."""

    def __init__(self, policies: Sequence[Policy] = ()) -> None:
        self._policies = tuple(policies)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._policies)

    def check_prompt(self, field: str, text: str) -> None:
        """Raises Refused."""
        for policy in self._policies:
            if text and (refusal := policy.judge_prompt(text)) is not None:
                raise Refused(Place.PROMPT, refusal, field)

    def check_pictures(self, place: Place, pictures: Pictures, field: str = "") -> None:
        """Raises Refused for the first of them that is refused."""
        for picture in _spread(pictures) if self._policies else ():
            for policy in self._policies:
                if (refusal := policy.judge_picture(picture)) is not None:
                    raise Refused(place, refusal, field)


def _spread(pictures: Pictures) -> Iterable[Picture]:
    count = len(pictures)
    numbers = sorted({round(place) for place in np.linspace(0, count - 1, min(count, MOST_FRAMES))}) if count else []
    return (pictures[number] for number in numbers)
