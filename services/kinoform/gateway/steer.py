"""Cancelling, retrying and deleting jobs."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from kinoform.gateway import convert
from kinoform.gateway.errors import BadRequest, Violation
from kinoform.gateway.leftovers import Leftovers
from kinoform.store.jobs import Jobs
from kinoform.store.records import JobRecord, JobState


class Running(Protocol):
    """Jobs that run in this gateway, to be told at once; another gateway sees it a moment later."""

    def cancel(self, job: str) -> None: ...
    def pause(self, job: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Steering:
    """What callers may do to a job."""

    jobs: Jobs
    leftovers: Leftovers
    clock: Callable[[], int]
    running: Running

    async def cancel(self, name: str) -> JobRecord:
        """Ask that the job ends as CANCELLED. An ended one stays as it is. Raises NotFound."""
        now = self.clock()
        event = convert.event(now, 0, convert.state_changed(JobState.CANCELLED, "cancel requested"))
        record = await asyncio.to_thread(self.jobs.cancel, name, now=now, event=event)
        if record.state is JobState.RUNNING:
            self.running.cancel(name)
        return record

    async def pause(self, name: str) -> JobRecord:
        """Ask that the job becomes PAUSED. A paused one stays as it is. Raises NotFound, WrongState."""
        now = self.clock()
        event = convert.event(now, 0, convert.state_changed(JobState.PAUSED, "pause requested"))
        record = await asyncio.to_thread(self.jobs.pause, name, now=now, event=event)
        if record.state is JobState.RUNNING:
            self.running.pause(name)
        return record

    async def resume(self, name: str, pause_at: int | None) -> JobRecord:
        """Queue a PAUSED job again, to be paused after `pause_at` steps. Raises NotFound, WrongState, BadRequest."""
        record = await asyncio.to_thread(self.jobs.get, name)
        if pause_at is not None:
            _check_pause(record, pause_at)
        now = self.clock()
        event = convert.event(now, 0, convert.state_changed(JobState.QUEUED, "continue requested"))
        return await asyncio.to_thread(self.jobs.resume, name, pause_at=pause_at, now=now, event=event)

    async def retry(self, name: str) -> JobRecord:
        """Queue a FAILED or CANCELLED job again. Raises NotFound, WrongState."""
        now = self.clock()
        event = convert.event(now, 0, convert.state_changed(JobState.QUEUED, "retry requested"))
        return await asyncio.to_thread(self.jobs.retry, name, now=now, event=event)

    async def delete(self, name: str, *, files: bool) -> None:
        """Forget an ended job, its states and, with `files`, what it made. Raises NotFound, WrongState."""
        await asyncio.to_thread(self._delete, name, files)

    def _delete(self, name: str, files: bool) -> None:
        for digest in self.jobs.delete(name, files=files):
            self.leftovers.drop(digest)


def _check_pause(record: JobRecord, pause_at: int) -> None:
    step, steps = record.status.step, record.status.steps
    if pause_at <= step or (steps and pause_at >= steps):
        rule = f"after step {step}" + (f" and below the {steps} steps" if steps else "")
        raise BadRequest([Violation("pause_at", f"must be {rule}, is {pause_at}")])
