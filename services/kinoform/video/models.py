"""The models of this process: each loaded when first asked for, each with its own engine thread."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from kinoform.engine.engine import Engine
from kinoform.engine.errors import EngineClosed, ModelError
from kinoform.engine.family import Family, Frames
from kinoform.models.clip import ClipRequest
from kinoform.models.registry import Registration

ClipFamily = Family[ClipRequest, Any, Any, Frames]
"""Conditions and states are the family's own business."""

ClipEngine = Engine[ClipRequest, Any, Any]


class LoadedModel(NamedTuple):
    """A model that can run."""

    family: ClipFamily
    engine: ClipEngine


class Models:
    """Loads each model once, however many jobs ask for it at the same time."""

    def __init__(
        self,
        registrations: Mapping[str, Registration],
        load: Callable[[Registration], ClipFamily],
        start_engine: Callable[[ClipFamily], ClipEngine],
    ) -> None:
        self._registrations = registrations
        self._load = load
        self._start_engine = start_engine
        self._loading: dict[str, asyncio.Task[LoadedModel]] = {}

    async def get(self, name: str) -> LoadedModel:
        """The model, loaded. Raises ModelError if there is none of that name."""
        if name not in self._registrations:
            raise ModelError("spec.model", f"this service has no model {name!r}")
        task = self._loading.get(name)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._loading[name] = asyncio.create_task(self._loaded(self._registrations[name]))
        # One job's cancellation must not take the model from the others.
        return await asyncio.shield(task)

    def check_health(self) -> None:
        """Raises EngineClosed when the engine of a loaded model has died."""
        for name, task in self._loading.items():
            if task.done() and not task.cancelled() and task.exception() is None and not task.result().engine.running:
                raise EngineClosed(f"the engine of {name!r} has died")

    async def close(self) -> None:
        """Stops every engine; jobs in them are let go."""
        for task in self._loading.values():
            task.cancel()
        for model in await asyncio.gather(*self._loading.values(), return_exceptions=True):
            if isinstance(model, LoadedModel):
                await asyncio.to_thread(model.engine.close)

    async def _loaded(self, registration: Registration) -> LoadedModel:
        family = await asyncio.to_thread(self._load, registration)
        return LoadedModel(family, self._start_engine(family))
