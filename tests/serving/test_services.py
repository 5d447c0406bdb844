"""Several services behind one port, told apart as Ray Serve does."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.message import Message
from google.rpc import code_pb2

from kinoform.material.build import trade as material_trade
from kinoform.mesh.build import trade as mesh_trade
from kinoform.models.card import Kind
from kinoform.serving.service import Service, Trade
from kinoform.store.assets import AssetStore
from kinoform_proto.engine.v1 import engine_pb2 as pb
from tests.material.material_peer import tiny_materials, waves
from tests.mesh.mesh_peer import ball, tiny_shapes
from tests.serving.peer import EAGER, TOKEN, begin, several_served, tools


async def test_each_application_takes_its_own_requests_alone(tmp_path: Path) -> None:
    trades: dict[Kind, Trade[Any]] = {
        "mesh": mesh_trade(tiny_shapes(), tiny_materials()),
        "material": material_trade(tiny_materials()),
    }
    requests: dict[Kind, Message] = {"mesh": ball(), "material": waves()}
    async with several_served(trades, tmp_path) as peers:
        for kind, peer in peers.items():
            assert await peer.outputs(begin(requests[kind]))
            other = next(request for name, request in requests.items() if name != kind)
            assert (await peer.refusal(pb.RunRequest(start=begin(other))))[1] == "BAD_START"


@pytest.mark.parametrize("token", ["", "guess", TOKEN + " ", TOKEN[:-1]])
async def test_who_does_not_know_the_token_has_nothing_run_and_nothing_read(tmp_path: Path, token: str) -> None:
    def read(request: AnyMessage, inputs: Mapping[str, str]) -> NoReturn:
        raise AssertionError("a stranger's request was read")

    trade = replace(material_trade(tiny_materials()), read=read)
    async with several_served({"material": trade}, tmp_path) as peers:
        stream = await peers["material"].open(begin(waves(), token=token))
        last = await stream.last()
        assert [event.WhichOneof("event") for event in stream.heard] == ["failed"]
        assert last.failed.error.code == code_pb2.PERMISSION_DENIED
        assert os.listdir(tmp_path) == []


async def test_a_service_without_a_token_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the engine token is empty"):
        Service(material_trade(tiny_materials()), tools(AssetStore(str(tmp_path)), EAGER), token="", max_jobs=1)


async def test_an_application_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    async with several_served({"material": material_trade(tiny_materials())}, tmp_path) as peers:
        stub = peers["material"].stub
        for metadata in ((), (("application", "video"),)):
            call = stub.Run(iter([pb.RunRequest()]), metadata=metadata)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await anext(aiter(call))
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
            assert "material" in (caught.value.details() or "")
