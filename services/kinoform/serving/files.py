"""Files that a job leaves behind."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from kinoform.serving.reports import Report

NAME_CHARACTERS = 60


@dataclass(frozen=True, slots=True)
class WrittenFile:
    """A file on this machine, to be stored."""

    role: str
    """`video`, `poster`, `glb`, …: once in a job."""
    path: Path
    """Its last part is the name to save under."""
    media_type: str
    report: Report | None = None
    """What was found when it was read back."""


Writer = Callable[[Path], Sequence[WrittenFile]]
"""Writes into the empty folder that it is given. Equal jobs write equal bytes."""


def slug(words: str, otherwise: str) -> str:
    """A file's name, without its ending, made of a prompt's words; `otherwise` if there are none."""
    joined = re.sub(r"[^\w]+", "-", words.lower()).strip("-_")
    return joined[:NAME_CHARACTERS].rstrip("-_") or otherwise
