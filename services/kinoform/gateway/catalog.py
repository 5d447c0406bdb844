"""CatalogService: the models this server offers."""

from collections.abc import Mapping

from google.protobuf.struct_pb2 import Struct

from kinoform.gateway.edge import Context
from kinoform.models.card import AnyCard, ClipLimits, Kind, MaterialLimits, MeshLimits, is_material, is_mesh, is_video
from kinoform.store.errors import NotFound
from kinoform_proto.catalog.v1 import catalog_pb2, catalog_pb2_grpc
from kinoform_proto.type.v1.type_pb2 import FrameRate, Size


class CatalogServicer(catalog_pb2_grpc.CatalogServiceServicer):
    """Reads the cards."""

    def __init__(self, cards: Mapping[str, AnyCard], defaults: Mapping[Kind, str]) -> None:
        models = (model_to_proto(card, default=card.name == defaults.get(card.kind)) for card in cards.values())
        self._models = {model.name: model for model in sorted(models, key=lambda model: model.name)}

    async def ListModels(
        self, request: catalog_pb2.ListModelsRequest, context: Context
    ) -> catalog_pb2.ListModelsResponse:
        """Every model, sorted by name."""
        return catalog_pb2.ListModelsResponse(models=self._models.values())

    async def GetModel(self, request: catalog_pb2.GetModelRequest, context: Context) -> catalog_pb2.GetModelResponse:
        """One model. Raises NotFound."""
        if request.name not in self._models:
            raise NotFound(request.name)
        return catalog_pb2.GetModelResponse(model=self._models[request.name])


def model_to_proto(card: AnyCard, *, default: bool) -> catalog_pb2.Model:
    """A model as callers see it."""
    whole = Struct()
    whole.update(card.to_json())
    model = catalog_pb2.Model(
        name=f"models/{card.name}",
        display_name=card.display_name,
        family=card.family,
        version=card.version,
        description=card.description,
        license=card.license,
        limits=card.limits,
        batch_exact=card.batch_exact,
        image_input=card.image_input,
        conditions=card.conditions,
        card=whole,
        is_default=default,
    )
    if is_video(card):
        model.video.CopyFrom(_video(card.ranges))
    elif is_mesh(card):
        model.mesh.CopyFrom(_mesh(card.ranges))
    elif is_material(card):
        model.material.CopyFrom(_material(card.ranges))
    return model


def _video(clip: ClipLimits) -> catalog_pb2.VideoLimits:
    rate = clip.default_frame_rate
    return catalog_pb2.VideoLimits(
        min_frames=clip.min_frames,
        max_frames=clip.max_frames,
        frames_step=clip.frames_step,
        default_frames=clip.default_frames,
        min_size=_size(clip.min_size),
        max_size=_size(clip.max_size),
        size_step=clip.size_step,
        default_size=_size(clip.default_size),
        default_frame_rate=FrameRate(numerator=rate.numerator, denominator=rate.denominator),
        max_steps=clip.max_steps,
        default_steps=clip.default_steps,
        default_guidance=clip.default_guidance,
        text_tokens=clip.text_tokens,
    )


def _mesh(ranges: MeshLimits) -> catalog_pb2.MeshLimits:
    return catalog_pb2.MeshLimits(
        min_resolution=ranges.min_resolution,
        max_resolution=ranges.max_resolution,
        resolution_step=ranges.resolution_step,
        default_resolution=ranges.default_resolution,
        default_triangles=ranges.default_triangles,
        default_texture_size=ranges.default_texture_size,
        max_steps=ranges.max_steps,
        default_steps=ranges.default_steps,
        default_guidance=ranges.default_guidance,
        text_tokens=ranges.text_tokens,
    )


def _material(ranges: MaterialLimits) -> catalog_pb2.MaterialLimits:
    return catalog_pb2.MaterialLimits(
        sizes=ranges.sizes,
        default_size=ranges.default_size,
        max_steps=ranges.max_steps,
        default_steps=ranges.default_steps,
        default_guidance=ranges.default_guidance,
        text_tokens=ranges.text_tokens,
    )


def _size(size: tuple[int, int]) -> Size:
    return Size(width=size[0], height=size[1])
