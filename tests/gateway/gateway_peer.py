"""A gateway under test, and a caller of it."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, assert_never, cast

import google_crc32c
import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.resolve.requests import KeyedRequest
from kinoform.gateway.runstream import RunTimes
from kinoform.gateway.server import Gateway, build
from kinoform.models.card import ClipLimits, MaterialLimits, MeshLimits, ModelCard, Vocabulary
from kinoform_proto.asset.v1 import asset_pb2, asset_pb2_grpc
from kinoform_proto.catalog.v1 import catalog_pb2_grpc
from kinoform_proto.conditioning.v1 import conditioning_pb2_grpc
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc
from kinoform_proto.material.v1 import material_pb2, material_pb2_grpc
from kinoform_proto.mesh.v1 import mesh_pb2, mesh_pb2_grpc
from kinoform_proto.video.v1 import video_pb2, video_pb2_grpc
from tests.databases import fresh

CLIP = ClipLimits(
    min_frames=8,
    max_frames=16,
    frames_step=4,
    default_frames=8,
    min_size=(32, 32),
    max_size=(64, 64),
    size_step=32,
    default_size=(64, 64),
    default_frame_rate=Fraction(24000, 1001),
    min_steps=2,
    max_steps=50,
    default_steps=20,
    default_guidance=3.0,
    text_tokens=32,
)
CARD = ModelCard(
    name="kino-mini",
    display_name="Kino mini",
    family="kino-mini",
    version="1",
    description="Small clips.",
    license="Apache-2.0",
    limits=("Nothing but emoji.",),
    ranges=CLIP,
    batch_exact=True,
    image_input=True,
    conditions=("edges", "depth", "mask", "last_frame", "palette", "repaint"),
    vocabulary=Vocabulary(
        subjects=("a penguin",), motions=("moves to the left",), backgrounds=("over a teal background",)
    ),
)
TEXT_ONLY = replace(CARD, name="text-only", image_input=False, conditions=(), vocabulary=None)
MESH_CARD = ModelCard(
    name="form-mini",
    display_name="Form mini",
    family="form-mini",
    version="1",
    description="Small meshes.",
    license="Apache-2.0",
    limits=("Nothing but furniture.",),
    ranges=MeshLimits(
        min_resolution=64,
        max_resolution=128,
        resolution_step=32,
        default_resolution=96,
        default_triangles=20_000,
        default_texture_size=512,
        max_steps=40,
        default_steps=12,
        default_guidance=2.5,
        text_tokens=32,
    ),
    batch_exact=True,
    image_input=True,
    vocabulary=Vocabulary(subjects=("a chair",)),
)
BLIND_MESH_CARD = replace(MESH_CARD, name="form-blind", image_input=False, vocabulary=None)
MATERIAL_CARD = ModelCard(
    name="grain-mini",
    display_name="Grain mini",
    family="grain-mini",
    version="1",
    description="Small materials.",
    license="Apache-2.0",
    limits=("Nothing but walls.",),
    ranges=MaterialLimits(
        sizes=(256, 512), default_size=512, max_steps=30, default_steps=8, default_guidance=1.5, text_tokens=32
    ),
    batch_exact=True,
    image_input=False,
    vocabulary=Vocabulary(subjects=("red brick",)),
)
CARDS = {card.name: card for card in (CARD, TEXT_ONLY, MESH_CARD, BLIND_MESH_CARD, MATERIAL_CARD)}
PROMPT = "a penguin moves to the left over a teal background"
PARENT = "projects/default"
TIMES = RunTimes(lease=50.0, renewal=0.4, silence=50.0, preparation=0.02, answer=0.6)
"""So long that a busy machine is never taken for a dead one."""


def config(folder: Path, engine_port: int) -> GatewayConfig:
    """A gateway on a free port, its stores in the folder."""
    return GatewayConfig(
        listen="127.0.0.1:0",
        engine=f"127.0.0.1:{engine_port}",
        engine_token="secret",
        database=fresh(folder),
        assets=str(folder / "assets"),
        cards=CARDS,
        default_models={"video": "kino-mini", "mesh": "form-mini", "material": "grain-mini"},
        times=TIMES,
        places_every_s=0.05,
        most_deaths=4,
    )


@dataclass(frozen=True)
class Caller:
    """Stubs on one channel."""

    channel: grpc.aio.Channel

    if TYPE_CHECKING:

        @property
        def jobs(self) -> job_pb2_grpc.JobServiceAsyncStub: ...
        @property
        def videos(self) -> video_pb2_grpc.VideoServiceAsyncStub: ...
        @property
        def meshes(self) -> mesh_pb2_grpc.MeshServiceAsyncStub: ...
        @property
        def materials(self) -> material_pb2_grpc.MaterialServiceAsyncStub: ...
        @property
        def conditionings(self) -> conditioning_pb2_grpc.ConditioningServiceAsyncStub: ...
        @property
        def assets(self) -> asset_pb2_grpc.AssetServiceAsyncStub: ...
        @property
        def models(self) -> catalog_pb2_grpc.CatalogServiceAsyncStub: ...
    else:

        @property
        def jobs(self):
            return job_pb2_grpc.JobServiceStub(self.channel)

        @property
        def videos(self):
            return video_pb2_grpc.VideoServiceStub(self.channel)

        @property
        def meshes(self):
            return mesh_pb2_grpc.MeshServiceStub(self.channel)

        @property
        def materials(self):
            return material_pb2_grpc.MaterialServiceStub(self.channel)

        @property
        def conditionings(self):
            return conditioning_pb2_grpc.ConditioningServiceStub(self.channel)

        @property
        def assets(self):
            return asset_pb2_grpc.AssetServiceStub(self.channel)

        @property
        def models(self):
            return catalog_pb2_grpc.CatalogServiceStub(self.channel)

    async def submit(self, request: video_pb2.GenerateVideoRequest | None = None) -> job_pb2.Job:
        """The accepted job."""
        return (await self.videos.GenerateVideo(request or asked())).job

    async def make(self, request: KeyedRequest) -> job_pb2.Job:
        """The accepted job of any type of request."""
        match request:
            case video_pb2.GenerateVideoRequest():
                return (await self.videos.GenerateVideo(request)).job
            case mesh_pb2.GenerateMeshRequest():
                return (await self.meshes.GenerateMesh(request)).job
            case mesh_pb2.ProcessMeshRequest():
                return (await self.meshes.ProcessMesh(request)).job
            case mesh_pb2.TextureMeshRequest():
                return (await self.meshes.TextureMesh(request)).job
            case mesh_pb2.RenderTurntableRequest():
                return (await self.meshes.RenderTurntable(request)).job
            case material_pb2.GenerateMaterialRequest():
                return (await self.materials.GenerateMaterial(request)).job
        assert_never(request)

    async def keep(
        self,
        data: bytes,
        media_type: str = "application/octet-stream",
        parent: str = PARENT,
        metadata: tuple[tuple[str, str], ...] = (),
    ) -> str:
        """The name of an asset with these bytes."""
        opening = asset_pb2.CreateUploadRequest(
            parent=parent,
            request_id=str(uuid.uuid4()),
            media_type=media_type,
            size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        opened = await self.assets.CreateUpload(opening, metadata=metadata)
        if opened.HasField("asset"):
            return opened.asset.name
        part = asset_pb2.Chunk(data=data, crc32c=google_crc32c.value(data))
        chunks = iter([asset_pb2.UploadAssetRequest(upload=opened.upload, chunk=part)])
        sent = await self.assets.UploadAsset(chunks, metadata=metadata)
        return sent.asset.name

    async def get(self, name: str) -> job_pb2.Job:
        """The job as it stands."""
        return (await self.jobs.GetJob(job_pb2.GetJobRequest(name=name))).job

    async def ended(self, name: str, timeout_s: int = 60) -> job_pb2.Job:
        """The job once it has ended."""
        request = job_pb2.WaitJobRequest(name=name)
        request.timeout.seconds = timeout_s
        return (await self.jobs.WaitJob(request)).job

    async def watch(self, name: str, after: int = 0) -> list[job_pb2.JobEvent]:
        """All events above `after`, until the job has ended."""
        call = self.jobs.WatchJob(job_pb2.WatchJobRequest(name=name, after_sequence=after))
        return [response.event async for response in call]

    async def reaches(self, name: str, step: int) -> int:
        """The sequence of the event that tells of a step, once it is stored."""
        call = self.jobs.WatchJob(job_pb2.WatchJobRequest(name=name))
        while (event := (await call.read()).event).progress.step < step:
            pass
        call.cancel()
        return event.sequence

    async def all_jobs(self) -> list[job_pb2.Job]:
        """Every job of the project."""
        return list((await self.jobs.ListJobs(job_pb2.ListJobsRequest(parent=PARENT, page_size=500))).jobs)


def asked(prompt: str = PROMPT) -> video_pb2.GenerateVideoRequest:
    """A good request, with a new request id."""
    request = video_pb2.GenerateVideoRequest(parent=PARENT, request_id=str(uuid.uuid4()))
    request.spec.prompt.text = prompt
    request.spec.sampling.seed = 7
    return request


@asynccontextmanager
async def running(config: GatewayConfig) -> AsyncIterator[tuple[Gateway, Caller]]:
    """A started gateway and a caller; drained at the end."""
    gateway = build(config)
    await gateway.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{gateway.port}") as channel:
            yield gateway, Caller(channel)
    finally:
        await gateway.drain(5.0)


async def refusal(call: object) -> status_pb2.Status:
    """The rich status that a call ends with; fails if it succeeds."""
    try:
        if isinstance(call, grpc.aio.UnaryStreamCall):
            async for _ in call:
                pass
        else:
            await cast("grpc.aio.UnaryUnaryCall", call)
    except grpc.aio.AioRpcError as error:
        rich = rpc_status.from_call(_Trailers(error))
        return rich or status_pb2.Status(code=error.code().value[0], message=error.details() or "")
    raise AssertionError("the call succeeded")


def bad_fields(status: status_pb2.Status) -> list[str]:
    """Paths of the fields that a status complains of."""
    found = error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Unpack(found):
            return [violation.field for violation in found.field_violations]
    return []


def reason(status: status_pb2.Status) -> str:
    """The status's ErrorInfo reason."""
    info = error_details_pb2.ErrorInfo()
    return next((info.reason for detail in status.details if detail.Unpack(info)), "")


class _Trailers:
    # grpc_status reads a call; an AioRpcError has the same three things under the same names.
    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        self._error = error

    def trailing_metadata(self) -> list[tuple[str, str | bytes]]:
        return list(self._error.trailing_metadata())

    def code(self) -> grpc.StatusCode:
        return self._error.code()

    def details(self) -> str | None:
        return self._error.details()


async def until(condition: asyncio.Event, timeout_s: float = 60.0) -> None:
    """Wait for an event, not for ever."""
    await asyncio.wait_for(condition.wait(), timeout_s)
