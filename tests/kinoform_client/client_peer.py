"""A server for the SDK's tests: it speaks the true protocol, and breaks off where a test tells it to."""

import hashlib
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import google_crc32c
import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health, health_pb2_grpc
from grpc_status import rpc_status

from kinoform_proto.asset.v1 import asset_pb2, asset_pb2_grpc
from kinoform_proto.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc
from kinoform_proto.video.v1 import video_pb2, video_pb2_grpc

ENDED = (job_pb2.Job.STATE_SUCCEEDED, job_pb2.Job.STATE_FAILED, job_pb2.Job.STATE_CANCELLED)


def rich_status(code: int, message: str, *details: Message) -> status_pb2.Status:
    """A google.rpc.Status with details."""
    status = status_pb2.Status(code=code, message=message)
    for detail in details:
        status.details.add().Pack(detail)
    return status


def unavailable() -> status_pb2.Status:
    return rich_status(code_pb2.UNAVAILABLE, "going away")


def not_found(name: str) -> status_pb2.Status:
    info = error_details_pb2.ErrorInfo(reason="NOT_FOUND", domain="kinoform")
    return rich_status(code_pb2.NOT_FOUND, f"no {name}", info, error_details_pb2.ResourceInfo(resource_name=name))


def chunk_damaged() -> status_pb2.Status:
    info = error_details_pb2.ErrorInfo(reason="CHECKSUM_MISMATCH", domain="kinoform")
    return rich_status(code_pb2.ABORTED, "the chunk is damaged", info)


@dataclass
class Faults:
    """What goes wrong next. Each is used up by being met."""

    refusals: dict[str, list[status_pb2.Status]] = field(default_factory=dict)
    """Statuses that a method answers before it does anything, first first."""
    lost_answers: dict[str, int] = field(default_factory=dict)
    """How often a method does its work and then loses the answer."""
    watch_lengths: list[int] = field(default_factory=list)
    """After how many events the next watches break off."""
    clean_breaks: bool = False
    """Broken watches end with OK, as a draining server's do."""
    repeats: int = 0
    """How many events already seen a resumed watch sends again."""
    skip: int = 0
    """A sequence that watches leave out."""
    download_lengths: list[int] = field(default_factory=list)
    upload_lengths: list[int] = field(default_factory=list)
    """After how many chunks the next transfers break off."""
    unfinished_uploads: int = 0
    """How often the peer dies between an upload's last chunk and its asset."""
    corrupt_chunks: int = 0
    """How many of the next chunks sent arrive damaged."""


class Peer(
    job_pb2_grpc.JobServiceServicer,
    asset_pb2_grpc.AssetServiceServicer,
    catalog_pb2_grpc.CatalogServiceServicer,
    video_pb2_grpc.VideoServiceServicer,
):
    """Jobs, assets and models in memory."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.calls: list[str] = []
        self.metadata: list[dict[str, str]] = []
        self.jobs: dict[str, job_pb2.Job] = {}
        self.events: dict[str, list[job_pb2.JobEvent]] = {}
        self.by_request: dict[str, str] = {}
        self.requests: list[video_pb2.GenerateVideoRequest] = []
        self.assets: dict[str, tuple[asset_pb2.Asset, bytes]] = {}
        self.uploads: dict[str, tuple[asset_pb2.CreateUploadRequest, bytearray]] = {}
        self.models: list[catalog_pb2.Model] = []
        self.changed = threading.Condition()
        self.chunk_bytes = 1000

    def GenerateVideo(
        self, request: video_pb2.GenerateVideoRequest, context: grpc.ServicerContext
    ) -> video_pb2.GenerateVideoResponse:
        self._meet("GenerateVideo", context)
        self.requests.append(request)
        name = self.by_request.get(request.request_id)
        if name is None:
            name = f"{request.parent}/jobs/{uuid.uuid4()}"
            self.by_request[request.request_id] = name
            packed = Any()
            packed.Pack(request)
            job = job_pb2.Job(name=name, model=request.spec.model or "kino-mini", request=packed, attempt=1)
            self.jobs[name], self.events[name] = job, []
            self.happen(name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_QUEUED))
        self._lose("GenerateVideo", context)
        return video_pb2.GenerateVideoResponse(job=self.jobs[name])

    def GetJob(self, request: job_pb2.GetJobRequest, context: grpc.ServicerContext) -> job_pb2.GetJobResponse:
        self._meet("GetJob", context)
        return job_pb2.GetJobResponse(job=self._job(request.name, context))

    def ListJobs(self, request: job_pb2.ListJobsRequest, context: grpc.ServicerContext) -> job_pb2.ListJobsResponse:
        self._meet("ListJobs", context)
        wanted = request.filter.states
        jobs = [job for job in reversed(self.jobs.values()) if not wanted or job.state in wanted]
        size, start = request.page_size or 50, int(request.page_token or 0)
        token = str(start + size) if start + size < len(jobs) else ""
        return job_pb2.ListJobsResponse(jobs=jobs[start : start + size], next_page_token=token)

    def WatchJob(
        self, request: job_pb2.WatchJobRequest, context: grpc.ServicerContext
    ) -> Iterator[job_pb2.WatchJobResponse]:
        self._meet("WatchJob", context)
        self._job(request.name, context)
        left = self.faults.watch_lengths.pop(0) if self.faults.watch_lengths else None
        after = max(0, request.after_sequence - self.faults.repeats)
        for event in self._log(request.name, after, context):
            if left == 0:
                if self.faults.clean_breaks:
                    return
                _abort(context, unavailable())
            left = None if left is None else left - 1
            if event.sequence != self.faults.skip:
                yield job_pb2.WatchJobResponse(event=event)

    def WaitJob(self, request: job_pb2.WaitJobRequest, context: grpc.ServicerContext) -> job_pb2.WaitJobResponse:
        self._meet("WaitJob", context)
        job = self._job(request.name, context)
        with self.changed:
            self.changed.wait_for(lambda: job.state in ENDED, request.timeout.ToTimedelta().total_seconds())
        return job_pb2.WaitJobResponse(job=job)

    def CancelJob(self, request: job_pb2.CancelJobRequest, context: grpc.ServicerContext) -> job_pb2.CancelJobResponse:
        self._meet("CancelJob", context)
        job = self._job(request.name, context)
        if job.state not in ENDED:
            self.happen(job.name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_CANCELLED))
        return job_pb2.CancelJobResponse(job=job)

    def RetryJob(self, request: job_pb2.RetryJobRequest, context: grpc.ServicerContext) -> job_pb2.RetryJobResponse:
        self._meet("RetryJob", context)
        job = self._job(request.name, context)
        if job.state not in ENDED:
            _abort(context, rich_status(code_pb2.FAILED_PRECONDITION, f"{job.name} has not ended"))
        job.ClearField("error")
        self.happen(job.name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_QUEUED))
        self._lose("RetryJob", context)
        return job_pb2.RetryJobResponse(job=job)

    def DeleteJob(self, request: job_pb2.DeleteJobRequest, context: grpc.ServicerContext) -> job_pb2.DeleteJobResponse:
        self._meet("DeleteJob", context)
        self._job(request.name, context)
        del self.jobs[request.name], self.events[request.name]
        self._lose("DeleteJob", context)
        return job_pb2.DeleteJobResponse()

    def CreateUpload(
        self, request: asset_pb2.CreateUploadRequest, context: grpc.ServicerContext
    ) -> asset_pb2.CreateUploadResponse:
        self._meet("CreateUpload", context)
        for asset, _ in self.assets.values():
            if asset.sha256 == request.sha256:
                return asset_pb2.CreateUploadResponse(asset=asset)
        name = f"{request.parent}/uploads/{request.request_id}"
        _, data = self.uploads.setdefault(name, (request, bytearray()))
        self._lose("CreateUpload", context)
        return asset_pb2.CreateUploadResponse(upload=name, committed_bytes=len(data))

    def GetUpload(
        self, request: asset_pb2.GetUploadRequest, context: grpc.ServicerContext
    ) -> asset_pb2.GetUploadResponse:
        self._meet("GetUpload", context)
        created, data = self.uploads[request.upload]
        stored = self.assets.get(_asset_name(created))
        return asset_pb2.GetUploadResponse(committed_bytes=len(data), asset=stored[0] if stored else None)

    def UploadAsset(
        self, request_iterator: Iterator[asset_pb2.UploadAssetRequest], context: grpc.ServicerContext
    ) -> asset_pb2.UploadAssetResponse:
        self._meet("UploadAsset", context)
        left = self.faults.upload_lengths.pop(0) if self.faults.upload_lengths else None
        name = ""
        for request in request_iterator:
            name = request.upload or name
            data = self.uploads[name][1]
            if left == 0:
                _abort(context, unavailable())
            left = None if left is None else left - 1
            if self.faults.corrupt_chunks:
                self.faults.corrupt_chunks -= 1
                _abort(context, chunk_damaged())
            if request.chunk.offset != len(data) or google_crc32c.value(request.chunk.data) != request.chunk.crc32c:
                _abort(context, rich_status(code_pb2.INTERNAL, "the client sent a wrong chunk"))
            data.extend(request.chunk.data)
        created, data = self.uploads[name]
        if self.faults.unfinished_uploads:
            self.faults.unfinished_uploads -= 1
            _abort(context, unavailable())
        asset = self.store(bytes(data), created.media_type, created.display_name, _asset_name(created))
        self._lose("UploadAsset", context)
        return asset_pb2.UploadAssetResponse(committed_bytes=len(data), asset=asset)

    def DownloadAsset(
        self, request: asset_pb2.DownloadAssetRequest, context: grpc.ServicerContext
    ) -> Iterator[asset_pb2.DownloadAssetResponse]:
        self._meet("DownloadAsset", context)
        data = self._asset(request.name, context)[1]
        left = self.faults.download_lengths.pop(0) if self.faults.download_lengths else None
        for offset in range(request.offset, len(data), self.chunk_bytes):
            if left == 0:
                _abort(context, unavailable())
            left = None if left is None else left - 1
            part = data[offset : offset + self.chunk_bytes]
            checksum = google_crc32c.value(part)
            if self.faults.corrupt_chunks:
                self.faults.corrupt_chunks -= 1
                part = bytes([part[0] ^ 1]) + part[1:]
            yield asset_pb2.DownloadAssetResponse(chunk=asset_pb2.Chunk(offset=offset, data=part, crc32c=checksum))

    def GetAsset(self, request: asset_pb2.GetAssetRequest, context: grpc.ServicerContext) -> asset_pb2.GetAssetResponse:
        self._meet("GetAsset", context)
        return asset_pb2.GetAssetResponse(asset=self._asset(request.name, context)[0])

    def ListAssets(
        self, request: asset_pb2.ListAssetsRequest, context: grpc.ServicerContext
    ) -> asset_pb2.ListAssetsResponse:
        self._meet("ListAssets", context)
        assets = [asset for asset, _ in self.assets.values() if not request.job or asset.job == request.job]
        return asset_pb2.ListAssetsResponse(assets=assets)

    def DeleteAsset(
        self, request: asset_pb2.DeleteAssetRequest, context: grpc.ServicerContext
    ) -> asset_pb2.DeleteAssetResponse:
        self._meet("DeleteAsset", context)
        self._asset(request.name, context)
        del self.assets[request.name]
        return asset_pb2.DeleteAssetResponse()

    def VerifyAsset(
        self, request: asset_pb2.VerifyAssetRequest, context: grpc.ServicerContext
    ) -> asset_pb2.VerifyAssetResponse:
        self._meet("VerifyAsset", context)
        asset, data = self._asset(request.name, context)
        if hashlib.sha256(data).hexdigest() != asset.sha256:
            info = error_details_pb2.ErrorInfo(reason="ASSET_DAMAGED", domain="kinoform")
            _abort(context, rich_status(code_pb2.DATA_LOSS, "the stored bytes differ", info))
        return asset_pb2.VerifyAssetResponse(asset=asset)

    def ListModels(
        self, request: catalog_pb2.ListModelsRequest, context: grpc.ServicerContext
    ) -> catalog_pb2.ListModelsResponse:
        self._meet("ListModels", context)
        return catalog_pb2.ListModelsResponse(models=self.models)

    def GetModel(
        self, request: catalog_pb2.GetModelRequest, context: grpc.ServicerContext
    ) -> catalog_pb2.GetModelResponse:
        self._meet("GetModel", context)
        for model in self.models:
            if model.name == request.name:
                return catalog_pb2.GetModelResponse(model=model)
        raise _abort(context, not_found(request.name))

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

    def run(self, name: str, steps: int = 3, video: bytes = b"video" * 1000) -> None:
        """Brings a job to a good end."""
        self.happen(name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_RUNNING))
        for step in range(1, steps + 1):
            progress = job_pb2.Progress(stage=job_pb2.Progress.STAGE_DENOISE, step=step, steps=steps)
            progress.eta.seconds = steps - step
            self.happen(name, progress=progress)
        self.happen(name, preview=job_pb2.Preview(step=steps, image=b"\x89PNG", frames=1))
        self.happen(name, checkpoint_saved=job_pb2.CheckpointSaved(step=steps))
        self.happen(name, warning=job_pb2.Warning(message="outside the vocabulary: zebra"))
        asset = self.store(video, "video/mp4", "clip.mp4", f"projects/default/assets/{uuid.uuid4()}", job=name)
        output = job_pb2.Output(role="video", asset=asset.name, media_type="video/mp4", size_bytes=len(video))
        self.happen(name, output=output)
        self.happen(name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_SUCCEEDED))

    def fail(self, name: str, error: status_pb2.Status) -> None:
        """Brings a job to a bad end."""
        self.happen(name, state_changed=job_pb2.StateChanged(state=job_pb2.Job.STATE_FAILED, error=error))

    def store(self, data: bytes, media_type: str, display_name: str, name: str, job: str = "") -> asset_pb2.Asset:
        """Puts an asset there."""
        asset = asset_pb2.Asset(
            name=name,
            display_name=display_name,
            media_type=media_type,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            job=job,
        )
        self.assets[name] = (asset, data)
        return asset

    def _meet(self, method: str, context: grpc.ServicerContext) -> None:
        self.calls.append(method)
        self.metadata.append({key: value for key, value in context.invocation_metadata() if isinstance(value, str)})
        if refusals := self.faults.refusals.get(method):
            _abort(context, refusals.pop(0))

    def _lose(self, method: str, context: grpc.ServicerContext) -> None:
        if self.faults.lost_answers.get(method, 0):
            self.faults.lost_answers[method] -= 1
            _abort(context, unavailable())

    def _job(self, name: str, context: grpc.ServicerContext) -> job_pb2.Job:
        if name not in self.jobs:
            _abort(context, not_found(name))
        return self.jobs[name]

    def _asset(self, name: str, context: grpc.ServicerContext) -> tuple[asset_pb2.Asset, bytes]:
        if name not in self.assets:
            _abort(context, not_found(name))
        return self.assets[name]

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


class Served:
    """A peer behind a port of this machine; `stop` and `start` again keep the port and the peer's memory."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.port = 0
        self._server: grpc.Server | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"grpc://127.0.0.1:{self.port}"

    def start(self) -> None:
        server = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        job_pb2_grpc.add_JobServiceServicer_to_server(self.peer, server)
        asset_pb2_grpc.add_AssetServiceServicer_to_server(self.peer, server)
        catalog_pb2_grpc.add_CatalogServiceServicer_to_server(self.peer, server)
        video_pb2_grpc.add_VideoServiceServicer_to_server(self.peer, server)
        health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
        self.port = server.add_insecure_port(f"127.0.0.1:{self.port}")
        server.start()
        self._server = server

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop(0).wait()
            self._server = None


def _asset_name(created: asset_pb2.CreateUploadRequest) -> str:
    return f"{created.parent}/assets/{created.request_id}"


def _abort(context: grpc.ServicerContext, status: status_pb2.Status) -> Exception:
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError("abort does not return")
