"""Chooses the parts of the conditioning service."""

from kinoform.conditioning.convert import task_from_proto
from kinoform.conditioning.maker import prepare
from kinoform.conditioning.tasks import ConditioningTask
from kinoform.serving.build import service_of
from kinoform.serving.config import ServiceConfig
from kinoform.serving.service import Service, Trade


def build(config: ServiceConfig) -> Service[ConditioningTask]:
    """A service; its networks are loaded when they are first needed."""
    return service_of(trade(), config)


def trade() -> Trade[ConditioningTask]:
    """What the conditioning service does."""
    return Trade(read=task_from_proto, make=prepare, models=[])
