"""A job's resolved request as JSON values, whatever was asked for."""

from typing import Any

from google.protobuf.any_pb2 import Any as AnyProto
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from kinoform_proto.conditioning.v1 import conditioning_pb2
from kinoform_proto.material.v1 import material_pb2
from kinoform_proto.mesh.v1 import mesh_pb2
from kinoform_proto.video.v1 import video_pb2

_KINDS: tuple[type[Message], ...] = (
    video_pb2.GenerateVideoRequest,
    mesh_pb2.GenerateMeshRequest,
    mesh_pb2.ProcessMeshRequest,
    mesh_pb2.TextureMeshRequest,
    mesh_pb2.RenderTurntableRequest,
    material_pb2.GenerateMaterialRequest,
    conditioning_pb2.CreateConditioningRequest,
)


def kind_of(packed: AnyProto) -> str:
    """What was asked for: `GenerateVideo`."""
    return packed.TypeName().rpartition(".")[2].removesuffix("Request")


def request_values(packed: AnyProto) -> dict[str, Any]:
    """The request in protobuf's JSON form, with the proto's own field names; its type alone if it isn't known here."""
    for kind in _KINDS:
        if packed.TypeName() == kind.DESCRIPTOR.full_name:
            values: dict[str, Any] = MessageToDict(kind.FromString(packed.value), preserving_proto_field_name=True)
            return _with_whole_seed(values)
    return {"@type": packed.type_url}


def _with_whole_seed(values: dict[str, Any]) -> dict[str, Any]:
    """protobuf's JSON writes 64-bit numbers as strings."""
    sampling = values.get("spec", {}).get("sampling", {})
    if "seed" in sampling:
        sampling["seed"] = int(sampling["seed"])
    return values
