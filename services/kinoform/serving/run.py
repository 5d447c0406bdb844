"""One job's stay in the service: what is said of it, and when it is let go."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Generic, TypeVar

from kinoform.engine.errors import EngineClosed, Overloaded
from kinoform.serving.denoise import LetGo, Tools
from kinoform.serving.job import Job, Make
from kinoform.serving.messages import (
    Accepted,
    Cancel,
    Command,
    Event,
    Failed,
    Finished,
    Heartbeat,
    KeepAlive,
    Last,
    Pause,
    Reason,
    Released,
    SetPriority,
    Start,
)
from kinoform.store.errors import StoreFull, StoreUnavailable

Task = TypeVar("Task")

_NOTHING_KEPT = frozenset({Reason.CANCELLED, Reason.SUPERSEDED})
LOOKS = 4
"""At a silent caller, before it counts as gone: an event loop that was held up has then had time to hear what came."""
_log = logging.getLogger(__name__)


class Run(Generic[Task]):
    """A maker does the task, a listener obeys commands; both speak through one outbox."""

    def __init__(self, start: Start[Task], make: Make[Task], tools: Tools) -> None:
        self.attempt = start.attempt
        self._start = start
        self._make = make
        self._heartbeat_s = tools.rhythm.heartbeat_s
        self._outbox: asyncio.Queue[Event] = asyncio.Queue()
        self._job = Job(start, tools, self._outbox.put_nowait)
        self._heard = 0
        """Commands."""
        self._reason: Reason | None = None
        self._making: asyncio.Task[None] | None = None

    async def events(self, commands: AsyncIterator[Command], *, ahead: int) -> AsyncGenerator[Event, None]:
        """Everything there is to say, a heartbeat when that is nothing, and at the end the one last event."""
        self._outbox.put_nowait(Accepted(ahead))
        self._making = asyncio.create_task(self._done())
        tasks = (self._making, asyncio.create_task(self._listen(commands)), asyncio.create_task(self._watch()))
        for task in tasks:
            task.add_done_callback(self._ended)
        event: Event = Heartbeat()
        try:
            while not isinstance(event, Last):
                event = await self._next()
                yield event
        finally:
            self._job.denoising.leave(keep=False)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def let_go(self, reason: Reason, *, look: bool = False) -> None:
        """Ends the run after the running step; the first reason given is the one that counts.

        look: with a preview of where it stands.
        """
        if self._reason is not None:
            return
        self._reason = reason
        if not self._job.denoising.leave(keep=reason not in _NOTHING_KEPT, look=look):
            if self._making is not None:
                self._making.cancel()
            self._outbox.put_nowait(Released(reason))

    async def _next(self) -> Event:
        try:
            async with asyncio.timeout(self._heartbeat_s):
                return await self._outbox.get()
        except TimeoutError:
            return Heartbeat()

    async def _done(self) -> None:
        try:
            await self._make(self._start.task, self._job)
        except LetGo as gone:
            unasked = Reason.PAUSED if gone.pause_reached else Reason.SHUTDOWN
            self._outbox.put_nowait(Released(self._reason or unasked))
        except (Overloaded, StoreUnavailable):
            self._outbox.put_nowait(Released(Reason.OVERLOADED))
        except StoreFull:
            self._outbox.put_nowait(Released(Reason.STORE_FULL))
        except EngineClosed:
            self._outbox.put_nowait(Released(Reason.SHUTDOWN))
        else:
            self._outbox.put_nowait(Finished())

    async def _listen(self, commands: AsyncIterator[Command]) -> None:
        async for command in commands:
            self._heard += 1
            self._obey(command)
        # An aborted stream may look like a finished one: whoever stops talking is gone.
        self.let_go(Reason.LOST_KEEP_ALIVE)

    async def _watch(self) -> None:
        """Lets the job go once the caller has been silent for too long."""
        patience_s, heard, silent = self._start.keep_alive_timeout_s, self._heard, 0
        while silent < LOOKS:
            await asyncio.sleep(patience_s / LOOKS)
            silent = silent + 1 if self._heard == heard else 0
            heard = self._heard
        _log.warning("%s: no command for %g s", self._start.job, patience_s)
        self.let_go(Reason.LOST_KEEP_ALIVE)

    def _obey(self, command: Command) -> None:
        match command:
            case Pause(preview):
                self.let_go(Reason.PAUSED, look=preview)
            case Cancel():
                self.let_go(Reason.CANCELLED)
            case SetPriority(priority):
                self._job.denoising.set_priority(priority)
            case KeepAlive():
                pass

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._outbox.put_nowait(Failed(error))
