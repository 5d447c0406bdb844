"""gRPC's asynchronous side: the one module here whose blocking twin is written by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ParamSpec, TypeVar, cast

import grpc

from kinoform_client._core.address import Address
from kinoform_client._core.channel import OPTIONS
from kinoform_client._core.status import error_from_call
from kinoform_client._core.tls import Tls
from kinoform_client.errors import ErrorDetails, InternalError, KinoformError, UnavailableError
from kinoform_proto.asset.v1.asset_pb2_grpc import AssetServiceStub
from kinoform_proto.catalog.v1.catalog_pb2_grpc import CatalogServiceStub
from kinoform_proto.conditioning.v1.conditioning_pb2_grpc import ConditioningServiceStub
from kinoform_proto.job.v1.job_pb2_grpc import JobServiceStub
from kinoform_proto.material.v1.material_pb2_grpc import MaterialServiceStub
from kinoform_proto.mesh.v1.mesh_pb2_grpc import MeshServiceStub
from kinoform_proto.video.v1.video_pb2_grpc import VideoServiceStub

if TYPE_CHECKING:
    from kinoform_proto.asset.v1.asset_pb2_grpc import AssetServiceAsyncStub
    from kinoform_proto.catalog.v1.catalog_pb2_grpc import CatalogServiceAsyncStub
    from kinoform_proto.conditioning.v1.conditioning_pb2_grpc import ConditioningServiceAsyncStub
    from kinoform_proto.job.v1.job_pb2_grpc import JobServiceAsyncStub
    from kinoform_proto.material.v1.material_pb2_grpc import MaterialServiceAsyncStub
    from kinoform_proto.mesh.v1.mesh_pb2_grpc import MeshServiceAsyncStub
    from kinoform_proto.video.v1.video_pb2_grpc import VideoServiceAsyncStub

Channel = grpc.aio.Channel
Unary = grpc.aio.UnaryUnaryMultiCallable
RpcError = grpc.RpcError
P = ParamSpec("P")
T = TypeVar("T")

LOST_STATUS = "Internal error from Core"
"""gRPC says so when the server ended a call that was still being sent to; the status itself is lost."""


@dataclass(frozen=True, slots=True)
class Stubs:
    """The server's services."""

    assets: AssetServiceAsyncStub
    catalog: CatalogServiceAsyncStub
    conditionings: ConditioningServiceAsyncStub
    jobs: JobServiceAsyncStub
    materials: MaterialServiceAsyncStub
    meshes: MeshServiceAsyncStub
    videos: VideoServiceAsyncStub


def connect(address: Address, tls: Tls) -> Channel:
    """A channel; it dials when it is first used."""
    if not address.tls:
        return grpc.aio.insecure_channel(address.target, OPTIONS)
    credentials = grpc.ssl_channel_credentials(tls.ca, tls.key, tls.certificate)
    return grpc.aio.secure_channel(address.target, credentials, OPTIONS)


def stubs(channel: Channel) -> Stubs:
    """The services behind a channel."""
    return Stubs(
        assets=cast("AssetServiceAsyncStub", AssetServiceStub(channel)),
        catalog=cast("CatalogServiceAsyncStub", CatalogServiceStub(channel)),
        conditionings=cast("ConditioningServiceAsyncStub", ConditioningServiceStub(channel)),
        jobs=cast("JobServiceAsyncStub", JobServiceStub(channel)),
        materials=cast("MaterialServiceAsyncStub", MaterialServiceStub(channel)),
        meshes=cast("MeshServiceAsyncStub", MeshServiceStub(channel)),
        videos=cast("VideoServiceAsyncStub", VideoServiceStub(channel)),
    )


def error_of(error: grpc.RpcError) -> KinoformError:
    """The error that a failed call stands for."""
    if not isinstance(error, grpc.aio.AioRpcError):
        return InternalError(str(error))
    if error.code() is grpc.StatusCode.INTERNAL and error.details() == LOST_STATUS:
        return UnavailableError("the connection broke while sending", ErrorDetails(code="UNAVAILABLE"))
    return error_from_call(error.code(), error.details(), error.trailing_metadata())


async def sleep(seconds: float) -> None:
    """Waits."""
    await asyncio.sleep(seconds)


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs something that reads or writes files without holding up the event loop."""
    return await asyncio.to_thread(function, *args, **kwargs)
