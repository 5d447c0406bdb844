"""Threads for the work that must not hold up the step loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Pools:
    """One thread reads conditions, one finishes clips: each is deterministic alone, and neither waits for the other."""

    def __init__(self, *, finish_workers: int = 1) -> None:
        self._encode = ThreadPoolExecutor(1, "kinoform-encode")
        self._finish = ThreadPoolExecutor(finish_workers, "kinoform-finish")

    async def encode(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs work that comes before the steps."""
        return await _run(self._encode, work, *args, **kwargs)

    async def finish(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Runs work that comes after the steps."""
        return await _run(self._finish, work, *args, **kwargs)

    def close(self) -> None:
        """Drops what waits and waits for what runs."""
        self._encode.shutdown(cancel_futures=True)
        self._finish.shutdown(cancel_futures=True)


async def _run(pool: ThreadPoolExecutor, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    return await asyncio.wrap_future(pool.submit(work, *args, **kwargs))
