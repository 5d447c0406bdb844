"""Writes the audit log for this gateway.

A change is written down twice: as BEGUN before anything happens, and with its outcome afterwards. Written only before,
the log would not know how it ended; only after, a full disk or a crash in between would hide what was done. So when the
first entry can't be written, the change is refused and has not happened. When the second can't be, it has, and its
BEGUN entry, which no outcome follows, says that it may have: taking it back could fail as well.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from kinoform.gateway.access.buckets import Buckets
from kinoform.gateway.errors import AuditUnwritten
from kinoform.store.audit import Act, Audit, Head
from kinoform.store.errors import StoreError

_log = structlog.get_logger("kinoform.gateway.audit")

BEGUN = "BEGUN"
AT_ONCE = 200
"""Entries written in one transaction: many calls at once wait for one flush of the disk."""
REFUSALS_OF_ONE = (20.0, 0.1)
REFUSALS_OF_ALL = (100.0, 1.0)
"""(at once, a second) of the refused calls that are written: strangers can't fill the disk. The rest are counted."""


class Auditor:
    """Gathers acts and appends them together."""

    def __init__(self, audit: Audit, clock: Callable[[], float]) -> None:
        """clock: seconds that never go back."""
        self._audit = audit
        self._refusals = Buckets(clock)
        self._suppressed = 0
        self._waiting: list[tuple[Act, asyncio.Future[Head]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def begun(self, act: Act) -> None:
        """Returns once the act is stored. Raises AuditUnwritten: then it must not be done."""
        try:
            await self._append(act)
        except StoreError as error:
            raise AuditUnwritten from error

    async def ended(self, act: Act) -> None:
        """Write how an act ended."""
        await self._append_or_tell(act)

    async def refused(self, act: Act, caller: str) -> None:
        """Write that a call was refused, unless there were too many of this caller, or of all."""
        for key, (burst, per_s) in ((f"one {caller}", REFUSALS_OF_ONE), ("all", REFUSALS_OF_ALL)):
            if self._refusals.take(key, burst=burst, per_s=per_s) > 0:
                self._suppressed += 1
                return
        await self._append_or_tell(act)

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._writer is not None:
            await self._writer

    async def _append_or_tell(self, act: Act) -> None:
        try:
            await self._append(act)
        except StoreError as error:
            _log.error("audit entry lost", method=act.method, outcome=act.outcome, intent=act.intent, error=str(error))

    async def _append(self, act: Act) -> None:
        stored: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._waiting.append((act, stored))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await stored

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            acts = self._with_suppressed([act for act, _ in batch])
            try:
                head = await asyncio.to_thread(self._audit.append, acts)
            except Exception as error:  # noqa: BLE001 - whoever waits learns of it
                self._suppressed += acts[0].suppressed
                for _, stored in batch:
                    if not stored.done():
                        stored.set_exception(error)
            else:
                for _, stored in batch:
                    if not stored.done():
                        stored.set_result(head)

    def _with_suppressed(self, acts: list[Act]) -> list[Act]:
        count, self._suppressed = self._suppressed, 0
        return [replace(acts[0], suppressed=count), *acts[1:]]
