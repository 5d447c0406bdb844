"""The items of Debian's `sweethome3d-furniture`: names, sizes, licences, and where their models are.

A .sh3f file is a zip file with a Java properties file, whose keys end in `#` and the item's number
(http://www.sweethome3d.com, "Furniture library editor")."""

import hashlib
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kinoform.training.furniture.errors import BadModel, NotInstalled

FOLDER = Path("/usr/share/sweethome3d/furniture")
HELD_OUT = 80
"""Items that no training may see."""


class Licence(NamedTuple):
    """What an item may be used under."""

    name: str
    url: str


CC0 = Licence("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/")
BY = Licence("CC BY 3.0", "https://creativecommons.org/licenses/by/3.0/")
BY_US = Licence("CC BY 3.0 US", "https://creativecommons.org/licenses/by/3.0/us/")

_LICENCES = {
    "Public domain": CC0,
    "Creative Commons Attribution 3.0 license": BY,
    "Creative Commons Attribution 3.0 Unported license": BY,
    "Creative Commons Attribution 3.0 United States license": BY_US,
}
"""How a library's properties begin to name each; the longest that fits counts."""

_CREDITS = {
    "Scopia": "Emmanuel Puybaret / eTeks and Scopia Visual Interfaces Systems, s.l. (http://www.scopia.es)",
    "KatorLegaz": "Andrew Kator & Jennifer Legaz",
    "Reallusion": "Reallusion (http://www.reallusion.com)",
    "BlendSwap-CC-BY": "{creator}, by way of Blend Swap (http://www.blendswap.com)",
    "BlendSwap-CC-0": "{creator}, by way of Blend Swap (http://www.blendswap.com)",
}
"""Library -> whom its LICENSE.TXT asks to credit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One model of the package."""

    key: str
    """Unique and stable, such as `Scopia#bed1`."""
    name: str
    """English."""
    category: str
    size_m: tuple[float, float, float]
    """Width (x), height (y), depth (z)."""
    licence: Licence
    author: str
    """The line that credits them."""
    library: Path
    """The .sh3f file."""
    model: str
    """Path of the OBJ in it."""
    rotation: tuple[float, ...]
    """(9,) row by row: what turns the model upright, front to +z."""


def catalogue(folder: Path = FOLDER) -> list[Item]:
    """All items, by library and number. Raises NotInstalled, BadModel."""
    libraries = sorted(folder.glob("*.sh3f"))
    if not libraries:
        raise NotInstalled(folder)
    return [item for library in libraries for item in _items(library)]


def split(items: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Items to train on, and the HELD_OUT ones, both in order; a hash of the keys decides."""
    last = set(sorted((item.key for item in items), key=_hash)[:HELD_OUT])
    return [item for item in items if item.key not in last], [item for item in items if item.key in last]


def _hash(key: str) -> bytes:
    return hashlib.sha256(f"furniture/{key}".encode()).digest()


def _items(library: Path) -> list[Item]:
    with zipfile.ZipFile(library) as archive:
        text = archive.read("PluginFurnitureCatalog.properties").decode("latin-1")
    properties = parse_properties(text)
    numbers = sorted(int(key.partition("#")[2]) for key in properties if key.startswith("id#"))
    licence = _licence(library, properties.get("license", ""))
    return [_item(library, licence, properties, number) for number in numbers]


def _item(library: Path, licence: Licence, properties: dict[str, str], number: int) -> Item:
    try:
        creator = properties[f"creator#{number}"]
        width, height, depth = (float(properties[f"{side}#{number}"]) for side in ("width", "height", "depth"))
        turned = properties.get(f"modelRotation#{number}", "1 0 0 0 1 0 0 0 1")
        return Item(
            key=properties[f"id#{number}"],
            name=properties[f"name#{number}"],
            category=properties[f"category#{number}"],
            size_m=(width / 100, height / 100, depth / 100),
            licence=licence,
            author=_CREDITS.get(library.stem, "{creator}").format(creator=creator),
            library=library,
            model=properties[f"model#{number}"].lstrip("/"),
            rotation=tuple(map(float, turned.split())),
        )
    except (KeyError, ValueError) as error:
        raise BadModel(f"item {number} of {library.name}: {error}") from error


def _licence(library: Path, text: str) -> Licence:
    named = [name for name in _LICENCES if text.startswith(name)]
    if not named:
        raise BadModel(f"a licence of {library.name} that is not known, {text[:80]!r}")
    return _LICENCES[max(named, key=len)]


def parse_properties(text: str) -> dict[str, str]:
    r"""Keys and values of a Java properties file: `key=value`, `#` comments, \uXXXX, lines that end in `\`."""
    joined = re.sub(r"\\\r?\n[ \t]*", "", text)
    return dict(_pairs(joined.splitlines()))


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for line in lines:
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith(("#", "!")):
            yield key.strip(), re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), value.strip())
