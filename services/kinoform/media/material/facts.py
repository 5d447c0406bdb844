"""What a material's files say about it beside the pictures: JSON, read back with distrust."""

import json
from dataclasses import dataclass
from typing import Self

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported

MAPS = ("base_colour", "roughness", "metallic", "height")
"""Those from which the others follow."""
_VERSION = 1
_MOST_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Facts:
    """Sizes in metres, as in MaterialMaps, and the file name of each map, in the same folder."""

    size_m: float
    height_m: float
    files: dict[str, str]

    def to_json(self) -> str:
        """UTF-8 text, equal for equal facts."""
        facts = {
            "kinoform_material": _VERSION,
            "size_m": self.size_m,
            "height_m": self.height_m,
            "maps": self.files,
        }
        return json.dumps(facts, indent=2) + "\n"

    @classmethod
    def of_json(cls, data: bytes) -> Self:
        """Raises MediaCorrupt, MediaTooLarge, MediaUnsupported."""
        if len(data) > _MOST_BYTES:
            raise MediaTooLarge(f"a material's JSON file of {len(data)} bytes; at most {_MOST_BYTES} are allowed")
        try:
            facts = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise MediaCorrupt(f"a material's JSON file cannot be read: {type(error).__name__}") from error
        if not isinstance(facts, dict) or facts.get("kinoform_material") != _VERSION:
            raise MediaUnsupported(f"a material's JSON file says `kinoform_material`: {_VERSION}")
        files = facts.get("maps")
        if not isinstance(files, dict) or not all(isinstance(files.get(name), str) for name in MAPS):
            raise MediaCorrupt(f"`maps` names the files of {', '.join(MAPS)}")
        return cls(_metres(facts, "size_m"), _metres(facts, "height_m"), {name: files[name] for name in MAPS})


def _metres(facts: dict[str, object], name: str) -> float:
    value = facts.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MediaCorrupt(f"`{name}` is a number, got {type(value).__name__}")
    try:
        return float(value)
    except OverflowError as error:
        raise MediaCorrupt(f"`{name}` is beyond all numbers") from error
