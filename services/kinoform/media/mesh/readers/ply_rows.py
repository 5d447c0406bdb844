"""The header and the rows of a PLY file."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt, MediaUnsupported

Columns = dict[str, npt.NDArray[np.generic]]
"""(n,) each, by property."""
Polygons = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""Corners of each (m,), and the vertex of each corner, one polygon after another."""
_TYPES = {
    **dict.fromkeys(("char", "int8"), "i1"),
    **dict.fromkeys(("uchar", "uint8"), "u1"),
    **dict.fromkeys(("short", "int16"), "i2"),
    **dict.fromkeys(("ushort", "uint16"), "u2"),
    **dict.fromkeys(("int", "int32"), "i4"),
    **dict.fromkeys(("uint", "uint32"), "u4"),
    **dict.fromkeys(("float", "float32"), "f4"),
    **dict.fromkeys(("double", "float64"), "f8"),
}
_ORDERS = {"binary_little_endian": "<", "binary_big_endian": ">", "ascii": ""}
_INDICES: Final = ("vertex_indices", "vertex_index")


class Property(NamedTuple):
    """A number, or a list of numbers."""

    name: str
    kind: str
    """Of numpy, without byte order."""
    count_kind: str | None
    """Of the length in front of a list."""


@dataclass(frozen=True, slots=True)
class Element:
    """So many rows of the same properties."""

    name: str
    count: int
    properties: list[Property]


def header(text: bytes) -> tuple[str, list[Element]]:
    """Byte order, empty for text, and elements, in the file's order. Raises MediaCorrupt."""
    order: str | None = None
    elements: list[Element] = []
    for line in text.decode("latin-1").splitlines()[1:]:
        match line.split():
            case ["format", name, "1.0"] if name in _ORDERS:
                order = _ORDERS[name]
            case ["element", name, count] if count.isascii() and count.isdigit() and len(count) <= 18:
                elements.append(Element(name, int(count), []))
            case ["property", "list", count, kind, name] if elements and count in _TYPES and kind in _TYPES:
                elements[-1].properties.append(Property(name, _TYPES[kind], _TYPES[count]))
            case ["property", kind, name] if elements and kind in _TYPES:
                elements[-1].properties.append(Property(name, _TYPES[kind], None))
            case ["comment" | "obj_info", *_] | []:
                pass
            case _:
                raise MediaCorrupt(f"a PLY header with the line {line[:80]!r}")
    if order is None:
        raise MediaCorrupt("a PLY header without a format")
    return order, elements


class BinaryRows:
    """Takes one element after another off a binary body."""

    def __init__(self, body: bytes, order: str) -> None:
        self._body = body
        self._order = order
        self._offset = 0

    def scalars(self, element: Element) -> Columns:
        """Rows without lists. Raises MediaCorrupt, MediaUnsupported."""
        _check_no_lists(element)
        rows = self._take(element.count, _row_type(element, {}, self._order))
        return {property_.name: rows[property_.name] for property_ in element.properties}

    def polygons(self, element: Element) -> Polygons:
        """The list of vertex indices; other properties are passed over. Raises MediaCorrupt."""
        name = _indices_of(element)
        start = self._offset
        first = self._row(element) if element.count else {}
        lengths = {key: len(values) for key, values in first.items()}
        self._offset = start
        kind = _row_type(element, lengths, self._order)
        if lengths and kind.itemsize * element.count <= len(self._body) - start:
            rows = self._take(element.count, kind)
            if all((rows[_count_of(key)] == length).all() for key, length in lengths.items()):
                corners = rows[name].astype(np.int64).reshape(-1)
                return np.full(element.count, lengths[name], np.int64), corners
            self._offset = start
        return _collected(self._row(element)[name] for _ in range(element.count))

    def _take(self, count: int, kind: np.dtype[np.void]) -> npt.NDArray[np.void]:
        if kind.itemsize * count > len(self._body) - self._offset:
            raise MediaCorrupt(f"a PLY file that ends before {count} rows of {kind.itemsize} bytes")
        rows = np.frombuffer(self._body, kind, count, self._offset)
        self._offset += kind.itemsize * count
        return rows

    def _row(self, element: Element) -> dict[str, npt.NDArray[np.generic]]:
        """The lists of the next row."""
        lists = {}
        for name, kind, count_kind in element.properties:
            if count_kind is None:
                self._numbers(kind, 1)
            else:
                lists[name] = self._numbers(kind, int(self._numbers(count_kind, 1)[0]))
        return lists

    def _numbers(self, kind: str, count: int) -> npt.NDArray[np.generic]:
        dtype = np.dtype(self._order + kind)
        if not 0 <= count * dtype.itemsize <= len(self._body) - self._offset:
            raise MediaCorrupt(f"a PLY file that ends within a list of {count}")
        numbers: npt.NDArray[np.generic] = np.frombuffer(self._body, dtype, count, self._offset)
        self._offset += count * dtype.itemsize
        return numbers


class TextRows:
    """Takes one element after another off a body of text."""

    def __init__(self, body: bytes) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DeprecationWarning)  # numpy's word for "not all of this is numbers"
            try:
                self._numbers = np.fromstring(body.decode("ascii").strip(), np.float64, sep=" ")
            except (ValueError, DeprecationWarning) as error:
                raise MediaCorrupt("the rows of a PLY file are not all numbers") from error
        self._offset = 0

    def scalars(self, element: Element) -> Columns:
        """Rows without lists, as float64. Raises MediaCorrupt, MediaUnsupported."""
        _check_no_lists(element)
        width = len(element.properties)
        rows = self._take(element.count * width).reshape(element.count, width)
        return {property_.name: rows[:, index] for index, property_ in enumerate(element.properties)}

    def polygons(self, element: Element) -> Polygons:
        """The list of vertex indices; other properties are passed over. Raises MediaCorrupt."""
        name = _indices_of(element)
        if element.count > len(self._numbers) - self._offset:
            raise MediaCorrupt(f"a PLY file that ends before {element.count} faces")
        return _collected(self._row(element)[name] for _ in range(element.count))

    def _row(self, element: Element) -> dict[str, npt.NDArray[np.generic]]:
        lists: dict[str, npt.NDArray[np.generic]] = {}
        for name, _, count_kind in element.properties:
            if count_kind is None:
                self._take(1)
            else:
                (length,) = self._take(1)
                lists[name] = self._take(_integers(np.array([length]))[0])
        return lists

    def _take(self, count: int) -> npt.NDArray[np.float64]:
        if not 0 <= count <= len(self._numbers) - self._offset:
            raise MediaCorrupt(f"a PLY file that ends before its next {count} numbers")
        self._offset += count
        return self._numbers[self._offset - count : self._offset]


def _check_no_lists(element: Element) -> None:
    if not element.properties or any(property_.count_kind for property_ in element.properties):
        raise MediaUnsupported(f"a PLY element {element.name[:80]!r} without properties, or with lists")


def _indices_of(element: Element) -> str:
    for property_ in element.properties:
        if property_.name in _INDICES and property_.count_kind:
            return property_.name
    raise MediaCorrupt("PLY faces without vertex_indices")


def _count_of(name: str) -> str:
    return f"{name} count"  # no property's name has a space


def _row_type(element: Element, lengths: dict[str, int], order: str) -> np.dtype[np.void]:
    """Of rows whose lists all have these lengths."""
    fields: list[tuple[str, str] | tuple[str, str, tuple[int]]] = []
    for name, kind, count_kind in element.properties:
        if count_kind is None:
            fields.append((name, order + kind))
        elif name in lengths:
            fields += [(_count_of(name), order + count_kind), (name, order + kind, (lengths[name],))]
    try:
        return np.dtype(fields)
    except ValueError as error:
        raise MediaCorrupt(f"a PLY element {element.name[:80]!r} with two properties of one name") from error


def _collected(polygons: Iterable[npt.NDArray[np.generic]]) -> Polygons:
    corners = [_integers(polygon) for polygon in polygons]
    counts = np.array([len(polygon) for polygon in corners], np.int64)
    return counts, np.concatenate([np.zeros(0, np.int64), *corners])


def _integers(numbers: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Also from floats that are integers, as text has them. Raises MediaCorrupt."""
    with np.errstate(invalid="ignore"):
        integers = numbers.astype(np.int64)
    if (integers != numbers).any():
        raise MediaCorrupt("a PLY index or count that is no integer")
    return integers
