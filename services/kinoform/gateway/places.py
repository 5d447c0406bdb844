"""Tells jobs that wait how many are ahead of them, and how long that may take."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from google.protobuf.duration_pb2 import Duration

from kinoform.gateway import convert
from kinoform.store.errors import StoreError
from kinoform.store.jobs import Jobs, Place
from kinoform.store.notify import QUEUE, Notifier, Subscription
from kinoform.store.records import PayloadFactory
from kinoform_proto.job.v1 import job_pb2

_log = structlog.get_logger("kinoform.gateway.places")

_REMEMBERED = 0.8
"""Weight of all earlier jobs against the latest one."""
_NEAR = 10
"""Jobs ahead: below that every change is told."""
_NOTICED = 20
"""One part of so many, of the jobs ahead, is a change worth telling."""
_AT_ONCE = 25
"""Events in one transaction: others write between two."""
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
    notifier: Notifier
    pace: Pace
    clock: Callable[[], int]
    every_s: float
    """At most one event a job in this time; jobs that wait for less get none."""
    told: dict[str, int] = field(default_factory=dict)
    """How many this gateway has said to be ahead, by job."""

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
        watched = set(self.notifier.topics()) - {QUEUE}
        now = self.clock()
        # One look at the queue for all of them: each by itself would count the whole of it.
        queue = self.jobs.places(now=now) if watched else {}
        places = {name: queue[name] for name in watched & queue.keys()}
        for name in self.told.keys() - places.keys():
            del self.told[name]
        moved = [name for name, place in places.items() if _worth_telling(self.told.get(name), place.ahead)]
        for start in range(0, len(moved), _AT_ONCE):
            news = {name: self._event(places[name], now) for name in moved[start : start + _AT_ONCE]}
            self.jobs.note(news, now=now)
            self.told.update({name: places[name].ahead for name in news})

    def _event(self, place: Place, now: int) -> PayloadFactory:
        return convert.event(now, 0, convert.happened(self._progress(place.kind, place.ahead)))

    def _progress(self, kind: str, ahead: int) -> job_pb2.Progress:
        progress = job_pb2.Progress(stage=job_pb2.Progress.STAGE_QUEUED, queue_position=ahead)
        eta_s = self.pace.eta_s(kind, ahead)
        if eta_s is not None:
            eta = Duration()
            eta.FromNanoseconds(int(eta_s * 1e9))
            progress.eta.CopyFrom(eta)
        return progress


def _worth_telling(before: int | None, now: int) -> bool:
    """Far back in the queue only what a person would notice: a log need not grow with every job that ends."""
    return before is None or (before != now and (now < _NEAR or abs(before - now) * _NOTICED >= before))
