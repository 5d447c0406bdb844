"""Watching: every event once, in order, however often the watcher breaks off and comes back."""

import asyncio
from pathlib import Path

import grpc
import pytest
from google.rpc import code_pb2

from kinoform.gateway import convert
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.watch import PAGE, Watcher
from kinoform.store.errors import NotFound
from kinoform.store.open import open_store
from kinoform.store.records import JobState, RequestKey, Submission
from kinoform_proto.job.v1 import job_pb2
from tests.gateway.gateway_peer import Caller, refusal, running, until
from tests.gateway.scripted_engine import Script, ScriptedEngine

Job = job_pb2.Job


async def test_a_watch_cut_anywhere_misses_and_repeats_nothing(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(dies_at=3)]
    name = (await caller.submit()).name
    whole = await caller.watch(name)
    for cut in range(len(whole) + 1):
        assert await caller.watch(name, after=cut) == whole[cut:]


async def test_a_watcher_that_reconnects_after_every_event_sees_what_one_steady_watcher_sees(
    caller: Caller, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(dies_at=4, step_s=0.02)]
    name = (await caller.submit()).name
    steady = asyncio.create_task(caller.watch(name))
    restless: list[job_pb2.JobEvent] = []
    while not (restless and restless[-1].state_changed.state == Job.STATE_SUCCEEDED):
        request = job_pb2.WatchJobRequest(name=name, after_sequence=len(restless))
        call = caller.jobs.WatchJob(request)
        restless.append((await call.read()).event)
        call.cancel()
    assert restless == await steady


async def test_events_come_as_they_happen(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=3)]
    name = (await caller.submit()).name
    call = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=name))
    while (await call.read()).event.progress.step < 3:
        pass
    await until(engine.holding)
    assert (await caller.get(name)).state == Job.STATE_RUNNING
    engine.go.set()
    while (await call.read()).event.state_changed.state != Job.STATE_SUCCEEDED:
        pass
    assert await call.read() is grpc.aio.EOF


async def test_a_watch_from_beyond_the_last_event_waits_for_the_next(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=3)]
    name = (await caller.submit()).name
    last = await caller.reaches(name, 3)
    call = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=name, after_sequence=last + 2))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(first := asyncio.ensure_future(call.read())), 0.2)
    engine.go.set()
    assert (await first).event.sequence == last + 3


async def test_a_watch_goes_on_through_a_retry(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(fails_at=2)]
    name = (await caller.submit()).name
    failed = await caller.watch(name)
    assert failed[-1].state_changed.state == Job.STATE_FAILED
    await caller.jobs.RetryJob(job_pb2.RetryJobRequest(name=name))
    whole = await caller.watch(name)
    assert whole[: len(failed)] == failed
    assert whole[-1].state_changed.state == Job.STATE_SUCCEEDED


async def test_a_watch_on_another_gateway_hears_at_once(config: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(step_s=0.05)]
    async with running(config) as (_, one), running(config) as (_, other):
        name = (await one.submit()).name
        here, there = await asyncio.gather(one.watch(name), other.watch(name))
        assert here == there


async def test_a_slow_reader_gets_everything(caller: Caller, engine: ScriptedEngine) -> None:
    name = (await caller.submit()).name
    slow: list[job_pb2.JobEvent] = []
    async for response in caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=name)):
        slow.append(response.event)
        await asyncio.sleep(0.02)
    assert slow == await caller.watch(name)


async def test_deleting_a_job_ends_its_watches(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'jobs.db'}")
    submission = Submission(
        name="projects/p/jobs/j",
        project="p",
        kind="video",
        model="m",
        request=b"",
        request_type="",
        request_key=RequestKey(id="r", fingerprint="f"),
        created_at=1,
    )
    queued = convert.event(1, 0, convert.state_changed(JobState.QUEUED))
    store.jobs.create(submission, [queued] * (PAGE + 1))
    events = Watcher(store.jobs, store.events, store.notifier).events(submission.name, 0)
    assert [(await anext(events)).sequence for _ in range(PAGE)] == list(range(1, PAGE + 1))
    store.jobs.cancel(submission.name, now=2, event=queued)
    store.jobs.delete(submission.name)
    with pytest.raises(NotFound):
        await anext(events)
    store.close()


async def test_waiting_ends_with_the_job_or_with_the_time(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=3)]
    name = (await caller.submit()).name
    assert (await caller.ended(name, timeout_s=0)).state in (Job.STATE_QUEUED, Job.STATE_RUNNING)
    waiting = asyncio.create_task(caller.ended(name))
    await until(engine.holding)
    engine.go.set()
    assert (await waiting).state == Job.STATE_SUCCEEDED
    too_long = job_pb2.WaitJobRequest(name=name)
    too_long.timeout.seconds = 61
    assert (await refusal(caller.jobs.WaitJob(too_long))).code == code_pb2.INVALID_ARGUMENT
