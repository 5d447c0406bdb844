"""Keys, a caller who shows them, and requests for every rpc there is."""

import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import google_crc32c
import grpc
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2
from grpc_status import rpc_status

from kinoform.gateway.server import SERVICES
from kinoform.store.keys import Role
from kinoform.store.open import Store
from tests.gateway import job_requests
from tests.gateway.gateway_peer import _Trailers

MINE, THEIRS = "default", "another"
Metadata = tuple[tuple[str, str], ...]
NOBODY: Metadata = ()


def bearer(key: str) -> Metadata:
    return (("authorization", f"Bearer {key}"),)


def key_for(store: Store, *projects: str, role: Role = Role.MEMBER, expires_at: int | None = None) -> str:
    """A new key."""
    return store.keys.create(projects, role, now=1, expires_at=expires_at)[1]


def methods() -> Iterator[MethodDescriptor]:
    """Every rpc of every service that a gateway serves to callers."""
    pool = descriptor_pool.Default()
    for service in SERVICES:
        yield from pool.FindServiceByName(service).methods


def path_of(method: MethodDescriptor) -> str:
    return f"/{method.containing_service.full_name}/{method.name}"


JOB = "projects/{p}/jobs/none"
ASSET = "projects/{p}/assets/none"
UPLOAD = "projects/{p}/uploads/none"
CONDITIONING = "projects/{p}/conditionings/" + "0" * 64
NAMES = {"JobService": JOB, "AssetService": ASSET, "ConditioningService": CONDITIONING}


def request_for(method: MethodDescriptor, project: str) -> Message:
    """A request that is well formed; what it names in that project does not exist."""
    request: Message = GetMessageClass(method.input_type)()
    for case in job_requests.CASES.values():
        if case.make().DESCRIPTOR is method.input_type:
            request = case.make()
    for field in method.input_type.fields:
        if field.name == "parent":
            request.parent = f"projects/{project}"  # type: ignore[attr-defined]
        elif field.name == "request_id":
            request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        elif field.name == "upload":
            request.upload = UPLOAD.format(p=project)  # type: ignore[attr-defined]
        elif field.name == "name":
            known = NAMES.get(method.containing_service.name, "models/none")
            request.name = known.format(p=project)  # type: ignore[attr-defined]
    _fill(method.name, request)
    return request


def _fill(method: str, request: Message) -> None:
    """What only this rpc's request needs."""
    match method:
        case "CreateUpload":
            request.media_type, request.size_bytes, request.sha256 = "image/png", 1, "0" * 64  # type: ignore[attr-defined]
        case "UploadAsset":
            request.chunk.data = b"x"  # type: ignore[attr-defined]
            request.chunk.crc32c = google_crc32c.value(b"x")  # type: ignore[attr-defined]
        case "CreateConditioning":
            request.spec.edges.low = 50  # type: ignore[attr-defined]
            request.spec.image.inline = job_requests.picture()  # type: ignore[attr-defined]
        case "WaitJob":
            request.timeout.seconds = 1  # type: ignore[attr-defined]


@dataclass(frozen=True)
class AnyCaller:
    """Calls any rpc by its descriptor."""

    channel: grpc.aio.Channel

    async def status(
        self, method: MethodDescriptor, request: Message, metadata: Metadata, *later: Message
    ) -> status_pb2.Status:
        """How the call ends; code 0 for OK."""
        try:
            await self._call(method, [request, *later], metadata)
        except grpc.aio.AioRpcError as error:
            rich = rpc_status.from_call(_Trailers(error))
            return rich or status_pb2.Status(code=error.code().value[0], message=error.details() or "")
        return status_pb2.Status()

    async def code(self, method: MethodDescriptor, request: Message, metadata: Metadata) -> str:
        """Name of the status code that the call ends with."""
        number = (await self.status(method, request, metadata)).code
        return next(code.name for code in grpc.StatusCode if code.value[0] == number)

    async def _call(self, method: MethodDescriptor, requests: Sequence[Message], metadata: Metadata) -> None:
        answer = GetMessageClass(method.output_type)
        coding = {"request_serializer": type(requests[0]).SerializeToString, "response_deserializer": answer.FromString}
        if method.client_streaming:
            await self.channel.stream_unary(path_of(method), **coding)(_each(requests), metadata=metadata)
        elif method.server_streaming:
            async for _ in self.channel.unary_stream(path_of(method), **coding)(requests[0], metadata=metadata):
                pass
        else:
            await self.channel.unary_unary(path_of(method), **coding)(requests[0], metadata=metadata)


async def _each(requests: Sequence[Message]) -> AsyncIterator[Message]:
    for request in requests:
        yield request
