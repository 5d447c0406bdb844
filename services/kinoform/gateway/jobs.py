"""JobService: reads, follows and steers jobs of any kind."""

import asyncio
from collections.abc import AsyncIterator

from kinoform.gateway import convert, tokens
from kinoform.gateway.edge import Context
from kinoform.gateway.makers import Forks
from kinoform.gateway.steer import Steering
from kinoform.gateway.watch import Watcher
from kinoform.store.open import Store
from kinoform.store.records import JobRecord, JobState
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc

DEFAULT_PAGE = 50
LARGEST_PAGE = 500
DEFAULT_WAIT_S = 30.0


class JobServicer(job_pb2_grpc.JobServiceServicer):
    """Decodes, calls, encodes."""

    def __init__(self, store: Store, steering: Steering, forks: Forks, watcher: Watcher) -> None:
        self._jobs = store.jobs
        self._kept = store.kept
        self._retention = store.retention
        self._forks = forks
        self._steering = steering
        self._watcher = watcher

    async def GetJob(self, request: job_pb2.GetJobRequest, context: Context) -> job_pb2.GetJobResponse:
        """The job as it stands now."""
        record = await asyncio.to_thread(self._jobs.get, request.name)
        return job_pb2.GetJobResponse(job=await self._shown(record))

    async def ListJobs(self, request: job_pb2.ListJobsRequest, context: Context) -> job_pb2.ListJobsResponse:
        """A page of a project's jobs."""
        listing = tokens.fingerprint(request.parent, request.filter)
        cursor = tokens.decode(request.page_token, listing)
        project = request.parent.removeprefix("projects/")
        records, following = await asyncio.to_thread(
            self._jobs.list,
            project,
            convert.filter_from_proto(request.filter),
            page_size=min(request.page_size or DEFAULT_PAGE, LARGEST_PAGE),
            after=cursor,
        )
        terms = await asyncio.to_thread(self._retention.of, project)
        shown = [convert.job_to_proto(record, terms=terms) for record in records]
        return job_pb2.ListJobsResponse(jobs=shown, next_page_token=tokens.encode(following, listing))

    async def WatchJob(
        self, request: job_pb2.WatchJobRequest, context: Context
    ) -> AsyncIterator[job_pb2.WatchJobResponse]:
        """The job's events in order, until it has ended."""
        async for event in self._watcher.events(
            request.name, request.after_sequence, until_paused=request.until_paused
        ):
            yield job_pb2.WatchJobResponse(event=event)

    async def WaitJob(self, request: job_pb2.WaitJobRequest, context: Context) -> job_pb2.WaitJobResponse:
        """The job once it has ended, or when the time is over."""
        timeout = request.timeout.ToTimedelta().total_seconds() if request.HasField("timeout") else DEFAULT_WAIT_S
        record = await self._watcher.ended(request.name, timeout)
        return job_pb2.WaitJobResponse(job=await self._shown(record))

    async def CancelJob(self, request: job_pb2.CancelJobRequest, context: Context) -> job_pb2.CancelJobResponse:
        """Ask that the job ends."""
        record = await self._steering.cancel(request.name)
        return job_pb2.CancelJobResponse(job=await self._shown(record))

    async def PauseJob(self, request: job_pb2.PauseJobRequest, context: Context) -> job_pb2.PauseJobResponse:
        """Ask that the job stops after its present step."""
        record = await self._steering.pause(request.name)
        return job_pb2.PauseJobResponse(job=await self._shown(record))

    async def ContinueJob(self, request: job_pb2.ContinueJobRequest, context: Context) -> job_pb2.ContinueJobResponse:
        """Let a paused job go on."""
        pause_at = request.pause_at if request.HasField("pause_at") else None
        record = await self._steering.resume(request.name, pause_at)
        return job_pb2.ContinueJobResponse(job=await self._shown(record))

    async def ForkJob(self, request: job_pb2.ForkJobRequest, context: Context) -> job_pb2.ForkJobResponse:
        """Queue a job that begins with a kept state."""
        return job_pb2.ForkJobResponse(job=await self._shown(await self._forks.fork(request)))

    async def RetryJob(self, request: job_pb2.RetryJobRequest, context: Context) -> job_pb2.RetryJobResponse:
        """Queue an ended job again."""
        record = await self._steering.retry(request.name)
        return job_pb2.RetryJobResponse(job=await self._shown(record))

    async def DeleteJob(self, request: job_pb2.DeleteJobRequest, context: Context) -> job_pb2.DeleteJobResponse:
        """Forget an ended job."""
        await self._steering.delete(request.name, files=request.assets)
        return job_pb2.DeleteJobResponse()

    async def _shown(self, record: JobRecord) -> job_pb2.Job:
        ahead = 0
        if record.state is JobState.QUEUED:
            place = await asyncio.to_thread(self._jobs.queue_position, record.name, now=self._steering.clock())
            ahead = place - 1 if place is not None else 0
        kept = await asyncio.to_thread(self._kept.steps, [record.name])
        terms = await asyncio.to_thread(self._retention.of, record.submission.project)
        return convert.job_to_proto(record, ahead=ahead, kept=kept.get(record.name, ()), terms=terms)
