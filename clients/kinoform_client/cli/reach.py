"""How strongly, and in which steps, a picture leads, as options have it."""

import re

from kinoform_client.errors import invalid
from kinoform_client.sync.inputs import PictureInput
from kinoform_client.views import View

_VIEW = re.compile(r"(.+?)(?::(\d*\.?\d+)(?::(\d*\.?\d+-\d*\.?\d+))?)?")
_STEPS = re.compile(r"(\d*\.?\d+)-(\d*\.?\d+)")


def parse_steps(option: str, given: str | None) -> tuple[float, float] | None:
    """`0-0.5` as shares of the steps. Raises InvalidArgumentError, naming the option."""
    if given is None:
        return None
    found = _STEPS.fullmatch(given.strip())
    if found is None:
        raise invalid(option, f"must be FROM-TO, two shares of the steps such as 0-0.5; got {given!r}")
    return float(found[1]), float(found[2])


def parse_view(option: str, given: str) -> View[PictureInput]:
    """`FILE`, `FILE:0.5` or `FILE:0.5:0-0.3`. Raises InvalidArgumentError, naming the option."""
    found = _VIEW.fullmatch(given)
    if found is None:
        raise invalid(option, f"must be FILE[:STRENGTH[:FROM-TO]]; got {given!r}")
    file, strength, steps = found.groups()
    return View(file, None if strength is None else float(strength), parse_steps(option, steps))
