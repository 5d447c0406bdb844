"""Conditionings beyond a project's share of the store: the oldest go, never one that is needed."""

import asyncio
from dataclasses import replace

from kinoform.gateway.config import GatewayConfig
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from tests.gateway.gateway_peer import PARENT, Caller, running, until
from tests.gateway.scripted_engine import Script, ScriptedEngine
from tests.gateway.test_conditionings import create, edges, get, ready, steered


async def names(caller: Caller) -> set[str]:
    listed = await caller.conditionings.ListConditionings(pb.ListConditioningsRequest(parent=PARENT))
    return {each.name for each in listed.conditionings}


async def gone(caller: Caller, name: str) -> None:
    for _ in range(200):
        if name not in await names(caller):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{name} is still there")


async def test_the_oldest_are_forgotten_and_their_files_with_them(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    async with running(config) as (_, caller):
        made = [await ready(caller, edges(low=number)) for number in range(4)]
    sizes = [sum(output.size_bytes for output in each.outputs) for each in made]
    async with running(replace(config, conditionings_bytes=sum(sizes) - 1)) as (_, caller):
        last = await ready(caller, edges(low=99))
        await gone(caller, made[0].name)
        assert {made[2].name, made[3].name, last.name} <= await names(caller)
        assert not engine.blobs.exists(made[0].outputs[0].sha256)
        again = await ready(caller, edges(low=0))
        assert (again.name, again.state) == (made[0].name, pb.Conditioning.STATE_READY)
        assert again.outputs[0].sha256 == made[0].outputs[0].sha256


async def test_what_an_unended_job_names_stays(config: GatewayConfig, engine: ScriptedEngine) -> None:
    async with running(config) as (_, caller):
        made = [await ready(caller, edges(low=number)) for number in range(3)]
    async with running(replace(config, conditionings_bytes=1)) as (_, caller):
        engine.scripts = [Script(holds_at=2)]
        job = await caller.make(steered(made[0].name))
        await until(engine.holding)
        await ready(caller, edges(low=99))
        await gone(caller, made[1].name)
        assert (await get(caller, made[0].name)).state == pb.Conditioning.STATE_READY
        engine.go.set()
        await caller.ended(job.name)
        await ready(caller, edges(low=98))
        await gone(caller, made[0].name)


async def test_those_within_the_share_stay(config: GatewayConfig) -> None:
    async with running(replace(config, conditionings_bytes=1 << 20)) as (_, caller):
        made = [await create(caller, edges(low=number)) for number in range(8)]
        for each in made:
            await caller.ended(each.job)
        await ready(caller, edges(low=99))
        assert {each.name for each in made} < await names(caller)
