"""Several gateways on one database: gateways that stop, stall, die and come back."""

import asyncio
import socket
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import grpc

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.owner import Owner
from kinoform.store.open import open_store
from kinoform.store.records import JobState
from kinoform_proto.job.v1 import job_pb2
from tests.gateway.gateway_peer import TIMES, Caller, running, until
from tests.gateway.scripted_engine import STEPS, Script, ScriptedEngine

Job = job_pb2.Job


async def test_a_draining_gateway_hands_its_jobs_on_with_their_checkpoints(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=3, checkpoint_every=9)]
    async with running(config) as (_, caller):
        name = (await caller.submit()).name
        await until(engine.holding)
    async with running(config) as (_, caller):
        job = await caller.ended(name)
        events = await caller.watch(name)
    assert (job.state, job.attempt) == (Job.STATE_SUCCEEDED, 2)
    assert "paused" in [event.state_changed.reason for event in events]
    again = [event.progress.step for event in events if event.attempt == 2 and event.progress.step]
    assert again == list(range(4, STEPS + 1))


async def test_a_draining_gateway_lets_go_of_a_replica_that_does_not_answer(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=3, deaf=True)]
    async with running(config) as (gateway, caller):
        name = (await caller.submit()).name
        await until(engine.holding)
        async with asyncio.timeout(30):
            await gateway.drain(0.3)
    async with running(config) as (_, caller):
        assert (await caller.ended(name)).state == Job.STATE_SUCCEEDED


async def test_a_stalled_gateway_loses_its_job_and_can_write_nothing_more(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    # The first gateway renews nothing while its lease is ended and its stream is held open.
    stalling = replace(config, times=replace(TIMES, renewal=40.0))
    engine.scripts = [Script(holds_at=3, deaf=True)]
    async with running(stalling) as (_, first):
        name = (await first.submit()).name
        await until(engine.holding)
        store = open_store(config.database)
        [owner] = store.leases.owners()
        store.leases.expire(owner, now=0)
        async with running(config) as (_, second):
            job = await second.ended(name)
            engine.go.set()
            await asyncio.sleep(0.3)
            assert await second.get(name) == job
            events = await second.watch(name)
        store.close()
    assert (job.state, job.attempt) == (Job.STATE_SUCCEEDED, 2)
    assert [event.attempt for event in events] == sorted(event.attempt for event in events)
    assert [event.output.role for event in events if event.HasField("output")] == ["video", "poster"]


async def test_a_cancel_through_another_gateway_reaches_the_running_stream(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=3)]
    async with running(config) as (_, one):
        name = (await one.submit()).name
        await until(engine.holding)
        async with running(config) as (_, other):
            await other.jobs.CancelJob(job_pb2.CancelJobRequest(name=name))
            assert (await other.ended(name)).state == Job.STATE_CANCELLED
    assert len(engine.starts) == 1


async def test_no_job_is_run_twice_by_two_gateways(config: GatewayConfig, engine: ScriptedEngine) -> None:
    async with running(config) as (_, one), running(config) as (_, other):
        names = [(await caller.submit()).name for caller in (one, other) * 6]
        for name in names:
            assert (await one.ended(name)).attempt == 1
    assert sorted(start.job for start in engine.starts) == sorted(names)


_GATEWAY = """
import asyncio, sys
from pathlib import Path
from dataclasses import replace
from tests.gateway.gateway_peer import TIMES, config
from kinoform.gateway.__main__ import serve
from kinoform.gateway.logs import configure

configure("json")
there = config(Path(sys.argv[1]), int(sys.argv[2]))
sys.exit(asyncio.run(serve(replace(there, listen=sys.argv[3]), 20.0)))
"""


@asynccontextmanager
async def gateway_process(config: GatewayConfig, folder: Path) -> AsyncIterator[tuple[Process, Caller]]:
    """A gateway in a process of its own, whose leases last long."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        listen = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = (str(folder), config.engine.rpartition(":")[2], listen)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", _GATEWAY, *arguments)
    try:
        async with grpc.aio.insecure_channel(listen) as channel:
            await asyncio.wait_for(channel.channel_ready(), 60)
            yield process, Caller(channel)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_gateway_killed_in_mid_job_is_replaced_without_waiting_for_its_lease(
    config: GatewayConfig, engine: ScriptedEngine, tmp_path: Path
) -> None:
    engine.scripts = [Script(holds_at=4)]
    async with gateway_process(config, tmp_path) as (process, caller):
        name = (await caller.submit()).name
        seen = await caller.reaches(name, 4)
        process.kill()
        await process.wait()
    async with running(config) as (_, caller):
        job = await caller.ended(name)
        events = await caller.watch(name, after=seen)
    assert (job.state, job.attempt) == (Job.STATE_SUCCEEDED, 2)
    assert [event.sequence for event in events] == list(range(seen + 1, job.last_sequence + 1))
    assert engine.starts[1].HasField("checkpoint")


async def test_sigterm_drains_and_ends_the_process(
    config: GatewayConfig, engine: ScriptedEngine, tmp_path: Path
) -> None:
    engine.scripts = [Script(holds_at=3, checkpoint_every=9)]
    async with gateway_process(config, tmp_path) as (process, caller):
        name = (await caller.submit()).name
        await until(engine.holding)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 60) == 0
    store = open_store(config.database)
    assert store.jobs.get(name).state is JobState.QUEUED
    assert store.leases.checkpoint(name) is not None
    store.close()


def test_an_owner_knows_a_dead_process_of_its_own_machine_only() -> None:
    here = Owner.here()
    assert not here.surely_dead(str(here))
    assert not here.surely_dead(str(Owner("another-machine", here.pid, "1", "x")))
    assert not here.surely_dead("no owner at all")
    assert here.surely_dead(str(replace(here, started="1")))
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    assert here.surely_dead(str(replace(here, pid=process.pid)))
