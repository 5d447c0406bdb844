"""Foreign JSON, read by asking for what must be there; each refusal says where."""

import math
from collections.abc import Iterator
from typing import Final

from kinoform.media.errors import MediaCorrupt, MediaTooLarge

_MAX_INTEGER: Final = 1 << 53


class Node:
    """A JSON value of unknown kind, and the path to it."""

    def __init__(self, value: object, path: str) -> None:
        self._value = value
        self._path = path

    def __contains__(self, key: str) -> bool:
        return key in self._object()

    def node(self, key: str) -> "Node":
        """The object at a key; an empty one, if there is none."""
        return self._at(key, {})

    def nodes(self, key: str, limit: int) -> list["Node"]:
        """The array at a key; an empty one, if there is none. Raises MediaTooLarge above the limit."""
        path, values = f"{self._path}.{key}", self._object().get(key, [])
        if not isinstance(values, list):
            raise MediaCorrupt(f"{path} is no array")
        if len(values) > limit:
            raise MediaTooLarge(f"{path} has {len(values)} entries; at most {limit} are allowed")
        return [Node(value, f"{path}[{index}]") for index, value in enumerate(values)]

    def __iter__(self) -> Iterator[str]:
        """The keys of an object."""
        return iter(self._object())

    def text(self, key: str, default: str = "") -> str:
        """The string at a key."""
        value = self._object().get(key, default)
        if not isinstance(value, str):
            raise MediaCorrupt(f"{self._path}.{key} is no string")
        return value

    def flag(self, key: str) -> bool:
        """The truth value at a key; false, if there is none."""
        value = self._object().get(key, False)
        if not isinstance(value, bool):
            raise MediaCorrupt(f"{self._path}.{key} is no truth value")
        return value

    def integer(self, key: str, default: int | None = None) -> int:
        """The integer at a key, at least 0."""
        return self._at(key, default).as_integer()

    def number(self, key: str, default: float) -> float:
        """The finite number at a key."""
        return self._at(key, default)._as_number()

    def numbers(self, key: str, default: tuple[float, ...]) -> list[float]:
        """As many finite numbers as the default has."""
        if key not in self:
            return list(default)
        values = [node._as_number() for node in self.nodes(key, 1 << 16)]
        if len(values) != len(default):
            raise MediaCorrupt(f"{self._path}.{key} has {len(values)} numbers, not {len(default)}")
        return values

    def as_integer(self) -> int:
        """This value, an integer of at least 0."""
        value = self._value
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_INTEGER:
            raise MediaCorrupt(f"{self._path} is no integer of at least 0: {str(value)[:40]}")
        return value

    def as_text(self) -> str:
        """This value, a string."""
        if not isinstance(self._value, str):
            raise MediaCorrupt(f"{self._path} is no string")
        return self._value

    def _as_number(self) -> float:
        value = self._value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise MediaCorrupt(f"{self._path} is no number")
        if (isinstance(value, int) and abs(value) > _MAX_INTEGER) or not math.isfinite(value):
            raise MediaCorrupt(f"{self._path} is not finite")
        return float(value)

    def _at(self, key: str, default: object) -> "Node":
        path, value = f"{self._path}.{key}", self._object().get(key, default)
        if value is None:
            raise MediaCorrupt(f"{path} is missing")
        return Node(value, path)

    def _object(self) -> dict[str, object]:
        if not isinstance(self._value, dict):
            raise MediaCorrupt(f"{self._path} is no object")
        return self._value


def entry(nodes: list[Node], index: int, what: str) -> Node:
    """The node at an index that a file gave. Raises MediaCorrupt."""
    if index >= len(nodes):
        raise MediaCorrupt(f"{what} {index} of {len(nodes)}")
    return nodes[index]
