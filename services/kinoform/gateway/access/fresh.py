"""What was read a moment ago, so that a flood of calls is no flood of queries."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """A value that is loaded again, by one call for all, once it is too old."""

    def __init__(self, load: Callable[[], T], max_age_s: float, clock: Callable[[], float]) -> None:
        """load: blocks; clock: seconds that never go back."""
        self._load = load
        self._max_age_s = max_age_s
        self._clock = clock
        self._loading = asyncio.Lock()
        self._value: tuple[float, T] | None = None

    async def get(self, max_age_s: float | None = None) -> T:
        """The value, no older than that. Raises what `load` raises: what is too old is no answer."""
        limit = self._max_age_s if max_age_s is None else max_age_s
        asked = self._clock()
        async with self._loading:
            # Counted from the call: whoever waited for another one's load need not load again.
            if self._value is None or asked - self._value[0] > limit:
                begun = self._clock()
                self._value = (begun, await asyncio.to_thread(self._load))
            return self._value[1]
