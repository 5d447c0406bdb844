"""Jobs of any kind: read, follow, steer."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration

from kinoform_client._core.convert import job_from_proto
from kinoform_client._core.forks import Changes, fork_job
from kinoform_client._core.requests import new_request_id
from kinoform_client._core.retry import Attempts
from kinoform_client._core.watch import WatchCursor
from kinoform_client.aio.calls import AsyncCaller
from kinoform_client.aio.transport import RpcError, error_of, sleep
from kinoform_client.errors import (
    DeadlineError,
    ErrorDetails,
    FailedPreconditionError,
    KinoformError,
    NotFoundError,
    UnavailableError,
)
from kinoform_client.types import Event, Job, JobState
from kinoform_proto.job.v1 import job_pb2

_ONE_WAIT_S = 30.0
_GRACE_S = 5.0


class AsyncJobs:
    """`client.jobs`. Jobs are named `projects/{p}/jobs/{j}`; `{j}` alone means one of the client's project."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller
        self._stub = caller.stubs.jobs

    async def get(self, name: str) -> Job:
        """The job as it stands now. Raises NotFoundError."""
        return await self._get(name, self._caller.attempts(self._caller.policy.total_s))

    async def list(
        self,
        *,
        states: Iterable[JobState | str] = (),
        models: Iterable[str] = (),
        labels: Mapping[str, str] | None = None,
        page_size: int = 0,
    ) -> AsyncIterator[Job]:
        """Jobs of the project, newest first, page after page as they are asked for."""
        request = job_pb2.ListJobsRequest(parent=f"projects/{self._caller.project}", page_size=page_size)
        request.filter.states.extend(job_pb2.Job.State.Value(f"STATE_{JobState(state)}") for state in states)
        request.filter.models.extend(models)
        request.filter.labels.update(labels or {})
        while True:
            page = await self._caller.call(self._stub.ListJobs, request)
            for job in page.jobs:
                yield job_from_proto(job)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def watch(self, name: str, *, after: int = 0, through_pauses: bool = False) -> AsyncIterator[Event]:
        """The job's events after the one numbered `after`, each once and in order, until it has ended or is PAUSED.

        through_pauses: not until it is PAUSED, but on, until it has ended.
        Broken connections and restarted servers are bridged. Raises NotFoundError, and UnavailableError when the server
        stays away for longer than the policy's `patience_s`.
        """
        cursor = WatchCursor(self._full(name), after, through_pauses=through_pauses)
        patience = self._caller.policy.patience_s
        failure: KinoformError
        broken: Attempts | None = None
        while True:
            began = time.monotonic()
            call = self._stub.WatchJob(cursor.request(), metadata=self._caller.metadata)
            try:
                async for response in call:
                    broken = None
                    event = cursor.accept(response.event)
                    if event is not None:
                        yield event
                failure = UnavailableError(f"the watch of {name} ended early", ErrorDetails(code="UNAVAILABLE"))
            except RpcError as error:
                failure = error_of(error)
            finally:
                call.cancel()
            if cursor.ended:
                return
            if broken is None or time.monotonic() - began > self._caller.policy.longest_pause_s:
                broken = self._caller.attempts(patience)
            pause = broken.pause(failure, time.monotonic())
            if cursor.exhausted(await self._get(name, self._caller.attempts(patience))):
                return
            await sleep(pause)

    async def wait(self, name: str, *, timeout: float | timedelta | None = None) -> Job:
        """The job once it has ended or is PAUSED. `timeout` in seconds; None waits for ever. Raises DeadlineError."""
        seconds = timeout.total_seconds() if isinstance(timeout, timedelta) else timeout
        ends = None if seconds is None else time.monotonic() + seconds
        while True:
            left = _ONE_WAIT_S if ends is None else max(0.0, min(_ONE_WAIT_S, ends - time.monotonic()))
            grace = self._caller.policy.patience_s if ends is None else _GRACE_S
            request = job_pb2.WaitJobRequest(name=self._full(name), timeout=Duration())
            request.timeout.FromTimedelta(timedelta(seconds=left))
            response = await self._caller.call(self._stub.WaitJob, request, self._caller.attempts(left + grace))
            job = job_from_proto(response.job)
            if job.state.stands:
                return job
            if ends is not None and time.monotonic() >= ends:
                message = f"{job.name} is still {job.state} after {seconds:g} s"
                raise DeadlineError(message, ErrorDetails(code="DEADLINE_EXCEEDED"))

    async def cancel(self, name: str) -> Job:
        """Asks that the job ends. A running one ends at its next step. Ended jobs stay as they are."""
        request = job_pb2.CancelJobRequest(name=self._full(name))
        return job_from_proto((await self._caller.call(self._stub.CancelJob, request)).job)

    async def pause(self, name: str) -> Job:
        """Asks that the job stops after its present step. Raises FailedPreconditionError for an ended one."""
        request = job_pb2.PauseJobRequest(name=self._full(name))
        return job_from_proto((await self._caller.call(self._stub.PauseJob, request)).job)

    async def resume(self, name: str, *, pause_at: int | None = None) -> Job:
        """Lets a PAUSED job go on, to the end or to a later step. Raises FailedPreconditionError for an ended one."""
        request = job_pb2.ContinueJobRequest(name=self._full(name), pause_at=pause_at)
        return job_from_proto((await self._caller.call(self._stub.ContinueJob, request)).job)

    async def fork(
        self,
        name: str,
        *,
        step: int | None = None,
        prompt: str | None = None,
        prompt_tail: str | None = None,
        guidance: float | None = None,
        remaining_steps: int | None = None,
        image_strength: float | None = None,
        condition_strengths: Mapping[int, float] | None = None,
        pause_at: int | None = None,
        priority: int = 0,
        labels: Mapping[str, str] | None = None,
        request_id: str | None = None,
    ) -> Job:
        """A new job that begins with a kept state of this one: what is given changes from there on.

        step: one of `kept_steps`, by default the latest. prompt_tail: words put behind the prompt. condition_strengths:
        by the condition's place in the request, from 0. Raises NotFoundError for a step that is not kept, and
        InvalidArgumentError.
        """
        changes = Changes(
            prompt=prompt,
            prompt_tail=prompt_tail,
            guidance=guidance,
            remaining_steps=remaining_steps,
            image_strength=image_strength,
            condition_strengths=condition_strengths or {},
            pause_at=pause_at,
        )
        request = fork_job(
            self._full(name),
            step,
            changes,
            request_id=request_id or new_request_id(),
            priority=priority,
            labels=labels or {},
        )
        return job_from_proto((await self._caller.call(self._stub.ForkJob, request)).job)

    async def retry(self, name: str) -> Job:
        """Queues a failed or cancelled job again; it goes on from its checkpoint. Raises FailedPreconditionError."""
        request = job_pb2.RetryJobRequest(name=self._full(name))
        attempts = self._caller.attempts(self._caller.policy.total_s)
        try:
            return job_from_proto((await self._caller.call(self._stub.RetryJob, request, attempts)).job)
        except FailedPreconditionError:
            if attempts.made == 1:
                raise
        # The first attempt's answer was lost, not the attempt.
        return await self.get(name)

    async def delete(self, name: str, *, assets: bool = False) -> None:
        """Deletes an ended job and its events; its outputs, too, with `assets`. Raises FailedPreconditionError."""
        request = job_pb2.DeleteJobRequest(name=self._full(name), assets=assets)
        attempts = self._caller.attempts(self._caller.policy.total_s)
        try:
            await self._caller.call(self._stub.DeleteJob, request, attempts)
        except NotFoundError:
            if attempts.made == 1:
                raise

    async def _get(self, name: str, attempts: Attempts) -> Job:
        request = job_pb2.GetJobRequest(name=self._full(name))
        return job_from_proto((await self._caller.call(self._stub.GetJob, request, attempts)).job)

    def _full(self, name: str) -> str:
        return name if "/" in name else f"projects/{self._caller.project}/jobs/{name}"
