"""Threads for the work that must not hold up the step loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Pools:
    """Two threads read inputs, one encodes, one draws previews, one finishes: none waits for another's work."""

    def __init__(self) -> None:
        self._read = ThreadPoolExecutor(2, "kinoform-read")
        self._encode = ThreadPoolExecutor(1, "kinoform-encode")
        self._look = ThreadPoolExecutor(1, "kinoform-look")
        self._finish = ThreadPoolExecutor(1, "kinoform-finish")

    async def read(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Reads an input, which may take long and not be worth it."""
        return await _run(self._read, work, *args, **kwargs)

    async def encode(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs work that comes before the steps."""
        return await _run(self._encode, work, *args, **kwargs)

    async def look(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs work that comes between the steps."""
        return await _run(self._look, work, *args, **kwargs)

    async def finish(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs work that comes after the steps. What is long comes in pieces, so that jobs take turns and can end."""
        return await _run(self._finish, work, *args, **kwargs)

    def close(self) -> None:
        """Drops what waits and waits for what runs."""
        for pool in (self._read, self._encode, self._look, self._finish):
            pool.shutdown(cancel_futures=True)


async def _run(pool: ThreadPoolExecutor, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await asyncio.wrap_future(pool.submit(work, *args, **kwargs))
