"""The peer's jobs, in memory: they wait until a test brings them to an end."""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import code_pb2, status_pb2

from kinoform_proto.conditioning.v1 import conditioning_pb2
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc
from kinoform_proto.material.v1 import material_pb2
from kinoform_proto.mesh.v1 import mesh_pb2
from kinoform_proto.type.v1 import report_pb2
from kinoform_proto.video.v1 import video_pb2
from tests.kinoform_client.peer_assets import PeerAssets
from tests.kinoform_client.peer_base import abort, not_found, rich_status, unavailable
from tests.kinoform_client.samples import VIDEO, MadeFile

Submission = (
    video_pb2.GenerateVideoRequest
    | mesh_pb2.GenerateMeshRequest
    | mesh_pb2.ProcessMeshRequest
    | mesh_pb2.TextureMeshRequest
    | mesh_pb2.RenderTurntableRequest
    | material_pb2.GenerateMaterialRequest
)
NOT_INSTALLED = status_pb2.Status(code=code_pb2.FAILED_PRECONDITION, message="the network is not installed here")
ENDED = (job_pb2.Job.STATE_SUCCEEDED, job_pb2.Job.STATE_FAILED, job_pb2.Job.STATE_CANCELLED)


class PeerJobs(PeerAssets, job_pb2_grpc.JobServiceServicer):
    """JobService, and what the services that accept jobs need."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, job_pb2.Job] = {}
        self.events: dict[str, list[job_pb2.JobEvent]] = {}
        self.by_request: dict[str, str] = {}
        self.changed = threading.Condition()
        self.at_once: Callable[[str], list[MadeFile] | None] | None = None
        """Ends each job as it is accepted, by what was asked for (`GenerateMesh`, `edges`): with these files, or FAILED
        for None."""

    def accept(self, request: Submission, model: str, method: str, context: grpc.ServicerContext) -> job_pb2.Job:
        """The job of a request; the same for the same request id."""
        name = self.by_request.get(request.request_id)
        if name is None:
            name = self.by_request[request.request_id] = self.queue(request, model, method)
        self.lose(method, context)
        return self.jobs[name]

    def queue(self, request: Submission | conditioning_pb2.CreateConditioningRequest, model: str, kind: str) -> str:
        """The name of a new job."""
        name = f"{request.parent}/jobs/{uuid.uuid4()}"
        packed = Any()
        packed.Pack(request)
        self.jobs[name], self.events[name] = job_pb2.Job(name=name, model=model, request=packed, attempt=1), []
        self.happen(name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_QUEUED))
        if self.at_once is not None:
            files = self.at_once(kind)
            if files is None:
                self.happen(
                    name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_FAILED, error=NOT_INSTALLED)
                )
            else:
                self.run(name, files=files)
        return name

    def GetJob(self, request: job_pb2.GetJobRequest, context: grpc.ServicerContext) -> job_pb2.GetJobResponse:
        self.meet("GetJob", context)
        return job_pb2.GetJobResponse(job=self._job(request.name, context))

    def ListJobs(self, request: job_pb2.ListJobsRequest, context: grpc.ServicerContext) -> job_pb2.ListJobsResponse:
        self.meet("ListJobs", context)
        wanted = request.filter.states
        jobs = [job for job in reversed(self.jobs.values()) if not wanted or job.state in wanted]
        size, start = request.page_size or 50, int(request.page_token or 0)
        token = str(start + size) if start + size < len(jobs) else ""
        return job_pb2.ListJobsResponse(jobs=jobs[start : start + size], next_page_token=token)

    def WatchJob(
        self, request: job_pb2.WatchJobRequest, context: grpc.ServicerContext
    ) -> Iterator[job_pb2.WatchJobResponse]:
        self.meet("WatchJob", context)
        self._job(request.name, context)
        left = self.faults.watch_lengths.pop(0) if self.faults.watch_lengths else None
        after = max(0, request.after_sequence - self.faults.repeats)
        for event in self._log(request.name, after, context):
            if left == 0:
                if self.faults.clean_breaks:
                    return
                abort(context, unavailable())
            left = None if left is None else left - 1
            if event.sequence != self.faults.skip:
                yield job_pb2.WatchJobResponse(event=event)

    def WaitJob(self, request: job_pb2.WaitJobRequest, context: grpc.ServicerContext) -> job_pb2.WaitJobResponse:
        self.meet("WaitJob", context)
        job = self._job(request.name, context)
        with self.changed:
            self.changed.wait_for(lambda: job.state in ENDED, request.timeout.ToTimedelta().total_seconds())
        return job_pb2.WaitJobResponse(job=job)

    def CancelJob(self, request: job_pb2.CancelJobRequest, context: grpc.ServicerContext) -> job_pb2.CancelJobResponse:
        self.meet("CancelJob", context)
        job = self._job(request.name, context)
        if job.state not in ENDED:
            self.happen(job.name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_CANCELLED))
        return job_pb2.CancelJobResponse(job=job)

    def RetryJob(self, request: job_pb2.RetryJobRequest, context: grpc.ServicerContext) -> job_pb2.RetryJobResponse:
        self.meet("RetryJob", context)
        job = self._job(request.name, context)
        if job.state not in ENDED:
            abort(context, rich_status(code_pb2.FAILED_PRECONDITION, f"{job.name} has not ended"))
        self.again(job)
        self.lose("RetryJob", context)
        return job_pb2.RetryJobResponse(job=job)

    def DeleteJob(self, request: job_pb2.DeleteJobRequest, context: grpc.ServicerContext) -> job_pb2.DeleteJobResponse:
        self.meet("DeleteJob", context)
        self._job(request.name, context)
        del self.jobs[request.name], self.events[request.name]
        self.lose("DeleteJob", context)
        return job_pb2.DeleteJobResponse()

    def happen(self, name: str, **event: Message) -> None:
        """Appends an event to a job's log."""
        with self.changed:
            job = self.jobs[name]
            job.last_sequence += 1
            record = job_pb2.JobEvent(sequence=job.last_sequence, attempt=1, **event)
            record.time.GetCurrentTime()
            self.events[name].append(record)
            match record.WhichOneof("event"):
                case "state_changed":
                    job.state = record.state_changed.state
                    if record.state_changed.HasField("error"):
                        job.error.CopyFrom(record.state_changed.error)
                case "progress":
                    job.progress.CopyFrom(record.progress)
                case "output":
                    job.outputs.append(record.output)
            self.changed.notify_all()

    def run(self, name: str, steps: int = 3, files: Sequence[MadeFile] = (VIDEO,)) -> None:
        """Brings a job to a good end."""
        self.happen(name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_RUNNING))
        for step in range(1, steps + 1):
            progress = job_pb2.Progress(stage=job_pb2.Progress.STAGE_DENOISE, step=step, steps=steps)
            progress.eta.seconds = steps - step
            self.happen(name, progress=progress)
        self.happen(name, preview=job_pb2.Preview(step=steps, image=b"\x89PNG", frames=1))
        self.happen(name, checkpoint_saved=job_pb2.CheckpointSaved(step=steps))
        self.happen(name, warning=job_pb2.Warning(message="outside the vocabulary: zebra"))
        for file in files:
            self.happen(name, output=self._output(name, file))
        self.happen(name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_SUCCEEDED))

    def fail(self, name: str, error: status_pb2.Status) -> None:
        """Brings a job to a bad end."""
        self.happen(name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_FAILED, error=error))

    def again(self, job: job_pb2.Job) -> None:
        """Queues an ended job once more."""
        job.ClearField("error")
        self.happen(job.name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_QUEUED))

    def _output(self, job: str, file: MadeFile) -> job_pb2.Output:
        asset = self.store(file.data, file.media_type, file.name, f"projects/default/assets/{uuid.uuid4()}", job=job)
        output = job_pb2.Output(role=file.role, asset=asset.name, media_type=file.media_type)
        output.size_bytes, output.sha256 = asset.size_bytes, asset.sha256
        if file.credentials is not None:
            name = f"projects/default/assets/{uuid.uuid4()}"
            output.credentials = name
            self.store(file.credentials, "application/c2pa", f"{file.name}.c2pa", name, job=job)
        match file.report:
            case report_pb2.MeshReport():
                output.mesh.CopyFrom(file.report)
            case report_pb2.MaterialReport():
                output.material.CopyFrom(file.report)
            case report_pb2.ConditioningReport():
                output.conditioning.CopyFrom(file.report)
        return output

    def _job(self, name: str, context: grpc.ServicerContext) -> job_pb2.Job:
        if name not in self.jobs:
            abort(context, not_found(name))
        return self.jobs[name]

    def _log(self, name: str, after: int, context: grpc.ServicerContext) -> Iterator[job_pb2.JobEvent]:
        while True:
            with self.changed:
                if len(self.events[name]) <= after:
                    self.changed.wait(0.2)
                fresh = self.events[name][after:]
            yield from fresh
            after += len(fresh)
            if self.jobs[name].state in ENDED and after >= self.jobs[name].last_sequence:
                return
            if not context.is_active():
                return
