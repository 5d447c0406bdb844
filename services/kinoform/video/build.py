"""Chooses the parts of the video service."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch

from kinoform.engine.engine import Engine
from kinoform.models.load import load_family
from kinoform.models.registry import DEFAULT_MODEL, catalogue
from kinoform.store.assets import AssetStore
from kinoform.video.blobs import Blobs
from kinoform.video.maker import Rhythm, Tools
from kinoform.video.models import ClipEngine, ClipFamily, Models
from kinoform.video.pools import Pools
from kinoform.video.service import VideoService


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoConfig:
    """What a video service is made of."""

    assets: str
    """URL or folder of the asset store."""
    token_file: Path
    """Holds the secret that gateway and services share."""
    models: tuple[str, ...] = ()
    """Besides the embedded ones: `NAME=FAMILY:PATH`."""
    threads: int = 1
    """Of torch, for one operation."""
    max_jobs: int = 16
    rhythm: Rhythm = field(default_factory=Rhythm)


async def build(config: VideoConfig) -> VideoService:
    """A service with its default model loaded. Raises BadRegistration, and what loading the model raises."""
    # Ray gives its actors one thread, whatever the machine has.
    torch.set_num_threads(config.threads)
    registrations = catalogue(config.models)
    models = Models(registrations, partial(load_family, threads=config.threads), start_engine)
    await models.get(DEFAULT_MODEL)
    tools = Tools(models=models, blobs=Blobs(AssetStore(config.assets)), pools=Pools(), rhythm=config.rhythm)
    return VideoService(tools, token=config.token_file.read_text().strip(), max_jobs=config.max_jobs)


def start_engine(family: ClipFamily) -> ClipEngine:
    """An engine for the family, running."""
    return Engine(family).start()
