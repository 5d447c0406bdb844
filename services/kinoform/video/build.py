"""Chooses the parts of the video service."""

from functools import partial

import torch

from kinoform.engine.engine import Engine
from kinoform.models.load import load_family
from kinoform.models.registry import DEFAULT_MODELS, catalogue
from kinoform.store.assets import AssetStore
from kinoform.video.blobs import Blobs
from kinoform.video.config import VideoConfig
from kinoform.video.maker import Tools
from kinoform.video.models import ClipEngine, ClipFamily, Models
from kinoform.video.pools import Pools
from kinoform.video.service import VideoService


async def build(config: VideoConfig) -> VideoService:
    """A service with its default model loaded. Raises BadRegistration, and what loading the model raises."""
    # Ray gives its actors one thread, whatever the machine has.
    torch.set_num_threads(config.threads)
    registrations = catalogue(config.models)
    models = Models(registrations, partial(load_family, threads=config.threads), start_engine)
    await models.get(DEFAULT_MODELS["video"])
    tools = Tools(models=models, blobs=Blobs(AssetStore(config.assets)), pools=Pools(), rhythm=config.rhythm)
    return VideoService(tools, token=config.token_file.read_text().strip(), max_jobs=config.max_jobs)


def start_engine(family: ClipFamily) -> ClipEngine:
    """An engine for the family, running."""
    return Engine(family).start()
