"""A tiny ICC profile, written by hand after ICC.1:2001-04: what a picture with unusual primaries carries."""

import struct

WHITE = (0.9642, 1.0, 0.8249)
"""D50, the profile connection space's."""
SRGB_COLUMNS = {"r": (0.4361, 0.2225, 0.0139), "g": (0.3851, 0.7169, 0.0971), "b": (0.1431, 0.0606, 0.7141)}
"""sRGB's primaries adapted to D50."""


def matrix_profile(red: str, green: str, blue: str, gamma: float = 2.2) -> bytes:
    """An RGB profile whose channels have the sRGB primaries of that name, in another order perhaps."""
    columns = dict(zip(("rXYZ", "gXYZ", "bXYZ"), (SRGB_COLUMNS[name] for name in (red, green, blue)), strict=True))
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    tags = {
        "desc": b"desc" + bytes(4) + struct.pack(">I", 5) + b"test\0" + bytes(78),
        "cprt": b"text" + bytes(4) + b"none\0\0\0\0",
        "wtpt": _xyz(WHITE),
        **{name: _xyz(column) for name, column in columns.items()},
        **dict.fromkeys(("rTRC", "gTRC", "bTRC"), curve),
    }
    table, body, offset = b"", b"", 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        padded = data + bytes(-len(data) % 4)
        table += name.encode() + struct.pack(">II", offset + len(body), len(data))
        body += padded
    rest = struct.pack(">I", len(tags)) + table + body
    return _header(128 + len(rest)) + rest


def _header(size: int) -> bytes:
    illuminant = b"".join(struct.pack(">i", round(value * 65536)) for value in WHITE)
    head = struct.pack(">I4sI4s4s4s", size, b"none", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    date, signature = struct.pack(">6H", 2026, 1, 1, 0, 0, 0), b"acsp"
    return (head + date + signature + bytes(28) + illuminant).ljust(128, b"\0")


def _xyz(values: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(struct.pack(">i", round(value * 65536)) for value in values)
