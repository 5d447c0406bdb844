"""Boxes of a manifest store (JUMBF, ISO/IEC 19566-5), as far as signing needs them."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

SUPER, DESCRIPTION, SALT = b"jumb", b"jumd", b"c2sh"
_HEADER, _UUID = 8, 16
_HAS_LABEL, _HAS_ID, _HAS_DIGEST, _HAS_PRIVATE = 0x02, 0x04, 0x08, 0x10


class Box(NamedTuple):
    """Part of a manifest store: its kind, and where its content begins and ends."""

    kind: bytes
    start: int
    end: int


class Described(NamedTuple):
    """A box with a label."""

    label: str
    box: Box
    salt: Box | None


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """The boxes that lie one after the other there. Raises ValueError where they do not."""
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < _HEADER or start + size > end:
            raise ValueError(f"no box at {start}: a size of {size} bytes")
        yield Box(kind, start + _HEADER, start + size)
        start += size


def described(data: bytes, inside: Box | None = None) -> Iterator[Described]:
    """Every labelled box, outer ones first."""
    within = inside or Box(SUPER, 0, len(data))
    for box in boxes(data, within.start, within.end):
        if box.kind == SUPER:
            description = next(boxes(data, box.start, box.end))
            yield _described(data, box, description)
            yield from described(data, Box(SUPER, description.end, box.end))


def _described(data: bytes, box: Box, description: Box) -> Described:
    place = description.start + _UUID
    toggles, place = data[place], place + 1
    label = ""
    if toggles & _HAS_LABEL:
        end = data.index(b"\0", place)
        label, place = data[place:end].decode(), end + 1
    place += 4 * bool(toggles & _HAS_ID) + 32 * bool(toggles & _HAS_DIGEST)
    private = boxes(data, place, description.end) if toggles & _HAS_PRIVATE else iter(())
    return Described(label, box, next((each for each in private if each.kind == SALT), None))
