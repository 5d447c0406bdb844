"""Chooses the parts of the material service."""

from functools import partial

from kinoform.material.convert import task_from_proto
from kinoform.material.maker import MaterialMaker
from kinoform.material.tasks import MaterialTask
from kinoform.models.load import load_material_family
from kinoform.models.material import MaterialRequest, TileMaps
from kinoform.models.registry import DEFAULT_MODELS
from kinoform.serving.build import models_of, service_of
from kinoform.serving.config import ServiceConfig
from kinoform.serving.models import Models
from kinoform.serving.service import Service, Trade


async def build(config: ServiceConfig) -> Service[MaterialTask]:
    """A service with its default model loaded. Raises BadRegistration, and what loading the model raises."""
    models = models_of("material", config, partial(load_material_family, threads=config.threads))
    service = service_of(trade(models), config)
    await models.get(DEFAULT_MODELS["material"])
    return service


def trade(models: Models[MaterialRequest, TileMaps]) -> Trade[MaterialTask]:
    """What the material service does."""
    return Trade(read=task_from_proto, make=MaterialMaker(models), models=[models])
