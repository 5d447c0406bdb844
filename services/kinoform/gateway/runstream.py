"""One attempt at a job: its lease kept, its `Run` stream held, what the replica says written into the log."""

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import grpc
import structlog

from kinoform.gateway.conditions import NotReady, Unusable
from kinoform.gateway.engine_link import Call, EngineLink, StartMaker
from kinoform.gateway.errors import failure
from kinoform.gateway.ledger import Books, Ledger
from kinoform.gateway.patience import LONGEST_FULL_PAUSE_S, LONGEST_PAUSE_S, Patience
from kinoform.gateway.places import Pace
from kinoform.store.errors import Fenced, NotFound, StoreError
from kinoform.store.jobs import Jobs
from kinoform.store.records import Claim
from kinoform_proto.engine.v1 import engine_pb2

_T = TypeVar("_T")
_log = structlog.get_logger("kinoform.gateway.run")

_Reason = engine_pb2.Released
REASONS = {
    _Reason.REASON_PAUSED: "paused",
    _Reason.REASON_LOST_KEEP_ALIVE: "the generation service lost the gateway",
    _Reason.REASON_SHUTDOWN: "the generation service is shutting down",
    _Reason.REASON_SUPERSEDED: "taken over by a later attempt",
    _Reason.REASON_OVERLOADED: "the generation service has no room",
    _Reason.REASON_STORE_FULL: "the asset store is full",
}
OPERATORS_FAULT = frozenset({grpc.StatusCode.PERMISSION_DENIED.value[0], grpc.StatusCode.UNAUTHENTICATED.value[0]})
"""Codes of a replica that does not trust this gateway: no fault of the job, which waits until that is repaired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTimes:
    """All in seconds."""

    lease: float = 10.0
    """How long a lease lasts unless renewed."""
    renewal: float = 3.0
    """Time between two renewals, each with a keepalive to the replica: well below the lease."""
    silence: float = 15.0
    """A stream that says nothing for so long is dead. Replicas send a heartbeat every few seconds."""
    preparation: float = 0.25
    """Pause between two looks whether a conditioning is ready."""
    answer: float = 10.0
    """How long a replica may take to let go of a cancelled job."""
    pause: float = 120.0
    """How long a replica may take for the step after which a job is paused, its preview and its checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a stream is over."""

    reason: str = ""
    ended: bool = False
    """The job has its last state."""
    died: bool = False
    """The stream broke after the replica had taken the job."""
    paused: bool = False
    """The job stands at the step after which it is to be paused."""
    longest_pause_s: float = LONGEST_PAUSE_S
    """Before it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunParts:
    """What a run works with."""

    jobs: Jobs
    books: Books
    link: EngineLink
    starts: StartMaker
    patience: Patience
    pace: Pace
    times: RunTimes


class JobRun:
    """Runs a claimed job until it ends, or until it is back in the queue."""

    def __init__(self, parts: RunParts, claim: Claim) -> None:
        self._parts = parts
        self._claim = claim
        self._lease = claim.lease
        self._ledger = Ledger(parts.books, claim)
        self._commands: asyncio.Queue[engine_pb2.RunRequest] = asyncio.Queue()
        self._accepted = False
        self._cancelling = claim.record.status.cancel_requested
        self._pausing = claim.record.status.pause_requested
        self._handing_back = False
        self._hurry = asyncio.Event()
        self._give_up = asyncio.Event()
        self._log = _log.bind(job=claim.record.name, attempt=claim.lease.attempt)

    @property
    def kind(self) -> str:
        """The service that runs the job."""
        return self._claim.record.submission.kind

    def cancel(self) -> None:
        """Somebody asked that the job ends."""
        if not self._cancelling:
            self._cancelling = True
            self._command(engine_pb2.RunRequest(cancel=engine_pb2.Cancel()), self._parts.times.answer)

    def pause(self) -> None:
        """Somebody asked that the job stops after its present step."""
        if not self._pausing:
            self._pausing = True
            pause = engine_pb2.Pause(preview=True)
            self._command(engine_pb2.RunRequest(pause=pause), self._parts.times.pause)

    def hand_back(self, grace_s: float) -> None:
        """Put the job back into the queue, within the time with a checkpoint of its last step, else without."""
        self._handing_back = True
        self._command(engine_pb2.RunRequest(pause=engine_pb2.Pause()), grace_s)

    def _command(self, command: engine_pb2.RunRequest, patience_s: float) -> None:
        self._commands.put_nowait(command)
        self._hurry.set()
        asyncio.get_running_loop().call_later(patience_s, self._give_up.set)

    async def run(self) -> None:
        """Returns when the job has ended, is back in the queue, or belongs to somebody else."""
        try:
            await _first(self._work(), self._keep_lease())
        except Fenced:
            self._log.info("lease lost")
        except StoreError as error:
            self._log.warning("store failed; the lease runs out and the job goes on", error=str(error))

    async def _work(self) -> None:
        if self._cancelling or self._pausing:
            await self._leave("")
            return
        await self._ledger.running()
        ending = await _first(self._converse(), self._lose_patience())
        await self._settle(ending)

    async def _settle(self, ending: Ending) -> None:
        job, patience = self._claim.record.name, self._parts.patience
        if ending.ended:
            patience.advanced(job)
        elif self._cancelling or self._pausing:
            await self._leave("continue requested")
        elif ending.paused:
            patience.advanced(job)
            await self._ledger.paused(f"after step {self._claim.record.status.pause_at}")
        elif ending.died and not patience.died(job):
            patience.advanced(job)
            await self._ledger.failed(failure("UNAVAILABLE", "ENGINE_LOST", f"given up: {ending.reason}"))
        else:
            self._log.info("back to the queue", reason=ending.reason)
            await self._rest(patience.pause_s(job, longest_s=ending.longest_pause_s))
            await self._leave(ending.reason)

    async def _leave(self, reason: str) -> None:
        """Give the lease up, whichever way was asked for last."""
        if self._cancelling:
            await self._ledger.cancelled()
        elif self._pausing and await self._is_pause_wanted():
            await self._ledger.paused("pause requested")
        else:
            await self._ledger.requeued(reason)

    async def _is_pause_wanted(self) -> bool:
        # Somebody may have let the job go on before it stood.
        record = await asyncio.to_thread(self._parts.jobs.get, self._claim.record.name)
        return record.status.pause_requested

    async def _rest(self, pause_s: float) -> None:
        # The lease is kept meanwhile, so that nobody else tries at once either.
        try:
            async with asyncio.timeout(pause_s):
                await self._hurry.wait()
        except TimeoutError:
            return

    async def _lose_patience(self) -> Ending:
        await self._give_up.wait()
        return Ending(reason="the generation service did not let go in time")

    async def _converse(self) -> Ending:
        try:
            start = await self._start()
        except (NotFound, Unusable) as error:
            reason = "INPUT_GONE" if isinstance(error, NotFound) else "CONDITIONING_FAILED"
            await self._ledger.failed(failure("FAILED_PRECONDITION", reason, str(error)))
            return Ending(ended=True)
        except NotReady as error:
            return Ending(reason=str(error))
        call = self._parts.link.run(self.kind)
        try:
            await call.write(start)
            return await _first(self._listen(call), self._tell(call))
        except grpc.aio.AioRpcError as error:
            reason = f"the generation service was lost: {error.code().name}"
            self._log.info("stream broke", code=error.code().name, details=error.details())
            return Ending(reason=reason, died=self._accepted)
        except TimeoutError:
            return Ending(reason="the generation service fell silent", died=self._accepted)
        finally:
            call.cancel()

    async def _start(self) -> engine_pb2.RunRequest:
        """The first command, once all that the job needs is prepared. Raises NotReady when it shall not wait on."""
        while True:
            try:
                return await asyncio.to_thread(self._parts.starts.start, self._claim)
            except NotReady:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._parts.times.preparation):
                        await self._hurry.wait()
                if self._hurry.is_set():
                    raise

    async def _tell(self, call: Call) -> Ending:
        """Sends commands for as long as the stream lasts; never returns.

        Not by an iterator that grpc reads: the task in which it does so may be collected, and the commands with it.
        """
        with contextlib.suppress(grpc.aio.AioRpcError, asyncio.InvalidStateError):
            while True:
                await call.write(await self._commands.get())
        never: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        return await never  # the stream is over, and `_listen` knows why

    async def _listen(self, call: Any) -> Ending:
        responses = aiter(call)
        while True:
            async with asyncio.timeout(self._parts.times.silence):
                response = await anext(responses, None)
            if response is None:
                return Ending(reason="the generation service ended the stream", died=self._accepted)
            ending = await self._hear(response)
            if ending is not None:
                return ending

    async def _hear(self, response: engine_pb2.RunResponse) -> Ending | None:
        match response.WhichOneof("event"):
            case "accepted":
                self._accepted = True
                await self._ledger.accepted(response.accepted.queue_position)
            case "progress":
                await self._ledger.progress(response.progress)
            case "preview":
                await self._ledger.preview(response.preview)
            case "checkpoint":
                await self._ledger.checkpoint(response.checkpoint)
                self._parts.patience.advanced(self._claim.record.name)
            case "output":
                await self._ledger.output(response.output)
            case "warning":
                await self._ledger.warning(response.warning.message)
            case "finished":
                await self._ledger.succeeded()
                started = self._claim.record.status.started_at or self._parts.books.clock()
                self._parts.pace.took(self.kind, (self._parts.books.clock() - started) / 1e6)
                return Ending(ended=True)
            case "failed":
                return await self._failed(response.failed)
            case "released":
                return self._released(response.released.reason)
        return None

    def _released(self, reason: engine_pb2.Released.Reason.ValueType) -> Ending:
        return Ending(
            reason=REASONS.get(reason, "released"),
            paused=reason == _Reason.REASON_PAUSED and not self._handing_back,
            longest_pause_s=LONGEST_FULL_PAUSE_S if reason == _Reason.REASON_STORE_FULL else LONGEST_PAUSE_S,
        )

    async def _failed(self, failed: engine_pb2.Failed) -> Ending:
        if failed.error.code in OPERATORS_FAULT:
            self._log.error("the generation service refuses this gateway", message=failed.error.message)
            return Ending(reason="the generation service refuses this gateway")
        await self._ledger.failed(failed.error)
        return Ending(ended=True)

    async def _keep_lease(self) -> None:
        """Returns when the lease is lost."""
        while True:
            await asyncio.sleep(self._parts.times.renewal)
            # The last entry gives the lease up: that is no loss, and what follows it must not be cut short.
            if not self._ledger.closing and not await self._renewed() and not self._ledger.closing:
                self._log.info("lease lost")
                return

    async def _renewed(self) -> bool:
        """Renew the lease and tell the replica; False once the lease is lost."""
        leases, ttl = self._parts.books.leases, int(self._parts.times.lease * 1e6)
        try:
            lease = await asyncio.to_thread(leases.renew, self._lease, now=self._parts.books.clock(), ttl=ttl)
            if lease is None:
                return False
            await self._hear_wishes()
        except StoreError as error:
            self._log.warning("lease not renewed", error=str(error))
            return True
        self._lease = lease
        self._commands.put_nowait(engine_pb2.RunRequest(keep_alive=engine_pb2.KeepAlive()))
        return True

    async def _hear_wishes(self) -> None:
        # What came to another gateway; what came to this one was told at once.
        record = await asyncio.to_thread(self._parts.jobs.get, self._claim.record.name)
        if record.status.cancel_requested:
            self.cancel()
        elif record.status.pause_requested:
            self.pause()


async def _first(*acts: Coroutine[Any, Any, _T]) -> _T:
    """The result of whichever ends first; the others are cancelled, and gone when this returns."""
    tasks = [asyncio.ensure_future(act) for act in acts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        return next(task for task in tasks if task in done).result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
