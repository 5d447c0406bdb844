"""Models, from protos to the SDK's records."""

from fractions import Fraction
from typing import Any

from google.protobuf.json_format import MessageToDict

from kinoform_client import types
from kinoform_proto.catalog.v1 import catalog_pb2
from kinoform_proto.type.v1 import type_pb2


def model_from_proto(proto: catalog_pb2.Model) -> types.Model:
    """The record of a model."""
    kind = proto.WhichOneof("ranges")
    return types.Model(
        name=proto.name.removeprefix("models/"),
        display_name=proto.display_name,
        family=proto.family,
        version=proto.version,
        description=proto.description,
        license=proto.license,
        limits=tuple(proto.limits),
        clip=_clip(proto.video) if kind == "video" else None,
        mesh=_mesh(proto.mesh) if kind == "mesh" else None,
        material=_material(proto.material) if kind == "material" else None,
        batch_exact=proto.batch_exact,
        image_input=proto.image_input,
        conditions=tuple(proto.conditions),
        card=_whole_numbers(MessageToDict(proto.card)),
        is_default=proto.is_default,
    )


def _clip(proto: catalog_pb2.VideoLimits) -> types.ClipLimits:
    rate = proto.default_frame_rate
    return types.ClipLimits(
        min_frames=proto.min_frames,
        max_frames=proto.max_frames,
        frames_step=proto.frames_step,
        default_frames=proto.default_frames,
        min_size=_size(proto.min_size),
        max_size=_size(proto.max_size),
        size_step=proto.size_step,
        default_size=_size(proto.default_size),
        default_frame_rate=Fraction(rate.numerator, rate.denominator or 1),
        max_steps=proto.max_steps,
        default_steps=proto.default_steps,
        default_guidance=proto.default_guidance,
    )


def _mesh(proto: catalog_pb2.MeshLimits) -> types.MeshLimits:
    return types.MeshLimits(
        min_resolution=proto.min_resolution,
        max_resolution=proto.max_resolution,
        resolution_step=proto.resolution_step,
        default_resolution=proto.default_resolution,
        default_triangles=proto.default_triangles,
        default_texture_size=proto.default_texture_size,
        max_steps=proto.max_steps,
        default_steps=proto.default_steps,
        default_guidance=proto.default_guidance,
    )


def _material(proto: catalog_pb2.MaterialLimits) -> types.MaterialLimits:
    return types.MaterialLimits(
        sizes=tuple(proto.sizes),
        default_size=proto.default_size,
        max_steps=proto.max_steps,
        default_steps=proto.default_steps,
        default_guidance=proto.default_guidance,
    )


def _size(proto: type_pb2.Size) -> tuple[int, int]:
    return proto.width, proto.height


def _whole_numbers(value: Any) -> Any:
    """A Struct holds doubles only: 8.0 was 8 in the card."""
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
