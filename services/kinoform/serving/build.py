"""Puts a service together from what it was told at its start."""

from collections.abc import Callable
from typing import Any, TypeVar

import torch

from kinoform.engine.family import Family
from kinoform.models.card import Kind
from kinoform.models.registry import Registration, catalogue
from kinoform.serving.bench import Benches
from kinoform.serving.blobs import Blobs
from kinoform.serving.config import ServiceConfig
from kinoform.serving.denoise import Tools
from kinoform.serving.models import Models, Request, Result
from kinoform.serving.pools import Pools
from kinoform.serving.service import Service, Trade
from kinoform.store.assets import AssetStore

Task = TypeVar("Task")


def models_of(
    kind: Kind, config: ServiceConfig, load: Callable[[Registration], Family[Request, Any, Any, Result]]
) -> Models[Request, Result]:
    """The models of that kind which the service offers, none loaded yet. Raises BadRegistration."""
    offered = catalogue(config.models).items()
    return Models({name: entry for name, entry in offered if entry.card.kind == kind}, load)


def service_of(trade: Trade[Task], config: ServiceConfig) -> Service[Task]:
    """A service on this machine's threads and the configured store."""
    # Ray gives its actors one thread, whatever the machine has.
    torch.set_num_threads(config.threads)
    tools = Tools(blobs=Blobs(AssetStore(config.assets)), pools=Pools(), benches=Benches(), rhythm=config.rhythm)
    return Service(trade, tools, token=config.token_file.read_text().strip(), max_jobs=config.max_jobs)
