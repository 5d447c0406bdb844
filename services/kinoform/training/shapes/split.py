"""Which combinations no training caption may show."""

import hashlib

from kinoform.training.shapes.facts import Value

PERIOD = 10
"""One combination in so many is held out."""


def is_held_out(family: str, colour: str, value: Value) -> bool:
    """Whether this combination is kept for evaluation; a hash decides, so new families move none of the others."""
    digest = hashlib.sha256(f"{family}/{colour}/{value}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % PERIOD == 0
