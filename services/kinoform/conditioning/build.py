"""Chooses the parts of the conditioning service."""

from pathlib import Path

from kinoform.conditioning.convert import task_from_proto
from kinoform.conditioning.maker import Preparer
from kinoform.conditioning.tasks import ConditioningTask
from kinoform.serving.build import service_of
from kinoform.serving.config import ServiceConfig
from kinoform.serving.service import Service, Trade


def build(config: ServiceConfig) -> Service[ConditioningTask]:
    """A service; its networks are loaded when they are first needed."""
    return service_of(trade(config.depth_model), config)


def trade(depth_model: Path | None = None) -> Trade[ConditioningTask]:
    """What the conditioning service does. depth_model: a folder as transformers saves it; None is depth-mini."""
    return Trade(read=task_from_proto, make=Preparer(depth_model), models=[])
