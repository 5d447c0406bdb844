"""Chooses the parts of the mesh service."""

from functools import partial

from kinoform.mesh.convert import task_from_proto
from kinoform.mesh.maker import MeshMaker
from kinoform.mesh.tasks import MeshTask
from kinoform.models.load import load_material_family, load_mesh_family
from kinoform.models.material import MaterialRequest, TileMaps
from kinoform.models.registry import DEFAULT_MODELS
from kinoform.models.shape import MeshRequest, SizedField
from kinoform.serving.build import models_of, service_of
from kinoform.serving.config import ServiceConfig
from kinoform.serving.models import Models
from kinoform.serving.service import Service, Trade


async def build(config: ServiceConfig) -> Service[MeshTask]:
    """A service with its default model loaded. Raises BadRegistration, and what loading the model raises."""
    shapes = models_of("mesh", config, partial(load_mesh_family, threads=config.threads))
    materials = models_of("material", config, partial(load_material_family, threads=config.threads))
    service = service_of(trade(shapes, materials), config)
    await shapes.get(DEFAULT_MODELS["mesh"])
    return service


def trade(shapes: Models[MeshRequest, SizedField], materials: Models[MaterialRequest, TileMaps]) -> Trade[MeshTask]:
    """What the mesh service does."""
    return Trade(read=task_from_proto, make=MeshMaker(shapes, materials), models=[shapes, materials])
