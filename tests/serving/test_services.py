"""Several services behind one port, told apart as Ray Serve does."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from kinoform.material.build import trade as material_trade
from kinoform.mesh.build import trade as mesh_trade
from kinoform.models.card import Kind
from kinoform.serving.service import Trade
from kinoform_proto.engine.v1 import engine_pb2 as pb
from tests.material.material_peer import tiny_materials, waves
from tests.mesh.mesh_peer import ball, tiny_shapes
from tests.serving.peer import begin, several_served


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


async def test_an_application_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    async with several_served({"material": material_trade(tiny_materials())}, tmp_path) as peers:
        stub = peers["material"].stub
        for metadata in ((), (("application", "video"),)):
            call = stub.Run(iter([pb.RunRequest()]), metadata=metadata)
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await anext(aiter(call))
            assert caught.value.code() is grpc.StatusCode.NOT_FOUND
            assert "material" in (caught.value.details() or "")
