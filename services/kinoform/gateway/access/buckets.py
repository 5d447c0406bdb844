"""Token buckets: at most so many a minute, a few at once."""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

MOST_KEYS = 10_000
"""Remembered at once. Who was seen longest ago is forgotten first, and begins with a full bucket."""


class _Level(NamedTuple):
    tokens: float
    at: float


class Buckets:
    """A bucket for each key, full at first."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """clock: seconds that never go back."""
        self._clock = clock
        self._levels: OrderedDict[str, _Level] = OrderedDict()

    def take(self, key: str, *, burst: float, per_s: float) -> float:
        """Take a token: 0.0 if there was one, else seconds until there is one."""
        now = self._clock()
        level = self._levels.get(key, _Level(burst, now))
        tokens = min(burst, level.tokens + (now - level.at) * per_s)
        taken = tokens >= 1.0
        self._levels[key] = _Level(tokens - 1.0 if taken else tokens, now)
        self._levels.move_to_end(key)
        if len(self._levels) > MOST_KEYS:
            self._levels.popitem(last=False)
        if taken:
            return 0.0
        return (1.0 - tokens) / per_s if per_s > 0 else float("inf")
