"""Following a job: its stored events, then each new one as it is stored."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from kinoform.gateway.convert import STATES, TERMINAL
from kinoform.store.events import Events
from kinoform.store.jobs import Jobs
from kinoform.store.notify import Notifier
from kinoform.store.records import EventRecord, JobRecord, JobState
from kinoform_proto.job.v1.job_pb2 import JobEvent

PAGE = 200
"""Events read at once. A slow reader holds no more than these in memory."""


@dataclass(frozen=True, slots=True)
class Watcher:
    """Reads the log and sleeps until the store says that it grew."""

    jobs: Jobs
    log: Events
    notifier: Notifier

    async def events(self, name: str, after: int, *, until_paused: bool = False) -> AsyncIterator[JobEvent]:
        """The job's events above sequence `after`; ends after the event that ends the job. Raises NotFound.

        until_paused: ends also when the job is paused.
        """
        with self.notifier.subscribe(name) as changed:
            while True:
                page = [JobEvent.FromString(record.payload) for record in await self._page(name, after)]
                for event in page:
                    yield event
                    after = event.sequence
                if len(page) == PAGE:
                    continue
                if (not page or _settles(page[-1])) and await self._over(name, after, until_paused):
                    return
                await changed.wait()

    async def ended(self, name: str, timeout_s: float) -> JobRecord:
        """The job once it has ended or is paused, or as it stands after `timeout_s` seconds. Raises NotFound."""
        with self.notifier.subscribe(name) as changed:
            try:
                async with asyncio.timeout(timeout_s):
                    while not _stands((record := await asyncio.to_thread(self.jobs.get, name)).state):
                        await changed.wait()
                    return record
            except TimeoutError:
                return await asyncio.to_thread(self.jobs.get, name)

    async def _page(self, name: str, after: int) -> list[EventRecord]:
        return await asyncio.to_thread(self.log.after, name, after, limit=PAGE)

    async def _over(self, name: str, after: int, until_paused: bool) -> bool:
        # Asked of the job rather than of its last event: a retry may have gone on after an event that ended it.
        record = await asyncio.to_thread(self.jobs.get, name)
        over = _stands(record.state) if until_paused else record.state.terminal
        return over and record.status.last_sequence <= after


def _stands(state: JobState) -> bool:
    return state.terminal or state is JobState.PAUSED


def _settles(event: JobEvent) -> bool:
    return event.HasField("state_changed") and event.state_changed.state in (*TERMINAL, STATES[JobState.PAUSED])
