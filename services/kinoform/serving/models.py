"""The models of this process: each loaded when first asked for, each with its own engine thread."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from kinoform.engine.engine import Engine
from kinoform.engine.errors import EngineClosed, ModelError
from kinoform.engine.family import Family
from kinoform.engine.waiting import Room
from kinoform.media.provenance.credit import Agent
from kinoform.models.card import AnyCard
from kinoform.models.registry import Registration
from kinoform.serving.memory import state_budget


class Wish(Protocol):
    """What every family's request says of the way it is run."""

    @property
    def steps(self) -> int:
        """Of the denoiser."""

    @property
    def reproducible(self) -> bool:
        """Never share a forward pass."""


Request = TypeVar("Request", bound=Wish)
Result = TypeVar("Result")


class LoadedModel(NamedTuple, Generic[Request, Result]):
    """A model that can run. Conditions and states are the family's own business."""

    family: Family[Request, Any, Any, Result]
    engine: Engine[Request, Any, Any]


class Models(Generic[Request, Result]):
    """Models of one kind. Loads each once, however many jobs ask for it at the same time."""

    def __init__(
        self,
        registrations: Mapping[str, Registration],
        load: Callable[[Registration], Family[Request, Any, Any, Result]],
    ) -> None:
        self._registrations = registrations
        self._load = load
        self._loading: dict[str, asyncio.Task[LoadedModel[Request, Result]]] = {}

    def card(self, name: str) -> AnyCard:
        """What is known of the model, without loading it. Raises ModelError if there is none of that name."""
        return self._registration(name).card

    def agent(self, name: str) -> Agent:
        """The model as credentials name it. Raises ModelError if there is none of that name."""
        return Agent(name, self.card(name).version)

    async def get(self, name: str) -> LoadedModel[Request, Result]:
        """The model, loaded. Raises ModelError if there is none of that name."""
        registration = self._registration(name)
        task = self._loading.get(name)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._loading[name] = asyncio.create_task(self._loaded(registration))
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

    def _registration(self, name: str) -> Registration:
        if name not in self._registrations:
            raise ModelError("spec.model", f"this service has no model {name!r}")
        return self._registrations[name]

    async def _loaded(self, registration: Registration) -> LoadedModel[Request, Result]:
        family = await asyncio.to_thread(self._load, registration)
        # asked only now, when the model has taken its part
        return LoadedModel(family, Engine(family, room=Room(memory=state_budget())).start())
