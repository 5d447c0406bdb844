"""A job that was accepted ends, in the same bytes, whatever happens to those who run it."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2

from kinoform.gateway.config import GatewayConfig
from kinoform.store.assets import AssetStore
from kinoform_proto.engine.v1.engine_pb2 import Released
from kinoform_proto.job.v1 import job_pb2
from tests.gateway.gateway_peer import TIMES, Caller, asked, running, until
from tests.gateway.scripted_engine import STEPS, Script, ScriptedEngine, made_of

Job = job_pb2.Job


def outputs(job: job_pb2.Job, blobs: AssetStore) -> dict[str, bytes]:
    return {output.role: blobs.read(output.sha256) for output in job.outputs}


def promised(request: any_pb2.Any) -> dict[str, bytes]:
    return {role: made_of(request, role) for role in ("video", "poster")}


def states(events: list[job_pb2.JobEvent]) -> list[int]:
    return [event.state_changed.state for event in events if event.HasField("state_changed")]


async def test_a_job_runs_and_tells_all_of_it(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(warns="the prompt was cut")]
    name = (await caller.submit()).name
    events = await caller.watch(name)
    job = await caller.get(name)

    assert [event.sequence for event in events] == list(range(1, job.last_sequence + 1))
    assert states(events) == [Job.STATE_QUEUED, Job.STATE_RUNNING, Job.STATE_SUCCEEDED]
    assert [event.progress.step for event in events if event.HasField("progress")] == list(range(STEPS + 1))
    assert [event.preview.image for event in events if event.HasField("preview")] == [
        f"preview {name} {step}".encode() for step in (2, 4, 6)
    ]
    assert job.state == Job.STATE_SUCCEEDED
    assert job.warnings == ["the prompt was cut"]
    assert job.attempt == 1
    assert (job.progress.step, job.progress.steps) == (STEPS, STEPS)
    assert outputs(job, engine.blobs) == promised(job.request)
    assert engine.applications == ["video"]
    assert engine.starts[0].token == "secret"
    assert engine.starts[0].request == job.request


@pytest.mark.parametrize("step", range(STEPS + 1))
async def test_a_job_whose_replica_dies_goes_on_from_its_checkpoint(
    caller: Caller, engine: ScriptedEngine, step: int
) -> None:
    engine.scripts = [Script(dies_at=step)]
    job = await caller.ended((await caller.submit()).name)

    assert job.state == Job.STATE_SUCCEEDED
    assert job.attempt == 2
    assert outputs(job, engine.blobs) == promised(job.request)
    assert [start.attempt for start in engine.starts] == [1, 2]
    assert engine.starts[1].HasField("checkpoint") == (step >= 2)
    told = [event.progress.step for event in await caller.watch(job.name) if event.HasField("progress")]
    assert [done for done in told if done] == list(range(1, STEPS + 1)), "each step once, whoever took it"


async def test_outputs_stored_before_a_death_appear_once(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(dies_after_outputs=True)]
    name = (await caller.submit()).name
    told = [event.output for event in await caller.watch(name) if event.HasField("output")]
    job = await caller.get(name)
    assert job.attempt == 2
    assert [output.role for output in told] == ["video", "poster"]
    assert told == list(job.outputs)


@pytest.mark.parametrize(
    "why",
    [
        Released.REASON_SHUTDOWN,
        Released.REASON_OVERLOADED,
        Released.REASON_LOST_KEEP_ALIVE,
        Released.REASON_SUPERSEDED,
    ],
)
async def test_a_released_job_is_tried_again(
    caller: Caller, engine: ScriptedEngine, why: Released.Reason.ValueType
) -> None:
    engine.scripts = [Script(releases_at=(3, why))] * 2
    job = await caller.ended((await caller.submit()).name)
    assert (job.state, job.attempt) == (Job.STATE_SUCCEEDED, 3)
    assert outputs(job, engine.blobs) == promised(job.request)


async def test_a_silent_stream_counts_as_dead(config: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(falls_silent_at=3)]
    async with running(replace(config, times=replace(TIMES, silence=1.0))) as (_, caller):
        job = await caller.ended((await caller.submit()).name)
    assert job.state == Job.STATE_SUCCEEDED
    assert job.attempt >= 2


async def test_the_replicas_error_is_the_jobs_error(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(fails_at=3)]
    name = (await caller.submit()).name
    events = await caller.watch(name)
    job = await caller.get(name)
    assert job.state == Job.STATE_FAILED
    assert (job.error.code, job.error.message) == (code_pb2.OUT_OF_RANGE, "latents are not finite")
    assert events[-1].state_changed.error == job.error


async def test_a_job_that_kills_its_replicas_without_coming_further_is_given_up(
    caller: Caller, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(dies_at=1)] * 9
    job = await caller.ended((await caller.submit()).name)
    assert (job.state, job.attempt) == (Job.STATE_FAILED, 4)
    assert job.error.code == code_pb2.UNAVAILABLE


async def test_a_job_that_comes_further_each_time_is_never_given_up(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(dies_at=step, checkpoint_every=1) for step in range(1, STEPS + 1)]
    job = await caller.ended((await caller.submit()).name)
    assert (job.state, job.attempt) == (Job.STATE_SUCCEEDED, STEPS + 1)


async def test_an_engine_that_is_away_costs_time_but_no_job(config: GatewayConfig, engine: ScriptedEngine) -> None:
    port = int(config.engine.rpartition(":")[2])
    await engine.stop()
    async with running(config) as (_, caller):
        job = await caller.submit()
        await asyncio.sleep(0.5)
        assert (await caller.get(job.name)).state == Job.STATE_QUEUED
        await engine.serve(port)
        assert (await caller.ended(job.name)).state == Job.STATE_SUCCEEDED


async def test_jobs_of_higher_priority_run_first(config: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=0)]
    async with running(replace(config, max_running=1)) as (_, caller):
        await caller.submit()
        await until(engine.holding)
        names = []
        for priority in (0, 5, -5, 5):
            request = asked()
            request.priority = priority
            names.append((await caller.submit(request)).name)
        assert (await caller.get(names[2])).progress.queue_position == 3
        engine.go.set()
        for name in names:
            await caller.ended(name)
    assert [start.job for start in engine.starts[1:]] == [names[1], names[3], names[0], names[2]]


async def test_the_earliest_deadline_runs_first_and_the_replica_hears_of_it(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=0)]
    async with running(replace(config, max_running=1)) as (_, caller):
        await caller.submit()
        await until(engine.holding)
        jobs = []
        for minutes in (None, 60, 30):
            request = asked()
            if minutes is not None:
                request.deadline.FromDatetime(datetime.now(UTC) + timedelta(minutes=minutes))
            jobs.append(await caller.submit(request))
        engine.go.set()
        for job in jobs:
            await caller.ended(job.name)
    assert [start.job for start in engine.starts[1:]] == [jobs[number].name for number in (2, 1, 0)]
    assert [start.deadline for start in engine.starts[1:3]] == [jobs[2].deadline, jobs[1].deadline]
    assert not engine.starts[3].HasField("deadline")


async def test_a_waiting_job_is_told_its_place(config: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(), Script(holds_at=0)]
    async with running(replace(config, max_running=1)) as (_, caller):
        await caller.ended((await caller.submit()).name)
        await caller.submit()
        await until(engine.holding)
        ahead, last = (await caller.submit()).name, (await caller.submit()).name
        call = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=last))
        places: list[job_pb2.Progress] = []
        while not places or places[-1].queue_position:
            event = (await call.read()).event
            if event.HasField("progress"):
                places.append(event.progress)
                await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=ahead))
        engine.go.set()
        assert (await caller.ended(last)).state == Job.STATE_SUCCEEDED
    assert [place.queue_position for place in places] == [1, 0]
    assert all(place.stage == job_pb2.Progress.STAGE_QUEUED and place.HasField("eta") for place in places)


async def test_who_comes_to_watch_a_still_queue_is_told_the_place_too(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=0)]
    async with running(replace(config, max_running=1)) as (_, caller):
        await caller.submit()
        await until(engine.holding)
        name = (await caller.submit()).name
        await asyncio.sleep(0.5)  # the news that the queue has changed is old by now
        call = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=name))
        while (event := (await call.read()).event).WhichOneof("event") != "progress":
            pass
        assert event.progress.stage == job_pb2.Progress.STAGE_QUEUED
        call.cancel()
        engine.go.set()
        assert (await caller.ended(name)).state == Job.STATE_SUCCEEDED


async def test_cancelling_a_queued_job_ends_it_at_once(config: GatewayConfig, engine: ScriptedEngine) -> None:
    await engine.stop()
    async with running(config) as (_, caller):
        job = await caller.submit()
        cancelled = (await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))).job
        assert cancelled.state == Job.STATE_CANCELLED
        assert states(await caller.watch(job.name)) == [Job.STATE_QUEUED, Job.STATE_CANCELLED]
        again = (await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))).job
        assert again == cancelled


@pytest.mark.parametrize("script", [Script(holds_at=3), Script(holds_at=3, deaf=True), Script(falls_silent_at=3)])
async def test_cancelling_a_running_job_ends_it_at_once(
    config: GatewayConfig, engine: ScriptedEngine, script: Script
) -> None:
    engine.scripts = [script]
    seldom = replace(TIMES, renewal=40.0)  # the renewal is not what carries the news
    async with running(replace(config, times=seldom)) as (_, caller):
        job = await caller.submit()
        await caller.reaches(job.name, 3)
        await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))
        assert (await caller.ended(job.name)).state == Job.STATE_CANCELLED
    assert len(engine.starts) == 1


async def test_a_retried_job_goes_on_and_keeps_its_log(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(fails_at=5)]
    job = await caller.ended((await caller.submit()).name)
    before = await caller.watch(job.name)
    await caller.jobs.RetryJob(job_pb2.RetryJobRequest(name=job.name))
    job = await caller.ended(job.name)
    assert job.state == Job.STATE_SUCCEEDED
    assert not job.HasField("error")
    assert engine.starts[1].HasField("checkpoint")
    events = await caller.watch(job.name)
    assert events[: len(before)] == before
    assert [event.sequence for event in events] == list(range(1, job.last_sequence + 1))


async def test_nothing_but_outputs_stays_in_the_asset_store(config: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(dies_at=5)]
    restless = replace(config, times=replace(TIMES, renewal=0.002))  # a renewal is always under way when the job ends
    async with running(restless) as (_, caller):
        job = await caller.ended((await caller.submit()).name)
    for step in (2, 4, 6):
        assert not engine.blobs.exists(_sha(f"{job.name}@{step}"))
        assert not engine.blobs.exists(_sha(f"preview {job.name} {step}"))
    assert outputs(job, engine.blobs) == promised(job.request)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


async def test_a_job_that_runs_again_at_once_is_still_told_to_pause(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    """Runs end and begin on top of each other; none of them may be forgotten when the gateway drains."""
    jobs = 8
    engine.scripts = [Script(dies_at=2) for _ in range(jobs)]
    engine.scripts += [Script(holds_at=4, checkpoint_every=9) for _ in range(jobs)]
    async with running(config) as (_, caller):
        names = [(await caller.submit()).name for _ in range(jobs)]
        for name in names:
            await caller.reaches(name, 4)
    async with running(config) as (_, caller):
        for name in names:
            assert (await caller.ended(name)).state == Job.STATE_SUCCEEDED
            steps = [event.progress.step for event in await caller.watch(name) if event.progress.step]
            assert steps == list(range(1, STEPS + 1))
