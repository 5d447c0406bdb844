"""Cancelling, retrying and deleting jobs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from kinoform.gateway import convert
from kinoform.gateway.leftovers import Leftovers
from kinoform.store.jobs import Jobs
from kinoform.store.records import JobRecord, JobState


@dataclass(frozen=True, slots=True)
class Steering:
    """What callers may do to a job."""

    jobs: Jobs
    leftovers: Leftovers
    clock: Callable[[], int]
    tell_running: Callable[[str], None]
    """Tells the job's stream of a cancel at once, if it runs in this gateway; another one sees it a moment later."""

    async def cancel(self, name: str) -> JobRecord:
        """Ask that the job ends as CANCELLED. An ended one stays as it is. Raises NotFound."""
        now = self.clock()
        event = convert.event(now, 0, convert.state_changed(JobState.CANCELLED, "cancel requested"))
        record = await asyncio.to_thread(self.jobs.cancel, name, now=now, event=event)
        if record.state is JobState.RUNNING:
            self.tell_running(name)
        return record

    async def retry(self, name: str) -> JobRecord:
        """Queue a FAILED or CANCELLED job again. Raises NotFound, WrongState."""
        now = self.clock()
        event = convert.event(now, 0, convert.state_changed(JobState.QUEUED, "retry requested"))
        return await asyncio.to_thread(self.jobs.retry, name, now=now, event=event)

    async def delete(self, name: str) -> None:
        """Forget an ended job and its checkpoint. Its output assets stay. Raises NotFound, WrongState."""
        await asyncio.to_thread(self._delete, name)

    def _delete(self, name: str) -> None:
        for state in self.jobs.delete(name):
            self.leftovers.drop(state)
