"""The server as such: health, reflection, keys, the catalogue, and what it never imports."""

import asyncio
import subprocess
import sys
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path

import grpc
import pytest
from google.rpc import code_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from kinoform.gateway.__main__ import config_from, parser
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.errors import to_status
from kinoform.gateway.server import SERVICES, BadAddress, build
from kinoform.models.card import KINDS, card_from_json
from kinoform_proto.catalog.v1 import catalog_pb2
from kinoform_proto.job.v1 import job_pb2
from tests.gateway.gateway_peer import CARD, CARDS, MATERIAL_CARD, MESH_CARD, PARENT, Caller, refusal, running
from tests.gateway.scripted_engine import ScriptedEngine

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


async def health(caller: Caller, service: str = "") -> int:
    stub = health_pb2_grpc.HealthStub(caller.channel)
    return int((await stub.Check(health_pb2.HealthCheckRequest(service=service))).status)


async def becomes(caller: Caller, status: int) -> None:
    async with asyncio.timeout(60):
        async for response in health_pb2_grpc.HealthStub(caller.channel).Watch(health_pb2.HealthCheckRequest()):
            if response.status == status:
                return


async def test_health_follows_the_engine(config: GatewayConfig, engine: ScriptedEngine) -> None:
    async with running(config) as (_, caller):
        await becomes(caller, _SERVING)
        assert [await health(caller, service) for service in SERVICES] == [_SERVING] * len(SERVICES)
        await engine.stop()
        await becomes(caller, _NOT_SERVING)
        assert [await health(caller, service) for service in SERVICES] == [_SERVING] * len(SERVICES)


async def test_reflection_names_the_services(caller: Caller) -> None:
    stub = reflection_pb2_grpc.ServerReflectionStub(caller.channel)
    asking = [reflection_pb2.ServerReflectionRequest(list_services="")]
    [answer] = [response async for response in stub.ServerReflectionInfo(iter(asking))]
    assert set(SERVICES) < {service.name for service in answer.list_services_response.service}


async def test_the_catalogue_shows_whole_cards(caller: Caller) -> None:
    models = (await caller.models.ListModels(catalog_pb2.ListModelsRequest())).models
    assert [model.name for model in models] == [f"models/{name}" for name in sorted(CARDS)]
    assert [model.name for model in models if model.is_default] == [
        "models/form-mini",
        "models/grain-mini",
        "models/kino-mini",
    ]
    model = (await caller.models.GetModel(catalog_pb2.GetModelRequest(name="models/kino-mini"))).model
    assert model in models
    rate = model.video.default_frame_rate
    assert Fraction(rate.numerator, rate.denominator) == CARD.ranges.default_frame_rate
    vocabulary = model.card["vocabulary"]
    assert list(vocabulary["subjects"]) == ["a penguin"]
    assert card_from_json({**CARD.to_json(), "display_name": model.card["display_name"]}) == CARD
    status = await refusal(caller.models.GetModel(catalog_pb2.GetModelRequest(name="models/nope")))
    assert status.code == code_pb2.NOT_FOUND


async def test_the_catalogue_shows_the_ranges_of_meshes_and_materials(caller: Caller) -> None:
    models = (await caller.models.ListModels(catalog_pb2.ListModelsRequest())).models
    shown = {model.name: model for model in models}
    mesh, material = shown["models/form-mini"].mesh, shown["models/grain-mini"].material
    assert {field.name: value for field, value in mesh.ListFields()} == asdict(MESH_CARD.ranges)
    assert {field.name: value for field, value in material.ListFields()} == {
        **asdict(MATERIAL_CARD.ranges),
        "sizes": [256, 512],
    }


async def test_keys_are_asked_of_everybody_when_there_are_any(config: GatewayConfig, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("# studio\nsesame\n\n")
    listing = job_pb2.ListJobsRequest(parent=PARENT)
    async with running(replace(config, api_keys=keys)) as (_, caller):
        for metadata in ((), (("x-api-key", "wrong"),), (("authorization", "Bearer "),), (("x-api-key", ""),)):
            status = await refusal(caller.jobs.ListJobs(listing, metadata=metadata))
            assert status.code == code_pb2.UNAUTHENTICATED
            watch = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name="bad"), metadata=metadata)
            assert (await refusal(watch)).code == code_pb2.UNAUTHENTICATED
        for metadata in ((("x-api-key", "sesame"),), (("authorization", "Bearer sesame"),)):
            await caller.jobs.ListJobs(listing, metadata=metadata)
        assert await health(caller) in (_SERVING, _NOT_SERVING)


async def test_reflection_can_be_switched_off(config: GatewayConfig) -> None:
    async with running(replace(config, reflection=False)) as (_, caller):
        stub = reflection_pb2_grpc.ServerReflectionStub(caller.channel)
        asking = [reflection_pb2.ServerReflectionRequest(list_services="")]
        call = stub.ServerReflectionInfo(iter(asking))
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await anext(aiter(call))
        assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
        await health(caller)


async def test_a_busy_port_is_said_so(config: GatewayConfig, running: tuple[object, Caller]) -> None:
    gateway = build(replace(config, listen=f"127.0.0.1:{running[0].port}"))  # type: ignore[attr-defined]
    with pytest.raises(BadAddress):
        await gateway.start()
    await gateway.drain(0.1)


def test_a_bug_is_internal_and_shows_nothing_of_itself() -> None:
    status = to_status(KeyError("/secret/path"))
    assert status.code == code_pb2.INTERNAL
    assert "secret" not in str(status)


def test_a_gateway_of_one_service_offers_its_models_alone(tmp_path: Path) -> None:
    line = ["--engine", "127.0.0.1:1", "--data", str(tmp_path)]
    every = config_from(parser().parse_args(line)).cards
    assert {card.kind for card in every.values()} == set(KINDS)
    some = config_from(parser().parse_args([*line, "--service", "video"])).cards
    assert some == {name: card for name, card in every.items() if card.kind == "video"}


def test_the_gateway_imports_neither_torch_nor_ray_and_stays_small() -> None:
    code = (
        "import sys, psutil, kinoform.gateway.server, kinoform.gateway.__main__;"
        "assert not {'torch', 'ray', 'diffusers', 'transformers'} & set(sys.modules);"
        "assert psutil.Process().memory_info().rss < 150 * 2**20"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_unknown_methods_are_unimplemented(caller: Caller) -> None:
    call = caller.channel.unary_unary("/kinoform.video.v1.VideoService/Nope")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(b"")
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
