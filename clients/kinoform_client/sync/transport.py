"""gRPC's blocking side: the twin of `aio/transport.py`, and like it written by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import grpc

from kinoform_client._core.address import Address
from kinoform_client._core.channel import OPTIONS
from kinoform_client._core.status import error_from_call
from kinoform_client._core.tls import Tls
from kinoform_client.errors import InternalError, KinoformError
from kinoform_proto.asset.v1.asset_pb2_grpc import AssetServiceStub
from kinoform_proto.catalog.v1.catalog_pb2_grpc import CatalogServiceStub
from kinoform_proto.conditioning.v1.conditioning_pb2_grpc import ConditioningServiceStub
from kinoform_proto.job.v1.job_pb2_grpc import JobServiceStub
from kinoform_proto.material.v1.material_pb2_grpc import MaterialServiceStub
from kinoform_proto.mesh.v1.mesh_pb2_grpc import MeshServiceStub
from kinoform_proto.video.v1.video_pb2_grpc import VideoServiceStub

Channel = grpc.Channel
Unary = grpc.UnaryUnaryMultiCallable
RpcError = grpc.RpcError
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stubs:
    """The server's services."""

    assets: AssetServiceStub
    catalog: CatalogServiceStub
    conditionings: ConditioningServiceStub
    jobs: JobServiceStub
    materials: MaterialServiceStub
    meshes: MeshServiceStub
    videos: VideoServiceStub


def connect(address: Address, tls: Tls) -> Channel:
    """A channel; it dials when it is first used."""
    if not address.tls:
        return grpc.insecure_channel(address.target, OPTIONS)
    credentials = grpc.ssl_channel_credentials(tls.ca, tls.key, tls.certificate)
    return grpc.secure_channel(address.target, credentials, OPTIONS)


def stubs(channel: Channel) -> Stubs:
    """The services behind a channel."""
    return Stubs(
        assets=AssetServiceStub(channel),
        catalog=CatalogServiceStub(channel),
        conditionings=ConditioningServiceStub(channel),
        jobs=JobServiceStub(channel),
        materials=MaterialServiceStub(channel),
        meshes=MeshServiceStub(channel),
        videos=VideoServiceStub(channel),
    )


def error_of(error: grpc.RpcError) -> KinoformError:
    """The error that a failed call stands for."""
    if not isinstance(error, grpc.Call):
        return InternalError(str(error))
    return error_from_call(error.code(), error.details(), error.trailing_metadata())


def sleep(seconds: float) -> None:
    """Waits."""
    time.sleep(seconds)


def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs it right here: the caller's thread is blocked anyway."""
    return function(*args, **kwargs)
