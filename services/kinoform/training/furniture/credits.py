"""Whom to thank: what CC BY 3.0, section 4(b), asks to be said of the items that are used."""

import re
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from kinoform.training.furniture.catalogue import CC0, Item

HEAD = """\
3D models of furniture
======================

Training and evaluation use models from the Debian package sweethome3d-furniture (https://www.sweethome3d.com), cleaned
and converted to OBJ by Emmanuel Puybaret / eTeks. They were changed: turned into closed solids on a grid, scaled, and
described in words. Their authors endorse neither these changes nor this project.
"""


def credits(items: Sequence[Item]) -> str:  # noqa: A001
    """The text of a CREDITS file: by licence and author, the names of their items; CC0, which asks for none, last."""
    licences = sorted({item.licence for item in items}, key=lambda licence: (licence == CC0, licence.name))
    parts = [HEAD]
    for licence in licences:
        title = f"{licence.name} ({licence.url})"
        parts.append(f"\n{title}\n{'-' * len(title)}\n\n")
        under = [item for item in items if item.licence == licence]
        for author in sorted({item.author for item in under}, key=str.casefold):
            parts.append(f"{author}: {_names([item for item in under if item.author == author])}.\n")
    return "".join(parts)


def _names(items: Sequence[Item]) -> str:
    """Each item's name with its own key, since many share a name, and the work that its licence file names."""
    return ", ".join(f"{item.name} ({item.key.partition('#')[2] or item.key}{_work(item)})" for item in items)


_TEXT = re.compile(r'downloading (".+?" by .+?)\s*\n.*?^Downloaded from (\S+)', re.DOTALL | re.MULTILINE)
_PAGE = re.compile(r"(\d+) - (?:(.+?) +- )?license\.html", re.IGNORECASE)


def _work(item: Item) -> str:
    """Title, author and address of the work, as far as the licence file beside a model tells: Blend Swap's texts say
    all, its web pages have the number and perhaps the title in their names. Nothing without such a file."""
    with zipfile.ZipFile(item.library) as archive:
        beside = [name for name in archive.namelist() if PurePosixPath(name).parent == PurePosixPath(item.model).parent]
        for name in sorted(beside):
            if name.endswith("BLENDSWAP_LICENSE.txt") and (told := _TEXT.search(archive.read(name).decode("latin-1"))):
                return f", from {told[1]}, {told[2]}"
            if page := _PAGE.fullmatch(PurePosixPath(name).name):
                title = "" if page[2] is None else f'"{page[2].strip()}", '
                return f", from {title}http://www.blendswap.com/blends/view/{page[1]}"
    return ""
