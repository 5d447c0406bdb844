"""The video service: runs jobs that a gateway has leased. It writes blobs to the asset store and knows no database."""

import asyncio
import hmac
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from kinoform.video.errors import WrongToken
from kinoform.video.maker import Tools
from kinoform.video.messages import Command, Event, Failed, Reason, Released, Start
from kinoform.video.run import ClipRun


class VideoService:
    """Every job of one process, each at most once."""

    def __init__(self, tools: Tools, *, token: str, max_jobs: int) -> None:
        """token: the secret that a start must carry; max_jobs: more are let go at once as OVERLOADED."""
        self._tools = tools
        self._token = token
        self._max_jobs = max_jobs
        self._runs: dict[str, ClipRun] = {}
        self._idle = asyncio.Event()
        self._idle.set()
        self._closing = False

    async def run(self, start: Start, commands: AsyncIterator[Command]) -> AsyncGenerator[Event, None]:
        """Makes the clip. The last event is Finished, Failed or Released; leaving the iterator early drops the job."""
        if not hmac.compare_digest(start.token.encode(), self._token.encode()):
            yield Failed(WrongToken())
            return
        if (reason := self._refusal(start)) is not None:
            yield Released(reason)
            return
        ahead, run = len(self._runs), ClipRun(start, self._tools)
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
        self._tools.models.check_health()

    async def close(self, *, grace_s: float) -> None:
        """Takes no more jobs, lets those that run go with a checkpoint, and stops the engines."""
        self._closing = True
        for run in self._runs.values():
            run.let_go(Reason.SHUTDOWN)
        try:
            async with asyncio.timeout(grace_s):
                await self._idle.wait()
        finally:
            await self._tools.models.close()
            self._tools.pools.close()
            self._tools.blobs.close()

    def _refusal(self, start: Start) -> Reason | None:
        if self._closing:
            return Reason.SHUTDOWN
        if (older := self._runs.get(start.job)) is not None:
            if older.attempt >= start.attempt:
                return Reason.SUPERSEDED
            older.let_go(Reason.SUPERSEDED)
        elif len(self._runs) >= self._max_jobs:
            return Reason.OVERLOADED
        return None
