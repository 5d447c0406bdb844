"""Where a job's files are saved."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from kinoform_client._core.requests import ASSET_NAME, CONDITIONING_NAME
from kinoform_client.cli.progress import JobView
from kinoform_client.sync.handles import JobHandle


class Place(Protocol):
    """Where a job's files go."""

    def save(self, job: JobHandle, view: JobView) -> list[Path]:
        """Downloads them; gives what is there now."""


def slug(prompt: str, fallback: str) -> str:
    """A file name's stem from a prompt: `a-penguin-moves-to-the-left`."""
    words = re.sub(r"[^\w]+", "-", prompt.lower()).strip("-_")
    return words[:60].rstrip("-_") or fallback


def stem_of(file: str, fallback: str) -> str:
    """The stem of an input file's name, for what is made of it; assets and conditionings have none."""
    return fallback if ASSET_NAME.fullmatch(file) or CONDITIONING_NAME.fullmatch(file) else Path(file).stem


def unused(stem: str, suffixes: Iterable[str]) -> str:
    """The stem, numbered if a file or folder of that name and one of the suffixes is there already."""
    ends = tuple(suffixes)
    name, number = stem, 2
    while any(Path(f"{name}{end}").exists() for end in ends):
        name, number = f"{stem}-{number}", number + 1
    return name


def names_folder(output: str) -> bool:
    """It ends like a folder's name, or is a folder."""
    return output.endswith(("/", "\\")) or Path(output).is_dir()
