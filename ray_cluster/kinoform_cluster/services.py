"""The generation services: which of them can be served here, and how each is built.

A service is named after what it makes, and so is its Serve application."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kinoform.models.card import KINDS, Kind
from kinoform.models.registry import DEFAULT_MODELS, Registration
from kinoform.serving.config import ServiceConfig
from kinoform_cluster.errors import NotServable

if TYPE_CHECKING:
    from kinoform.serving.service import AnyService


def chosen(wanted: Sequence[Kind], offered: Mapping[str, Registration]) -> tuple[Kind, ...]:
    """Which services to start: those asked for, or all whose default model is there. Raises NotServable."""
    there = tuple(kind for kind in KINDS if DEFAULT_MODELS[kind] in offered)
    for kind in wanted:
        if kind not in there:
            raise NotServable(kind, DEFAULT_MODELS[kind])
    return tuple(kind for kind in there if kind in wanted or not wanted)


async def build_service(kind: Kind, config: ServiceConfig) -> "AnyService":
    """The service, its default model loaded. What needs torch is imported here alone, for that service alone.

    Raises BadRegistration, ModelError, BackboneError, OSError.
    """
    match kind:
        case "video":
            from kinoform.video.build import build as build_video

            return await build_video(config)
        case "mesh":
            from kinoform.mesh.build import build as build_mesh

            return await build_mesh(config)
        case "material":
            from kinoform.material.build import build as build_material

            return await build_material(config)
