"""Chooses the parts of the video service."""

from functools import partial

from kinoform.engine.family import Frames
from kinoform.models.clip import ClipRequest
from kinoform.models.load import load_family
from kinoform.models.registry import DEFAULT_MODELS
from kinoform.serving.build import models_of, service_of
from kinoform.serving.config import ServiceConfig
from kinoform.serving.models import Models
from kinoform.serving.service import Service, Trade
from kinoform.video.convert import task_from_proto
from kinoform.video.maker import ClipMaker
from kinoform.video.task import ClipTask


async def build(config: ServiceConfig) -> Service[ClipTask]:
    """A service with its default model loaded. Raises BadRegistration, and what loading the model raises."""
    models = models_of("video", config, partial(load_family, threads=config.threads))
    service = service_of(trade(models), config)
    await models.get(DEFAULT_MODELS["video"])
    return service


def trade(models: Models[ClipRequest, Frames]) -> Trade[ClipTask]:
    """What the video service does."""
    return Trade(read=task_from_proto, make=ClipMaker(models), models=[models])
