"""How strongly, and in which steps, a picture leads, as options have it."""

import re

from kinoform_client.errors import invalid
from kinoform_client.sync.inputs import PictureInput
from kinoform_client.views import View

_VIEW = re.compile(r"(.+?)(?::(\d*\.?\d+)(?::(\d*\.?\d+)-(\d*\.?\d+))?)?")


def parse_view(option: str, given: str) -> View[PictureInput]:
    """`FILE`, `FILE:0.5` or `FILE:0.5:0-0.3`. Raises InvalidArgumentError, naming the option."""
    found = _VIEW.fullmatch(given)
    if found is None:
        raise invalid(option, f"must be FILE[:STRENGTH[:FROM-TO]]; got {given!r}")
    file, strength, first, last = found.groups()
    steps = None if first is None else (float(first), float(last))
    return View(file, None if strength is None else float(strength), steps)
