# Written by clients/unasync.py from clients/kinoform_client/aio/models.py: change that file, not this one.
"""The models a server offers."""

from __future__ import annotations

from kinoform_client._core.catalog import model_from_proto
from kinoform_client.sync.calls import Caller
from kinoform_client.types import Model
from kinoform_proto.catalog.v1 import catalog_pb2


class Models:
    """`client.models`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller
        self._stub = caller.stubs.catalog

    def list(self) -> tuple[Model, ...]:
        """Every model, sorted by name."""
        response = self._caller.call(self._stub.ListModels, catalog_pb2.ListModelsRequest())
        return tuple(model_from_proto(model) for model in response.models)

    def get(self, name: str) -> Model:
        """One model, by the name that requests use: `kino-mini`. Raises NotFoundError."""
        request = catalog_pb2.GetModelRequest(name=f"models/{name.removeprefix('models/')}")
        return model_from_proto((self._caller.call(self._stub.GetModel, request)).model)
