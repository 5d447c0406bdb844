"""ZIP files that jobs made, opened without trust."""

import json
import re
import zipfile
from pathlib import Path
from typing import IO

from kinoform_client.errors import DataLossError, ErrorDetails

FRAME = re.compile(r"frame_\d{4,}\.png")
"""Entries of a PNG sequence."""
MATERIAL = re.compile(r"[A-Za-z0-9_-]{1,80}\.(?:png|mtlx|json|glb)")
"""Entries of a material: maps and previews, its MaterialX document, its description, a ball."""


def open_stored(file: str | IO[bytes], entries: re.Pattern[str]) -> zipfile.ZipFile:
    """The archive, if it holds stored files with such names and nothing else. Raises DataLossError.

    Stored, not deflated: so what comes out is no larger than what was downloaded. The names have no folders: so nothing
    is ever written outside the one that they are put into.
    """
    try:
        archive = zipfile.ZipFile(file)
    except zipfile.BadZipFile as error:
        raise _unexpected(f"the archive can't be read: {error}") from error
    for entry in archive.infolist():
        if not entries.fullmatch(entry.filename) or entry.compress_type != zipfile.ZIP_STORED:
            archive.close()
            raise _unexpected(f"the archive holds {entry.filename!r}")
    return archive


def unpack(archive: Path, entries: re.Pattern[str], folder: Path) -> list[Path]:
    """Puts the archive's files into the folder; gives them in the archive's order. Raises DataLossError."""
    with open_stored(str(archive), entries) as opened:
        opened.extractall(folder)
        return [folder / name for name in opened.namelist()]


def map_files(material: zipfile.ZipFile) -> dict[str, str]:
    """The names of a material's maps, `base_colour` and so on, and those of their files. Raises DataLossError."""
    descriptions = [name for name in material.namelist() if name.endswith(".json")]
    try:
        (description,) = descriptions
        maps = dict(json.loads(material.read(description))["maps"])
    except (ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise _unexpected("the archive describes no maps") from error
    there = material.namelist()
    if any(file not in there for file in maps.values()):
        raise _unexpected("the archive lacks maps that it describes")
    return maps


def _unexpected(what: str) -> DataLossError:
    return DataLossError(what, ErrorDetails(code="DATA_LOSS", reason="UNEXPECTED_ENTRY"))
