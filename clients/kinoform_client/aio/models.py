"""The models a server offers."""

from __future__ import annotations

from kinoform_client._core.catalog import model_from_proto
from kinoform_client.aio.calls import AsyncCaller
from kinoform_client.types import Model
from kinoform_proto.catalog.v1 import catalog_pb2


class AsyncModels:
    """`client.models`."""

    def __init__(self, caller: AsyncCaller) -> None:
        self._caller = caller
        self._stub = caller.stubs.catalog

    async def list(self) -> tuple[Model, ...]:
        """Every model, sorted by name."""
        response = await self._caller.call(self._stub.ListModels, catalog_pb2.ListModelsRequest())
        return tuple(model_from_proto(model) for model in response.models)

    async def get(self, name: str) -> Model:
        """One model, by the name that requests use: `kino-mini`. Raises NotFoundError."""
        request = catalog_pb2.GetModelRequest(name=f"models/{name.removeprefix('models/')}")
        return model_from_proto((await self._caller.call(self._stub.GetModel, request)).model)
