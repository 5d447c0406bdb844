"""ZIP files that jobs made, opened without trust."""

import re
import zipfile
from pathlib import Path
from typing import IO

from kinoform_client.errors import DataLossError, ErrorDetails

FRAME = re.compile(r"frame_\d{4,}\.png")
"""Entries of a PNG sequence."""
MATERIAL = re.compile(r"[A-Za-z0-9_-]{1,80}\.(?:png|mtlx)")
"""Entries of a material: its maps and its MaterialX document."""


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


def _unexpected(what: str) -> DataLossError:
    return DataLossError(what, ErrorDetails(code="DATA_LOSS", reason="UNEXPECTED_ENTRY"))
