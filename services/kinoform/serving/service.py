"""A generation service: runs jobs that a gateway has leased. It writes to the asset store and knows no database."""

import asyncio
import hmac
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kinoform.serving.denoise import Tools
from kinoform.serving.job import Make
from kinoform.serving.messages import Command, Event, Reason, Released, Start
from kinoform.serving.models import Models
from kinoform.serving.requests import ReadTask
from kinoform.serving.run import Run

Task = TypeVar("Task")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade(Generic[Task]):
    """What one service does that no other does."""

    read: ReadTask[Task]
    make: Make[Task]
    models: Sequence[Models[Any, Any]]
    """Everything that `make` has running."""


class Service(Generic[Task]):
    """Every job of one process, each at most once."""

    def __init__(self, trade: Trade[Task], tools: Tools, *, token: str, max_jobs: int) -> None:
        """token: the secret that a start must carry; max_jobs: more are let go at once as OVERLOADED.

        Raises ValueError for an empty token: whoever sent none would know it.
        """
        if not token:
            raise ValueError("the engine token is empty")
        self.trade = trade
        self._tools = tools
        self._token = token
        self._max_jobs = max_jobs
        self._runs: dict[str, Run[Task]] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False

    def trusts(self, token: str) -> bool:
        """Whether it is the secret that gateway and services share."""
        return hmac.compare_digest(token.encode(), self._token.encode())

    async def run(self, start: Start[Task], commands: AsyncIterator[Command]) -> AsyncGenerator[Event, None]:
        """Does the task. The last event is Finished, Failed or Released; leaving the iterator early drops the job."""
        if (reason := self._refusal(start)) is not None:
            yield Released(reason)
            return
        ahead, run = len(self._runs), Run(start, self.trade.make, self._tools)
        self._runs[start.job] = run
        self._idle.clear()
        try:
            async with aclosing(run.events(commands, ahead=ahead)) as events:
                async for event in events:
                    yield event
        finally:
            if self._runs.get(start.job) is run:
                del self._runs[start.job]
            if not self._runs:
                self._idle.set()

    def check_health(self) -> None:
        """Raises EngineClosed when an engine has died."""
        for models in self.trade.models:
            models.check_health()

    async def close(self, *, grace_s: float) -> None:
        """Takes no more jobs, lets those that run go with a checkpoint, and stops the engines."""
        self._closing = True
        for run in self._runs.values():
            run.let_go(Reason.SHUTDOWN)
        try:
            async with asyncio.timeout(grace_s):
                await self._idle.wait()
        finally:
            for models in self.trade.models:
                await models.close()
            self._tools.benches.close()
            self._tools.pools.close()
            self._tools.blobs.close()

    def _refusal(self, start: Start[Task]) -> Reason | None:
        if self._closing:
            return Reason.SHUTDOWN
        if (older := self._runs.get(start.job)) is not None:
            if older.attempt >= start.attempt:
                return Reason.SUPERSEDED
            older.let_go(Reason.SUPERSEDED)
        elif len(self._runs) >= self._max_jobs:
            return Reason.OVERLOADED
        return None


AnyService = Service[Any]
"""A service whose tasks are its own business."""
