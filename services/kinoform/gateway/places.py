"""Tells jobs that wait how many are ahead of them, and how long that may take."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from google.protobuf.duration_pb2 import Duration

from kinoform.gateway import convert
from kinoform.store.errors import NotFound, StoreError
from kinoform.store.events import Events
from kinoform.store.jobs import Jobs
from kinoform.store.notify import QUEUE, Notifier, Subscription
from kinoform.store.records import JobRecord
from kinoform_proto.job.v1 import job_pb2

_log = structlog.get_logger("kinoform.gateway.places")

_REMEMBERED = 0.8
"""Weight of all earlier jobs against the latest one."""
_LOOK_AGAIN = 5
"""Times `every_s`: how long a queue that stands still is left alone."""


class Pace:
    """How long a job of each kind takes here, as a moving average."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._seconds: dict[str, float] = {}

    def took(self, kind: str, seconds: float) -> None:
        """A job ran through."""
        before = self._seconds.get(kind, seconds)
        self._seconds[kind] = _REMEMBERED * before + (1 - _REMEMBERED) * seconds

    def eta_s(self, kind: str, ahead: int) -> float | None:
        """Seconds until the end of a job that waits behind `ahead` of its kind; None before one was seen."""
        seconds = self._seconds.get(kind)
        return None if seconds is None else (ahead // self._at_once + 1) * seconds


@dataclass(frozen=True, slots=True)
class Places:
    """Writes progress events of waiting jobs that somebody watches through this gateway."""

    jobs: Jobs
    log: Events
    notifier: Notifier
    pace: Pace
    clock: Callable[[], int]
    every_s: float
    """At most one event a job in this time; jobs that wait for less get none."""

    async def run(self) -> None:
        """Tell, whenever the queue has changed or watchers may have come, until cancelled."""
        with self.notifier.subscribe_queue() as queue:
            while True:
                await self._news(queue)
                await asyncio.sleep(self.every_s)
                try:
                    await asyncio.to_thread(self._tell_all)
                except StoreError as error:
                    _log.warning("places not told", error=str(error))

    async def _news(self, queue: Subscription) -> None:
        try:
            async with asyncio.timeout(_LOOK_AGAIN * self.every_s):
                await queue.wait()
        except TimeoutError:  # nothing moves, but somebody may have come to watch
            return

    def _tell_all(self) -> None:
        for name in self.notifier.topics():
            if name != QUEUE:
                self._tell(name)

    def _tell(self, name: str) -> None:
        try:
            now = self.clock()
            record, place = self.jobs.get(name), self.jobs.queue_position(name, now=now)
            if place is None or self._told(record) == place - 1:
                return
            progress = self._progress(record.submission.kind, place - 1)
            self.jobs.note(name, convert.event(now, 0, convert.happened(progress)), now=now)
        except NotFound:  # deleted meanwhile
            return

    def _told(self, record: JobRecord) -> int | None:
        """The place that the newest event tells of. Asked of the log: another gateway may have written it."""
        last = self.log.after(record.name, record.status.last_sequence - 1)
        event = job_pb2.JobEvent.FromString(last[-1].payload) if last else job_pb2.JobEvent()
        waiting = event.HasField("progress") and event.progress.stage == job_pb2.Progress.STAGE_QUEUED
        return event.progress.queue_position if waiting else None

    def _progress(self, kind: str, ahead: int) -> job_pb2.Progress:
        progress = job_pb2.Progress(stage=job_pb2.Progress.STAGE_QUEUED, queue_position=ahead)
        eta_s = self.pace.eta_s(kind, ahead)
        if eta_s is not None:
            eta = Duration()
            eta.FromNanoseconds(int(eta_s * 1e9))
            progress.eta.CopyFrom(eta)
        return progress
