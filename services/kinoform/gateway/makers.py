"""The services that take requests for jobs: decode, submit, encode."""

import asyncio
from dataclasses import dataclass

from kinoform.gateway import convert
from kinoform.gateway.edge import Context
from kinoform.gateway.errors import ShuttingDown
from kinoform.gateway.fork import Forker
from kinoform.gateway.resolve.requests import KeyedRequest
from kinoform.gateway.submit import Submitter
from kinoform.store.records import JobRecord
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.material.v1 import material_pb2, material_pb2_grpc
from kinoform_proto.mesh.v1 import mesh_pb2, mesh_pb2_grpc
from kinoform_proto.video.v1 import video_pb2, video_pb2_grpc


@dataclass(frozen=True, slots=True)
class Intake:
    """Takes requests until the gateway drains."""

    submitter: Submitter
    draining: asyncio.Event

    async def job(self, request: KeyedRequest) -> job_pb2.Job:
        """The job that the request made, now or before. Raises ShuttingDown, and what `Submitter.submit` raises."""
        if self.draining.is_set():
            raise ShuttingDown
        return convert.job_to_proto(await asyncio.to_thread(self.submitter.submit, request))


@dataclass(frozen=True, slots=True)
class Forks:
    """Takes requests for forks until the gateway drains."""

    forker: Forker
    draining: asyncio.Event

    async def fork(self, request: job_pb2.ForkJobRequest) -> JobRecord:
        """The job that the request made, now or before. Raises ShuttingDown, and what `Forker.fork` raises."""
        if self.draining.is_set():
            raise ShuttingDown
        return await asyncio.to_thread(self.forker.fork, request)


class VideoServicer(video_pb2_grpc.VideoServiceServicer):
    """VideoService."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def GenerateVideo(
        self, request: video_pb2.GenerateVideoRequest, context: Context
    ) -> video_pb2.GenerateVideoResponse:
        """Queue a clip."""
        return video_pb2.GenerateVideoResponse(job=await self._intake.job(request))


class MeshServicer(mesh_pb2_grpc.MeshServiceServicer):
    """MeshService."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def GenerateMesh(
        self, request: mesh_pb2.GenerateMeshRequest, context: Context
    ) -> mesh_pb2.GenerateMeshResponse:
        """Queue a mesh."""
        return mesh_pb2.GenerateMeshResponse(job=await self._intake.job(request))

    async def ProcessMesh(self, request: mesh_pb2.ProcessMeshRequest, context: Context) -> mesh_pb2.ProcessMeshResponse:
        """Queue work on a mesh."""
        return mesh_pb2.ProcessMeshResponse(job=await self._intake.job(request))

    async def TextureMesh(self, request: mesh_pb2.TextureMeshRequest, context: Context) -> mesh_pb2.TextureMeshResponse:
        """Queue a mesh's new look."""
        return mesh_pb2.TextureMeshResponse(job=await self._intake.job(request))

    async def RenderTurntable(
        self, request: mesh_pb2.RenderTurntableRequest, context: Context
    ) -> mesh_pb2.RenderTurntableResponse:
        """Queue a turntable."""
        return mesh_pb2.RenderTurntableResponse(job=await self._intake.job(request))


class MaterialServicer(material_pb2_grpc.MaterialServiceServicer):
    """MaterialService."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def GenerateMaterial(
        self, request: material_pb2.GenerateMaterialRequest, context: Context
    ) -> material_pb2.GenerateMaterialResponse:
        """Queue a material."""
        return material_pb2.GenerateMaterialResponse(job=await self._intake.job(request))
