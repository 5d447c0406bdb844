"""A server for the SDK's tests: it speaks the true protocol, and breaks off where a test tells it to."""

from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health, health_pb2_grpc

from kinoform_proto.asset.v1 import asset_pb2_grpc
from kinoform_proto.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from kinoform_proto.conditioning.v1 import conditioning_pb2_grpc
from kinoform_proto.job.v1 import job_pb2_grpc
from kinoform_proto.material.v1 import material_pb2, material_pb2_grpc
from kinoform_proto.mesh.v1 import mesh_pb2, mesh_pb2_grpc
from kinoform_proto.video.v1 import video_pb2, video_pb2_grpc
from tests.kinoform_client.peer_base import abort, not_found
from tests.kinoform_client.peer_conditionings import PeerConditionings


class Peer(
    PeerConditionings,
    catalog_pb2_grpc.CatalogServiceServicer,
    video_pb2_grpc.VideoServiceServicer,
    mesh_pb2_grpc.MeshServiceServicer,
    material_pb2_grpc.MaterialServiceServicer,
):
    """Jobs, assets, conditionings and models in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.models: list[catalog_pb2.Model] = []
        self.requests: list[video_pb2.GenerateVideoRequest] = []
        self.others: list[Message] = []
        """Requests for meshes and materials, as they came."""

    def GenerateVideo(
        self, request: video_pb2.GenerateVideoRequest, context: grpc.ServicerContext
    ) -> video_pb2.GenerateVideoResponse:
        self.meet("GenerateVideo", context)
        self.requests.append(request)
        job = self.accept(request, request.spec.model or "kino-mini", "GenerateVideo", context)
        return video_pb2.GenerateVideoResponse(job=job)

    def GenerateMesh(
        self, request: mesh_pb2.GenerateMeshRequest, context: grpc.ServicerContext
    ) -> mesh_pb2.GenerateMeshResponse:
        self.meet("GenerateMesh", context)
        self.others.append(request)
        job = self.accept(request, request.spec.model or "form-mini", "GenerateMesh", context)
        return mesh_pb2.GenerateMeshResponse(job=job)

    def ProcessMesh(
        self, request: mesh_pb2.ProcessMeshRequest, context: grpc.ServicerContext
    ) -> mesh_pb2.ProcessMeshResponse:
        self.meet("ProcessMesh", context)
        self.others.append(request)
        return mesh_pb2.ProcessMeshResponse(job=self.accept(request, "", "ProcessMesh", context))

    def TextureMesh(
        self, request: mesh_pb2.TextureMeshRequest, context: grpc.ServicerContext
    ) -> mesh_pb2.TextureMeshResponse:
        self.meet("TextureMesh", context)
        self.others.append(request)
        return mesh_pb2.TextureMeshResponse(job=self.accept(request, request.spec.model, "TextureMesh", context))

    def RenderTurntable(
        self, request: mesh_pb2.RenderTurntableRequest, context: grpc.ServicerContext
    ) -> mesh_pb2.RenderTurntableResponse:
        self.meet("RenderTurntable", context)
        self.others.append(request)
        return mesh_pb2.RenderTurntableResponse(job=self.accept(request, "", "RenderTurntable", context))

    def GenerateMaterial(
        self, request: material_pb2.GenerateMaterialRequest, context: grpc.ServicerContext
    ) -> material_pb2.GenerateMaterialResponse:
        self.meet("GenerateMaterial", context)
        self.others.append(request)
        job = self.accept(request, request.spec.model or "grain-mini", "GenerateMaterial", context)
        return material_pb2.GenerateMaterialResponse(job=job)

    def ListModels(
        self, request: catalog_pb2.ListModelsRequest, context: grpc.ServicerContext
    ) -> catalog_pb2.ListModelsResponse:
        self.meet("ListModels", context)
        return catalog_pb2.ListModelsResponse(models=self.models)

    def GetModel(
        self, request: catalog_pb2.GetModelRequest, context: grpc.ServicerContext
    ) -> catalog_pb2.GetModelResponse:
        self.meet("GetModel", context)
        for model in self.models:
            if model.name == request.name:
                return catalog_pb2.GetModelResponse(model=model)
        raise abort(context, not_found(request.name))


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
        conditioning_pb2_grpc.add_ConditioningServiceServicer_to_server(self.peer, server)
        video_pb2_grpc.add_VideoServiceServicer_to_server(self.peer, server)
        mesh_pb2_grpc.add_MeshServiceServicer_to_server(self.peer, server)
        material_pb2_grpc.add_MaterialServiceServicer_to_server(self.peer, server)
        health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), server)
        self.port = server.add_insecure_port(f"127.0.0.1:{self.port}")
        server.start()
        self._server = server

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop(0).wait()
            self._server = None
