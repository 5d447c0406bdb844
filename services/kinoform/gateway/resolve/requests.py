"""The requests that make jobs, and what to do with each."""

from collections.abc import Iterator
from typing import TypeVar, assert_never

from google.protobuf import any_pb2
from google.protobuf.message import Message

from kinoform.gateway.errors import BadRequest, NotOffered, Violation
from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.clip import resolve_clip
from kinoform.gateway.resolve.condition import resolve_condition
from kinoform.gateway.resolve.material import resolve_material
from kinoform.gateway.resolve.mesh import resolve_mesh, resolve_process, resolve_texture
from kinoform.gateway.resolve.resolved import Resolved
from kinoform.gateway.resolve.turntable import resolve_turntable
from kinoform_proto.conditioning.v1.conditioning_pb2 import CreateConditioningRequest
from kinoform_proto.material.v1.material_pb2 import GenerateMaterialRequest
from kinoform_proto.mesh.v1.mesh_pb2 import (
    GenerateMeshRequest,
    ProcessMeshRequest,
    RenderTurntableRequest,
    TextureMeshRequest,
)
from kinoform_proto.type.v1.type_pb2 import MediaInput, Sampling
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest

KeyedRequest = (
    GenerateVideoRequest
    | GenerateMeshRequest
    | ProcessMeshRequest
    | TextureMeshRequest
    | RenderTurntableRequest
    | GenerateMaterialRequest
)
"""Each makes a job of its own; its request id tells it from an equal one."""
JobRequest = KeyedRequest | CreateConditioningRequest
JOB_REQUESTS: tuple[type[JobRequest], ...] = (
    GenerateVideoRequest,
    GenerateMeshRequest,
    ProcessMeshRequest,
    TextureMeshRequest,
    RenderTurntableRequest,
    GenerateMaterialRequest,
    CreateConditioningRequest,
)
M = TypeVar("M", bound=Message)


def resolve(request: JobRequest, offer: Offer) -> Resolved:
    """Fill in, in place, what the request leaves open: sent again it makes the same. Raises BadRequest, NotOffered."""
    match request:
        case GenerateVideoRequest():
            return resolve_clip(request.spec, offer)
        case GenerateMeshRequest():
            return resolve_mesh(request.spec, offer)
        case ProcessMeshRequest():
            return resolve_process(request.spec, offer)
        case TextureMeshRequest():
            return resolve_texture(request.spec, offer)
        case RenderTurntableRequest():
            return resolve_turntable(request.spec, offer)
        case GenerateMaterialRequest():
            return resolve_material(request.spec, offer)
        case CreateConditioningRequest():
            return resolve_condition(request.spec, offer)
    assert_never(request)


def sampling_of(request: JobRequest) -> Sampling | None:
    """How its denoiser is run; None for work without one."""
    match request:
        case GenerateVideoRequest() | GenerateMeshRequest() | TextureMeshRequest() | GenerateMaterialRequest():
            return request.spec.sampling if request.spec.HasField("sampling") else None
        case _:
            return None


def objections(message: Message, offer: Offer) -> Iterator[Violation]:
    """What is wrong with a request for a job beyond the rules in its proto; nothing against other messages."""
    if not isinstance(message, JOB_REQUESTS):
        return
    try:
        yield from resolve(copied(message), offer).violations
    except BadRequest as error:
        yield from error.violations
    except NotOffered:
        return


def copied(message: M) -> M:
    """A message that may be changed."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


def unpacked(packed: any_pb2.Any) -> JobRequest | None:
    """The request in the envelope; None if it holds something else."""
    for kind in JOB_REQUESTS:
        if packed.Is(kind.DESCRIPTOR):
            return kind.FromString(packed.value)
    return None


def media_inputs(message: Message, prefix: str = "") -> Iterator[tuple[str, MediaInput]]:
    """The media inputs that a request has, by field path: `spec.image`. Changing one changes the request."""
    for field, value in message.ListFields():
        if isinstance(value, MediaInput):
            yield prefix + field.name, value
        elif isinstance(value, Message):
            yield from media_inputs(value, f"{prefix}{field.name}.")
        elif field.is_repeated and field.message_type is not None and not field.message_type.GetOptions().map_entry:
            for number, each in enumerate(value):
                yield from _media_in(each, f"{prefix}{field.name}[{number}]")


def _media_in(message: Message, path: str) -> Iterator[tuple[str, MediaInput]]:
    if isinstance(message, MediaInput):
        yield path, message
    else:
        yield from media_inputs(message, f"{path}.")
