"""The generation services: which of them can be served here, and how each is built.

What needs torch is imported for one service alone."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kinoform.models.registry import DEFAULT_MODELS, Registration
from kinoform.models.services import SERVICES, ServiceName
from kinoform.serving.config import ServiceConfig
from kinoform_cluster.errors import NotServable

if TYPE_CHECKING:
    from kinoform.serving.service import AnyService


def chosen(wanted: Sequence[ServiceName], offered: Mapping[str, Registration]) -> tuple[ServiceName, ...]:
    """Which services to start: those asked for, or all whose default model is there. Raises NotServable."""
    missing: dict[ServiceName, str] = {kind: name for kind, name in DEFAULT_MODELS.items() if name not in offered}
    for service in wanted:
        if service in missing:
            raise NotServable(service, missing[service])
    return tuple(service for service in SERVICES if service not in missing and (service in wanted or not wanted))


async def build_service(service: ServiceName, config: ServiceConfig) -> "AnyService":
    """The service, its default model loaded. What needs torch is imported here alone, for that service alone.

    Raises BadRegistration, ModelError, BackboneError, OSError.
    """
    match service:
        case "video":
            from kinoform.video.build import build as build_video

            return await build_video(config)
        case "mesh":
            from kinoform.mesh.build import build as build_mesh

            return await build_mesh(config)
        case "material":
            from kinoform.material.build import build as build_material

            return await build_material(config)
        case "conditioning":
            from kinoform.conditioning.build import build as build_conditioning

            return build_conditioning(config)
