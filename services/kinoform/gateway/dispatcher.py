"""Leases queued jobs in priority order and runs as many of each kind at once as this gateway may."""

import asyncio
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial

import structlog

from kinoform.gateway.owner import Owner
from kinoform.gateway.runstream import JobRun, RunParts
from kinoform.store.errors import StoreError
from kinoform.store.notify import Notifier, Subscription
from kinoform.store.records import Claim

_log = structlog.get_logger("kinoform.gateway.dispatcher")

ENGINE_CHECK_S = 1.0
"""How long to wait for the engine before looking again whether to stop."""
STORE_PAUSE_S = 1.0
"""Pause after the store failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatcherConfig:
    """What this gateway runs, and how much of it."""

    kinds: Collection[str]
    max_running: int = 8
    """Of each kind at once: the services' rooms are their own, and none waits for another's."""


class Dispatcher:
    """One a gateway. Several gateways share one queue without knowing of each other."""

    def __init__(self, parts: RunParts, notifier: Notifier, config: DispatcherConfig) -> None:
        self._parts = parts
        self._notifier = notifier
        self._config = config
        self._owner = Owner.here()
        self._runs: dict[str, JobRun] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._draining = False
        self._stirred = asyncio.Event()

    def cancel(self, job: str) -> None:
        """Tell the job's stream at once that somebody cancelled it, if it runs here."""
        if job in self._runs:
            self._runs[job].cancel()

    def pause(self, job: str) -> None:
        """Tell the job's stream at once that somebody paused it, if it runs here."""
        if job in self._runs:
            self._runs[job].pause()

    async def run(self) -> None:
        """Dispatch until `drain`."""
        with self._notifier.subscribe_queue() as queue:
            while not self._draining:
                if not await self._parts.link.reachable(ENGINE_CHECK_S):
                    continue
                try:
                    await self._round(queue)
                except StoreError as error:
                    _log.warning("the store failed", error=str(error))
                    await asyncio.sleep(STORE_PAUSE_S)

    async def drain(self, grace_s: float) -> None:
        """Lease nothing more; put running jobs back into the queue, with checkpoints as far as the time allows."""
        self._draining = True
        self._stirred.set()
        for run in self._runs.values():
            run.hand_back(grace_s)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_s + STORE_PAUSE_S)

    async def _round(self, queue: Subscription) -> None:
        await asyncio.to_thread(self._free_the_dead)
        roomy = self._kinds_with_room()
        claim = await asyncio.to_thread(self._claim, roomy) if roomy else None
        if claim is None:
            await self._sleep(queue)
        elif self._draining:
            now = self._parts.books.clock()
            await asyncio.to_thread(self._parts.books.leases.release, claim.lease, now=now)
        else:
            self._begin(claim)

    def _kinds_with_room(self) -> list[str]:
        running = Counter(run.kind for run in self._runs.values())
        return [kind for kind in self._config.kinds if running[kind] < self._config.max_running]

    def _claim(self, kinds: Collection[str]) -> Claim | None:
        books, times = self._parts.books, self._parts.times
        return books.leases.lease_next(str(self._owner), now=books.clock(), ttl=int(times.lease * 1e6), kinds=kinds)

    def _free_the_dead(self) -> None:
        """Jobs of a gateway that died on this machine go on at once, rather than when their leases run out."""
        books = self._parts.books
        for owner in books.leases.owners():
            if self._owner.surely_dead(owner):
                count = books.leases.expire(owner, now=books.clock())
                _log.info("took over from a dead gateway", owner=owner, jobs=count)

    def _begin(self, claim: Claim) -> None:
        run = JobRun(self._parts, claim)
        task = asyncio.create_task(run.run(), name=claim.record.name)
        self._runs[claim.record.name] = run
        self._tasks.add(task)
        task.add_done_callback(partial(self._over, run))

    def _over(self, run: JobRun, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # A job that went back into the queue may run again before the task of the run before has quite ended.
        if self._runs.get(task.get_name()) is run:
            del self._runs[task.get_name()]
        self._stirred.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # A bug. The lease runs out, and the job is tried again.
            _log.error("run failed", job=task.get_name(), exc_info=error)

    async def _sleep(self, queue: Subscription) -> None:
        """Until the queue changes, a run ends, or somebody's lease runs out."""
        expiry = await asyncio.to_thread(self._parts.books.leases.next_wakeup, kinds=self._config.kinds)
        longest = self._parts.times.lease
        if expiry is not None:
            longest = min(longest, max(0.05, (expiry - self._parts.books.clock()) / 1e6))
        waits = [asyncio.ensure_future(queue.wait()), asyncio.ensure_future(self._stirred.wait())]
        await asyncio.wait(waits, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        self._stirred.clear()
