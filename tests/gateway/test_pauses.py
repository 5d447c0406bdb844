"""Pausing, continuing and forking through a real gateway."""

import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from google.rpc import code_pb2

from kinoform.gateway.config import GatewayConfig
from kinoform_proto.engine.v1.engine_pb2 import Released
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.job.v1.job_pb2 import ForkChanges, ForkJobRequest
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest
from tests.gateway import gateway_peer
from tests.gateway.gateway_peer import Caller, asked, bad_fields, reason, refusal, until
from tests.gateway.scripted_engine import STEPS, Script, ScriptedEngine

PAUSED, SUCCEEDED, QUEUED = job_pb2.Job.STATE_PAUSED, job_pb2.Job.STATE_SUCCEEDED, job_pb2.Job.STATE_QUEUED


def pausing(step: int, keep: Sequence[int] = ()) -> GenerateVideoRequest:
    request = asked()
    request.spec.sampling.steps, request.spec.sampling.pause_at = STEPS, step
    request.spec.sampling.keep_steps.extend(keep)
    return request


def fork_of(job: job_pb2.Job, step: int = 0, **changes: object) -> ForkJobRequest:
    return ForkJobRequest(
        name=job.name,
        request_id=str(uuid.uuid4()),
        step=step,
        changes=ForkChanges(**changes),  # type: ignore[arg-type]
    )


def spec_of(job: job_pb2.Job) -> GenerateVideoRequest:
    request = GenerateVideoRequest()
    assert job.request.Unpack(request)
    return request


async def go_on(caller: Caller, name: str, pause_at: int | None = None) -> job_pb2.Job:
    return (await caller.jobs.ContinueJob(job_pb2.ContinueJobRequest(name=name, pause_at=pause_at))).job


async def pause(caller: Caller, name: str) -> job_pb2.Job:
    return (await caller.jobs.PauseJob(job_pb2.PauseJobRequest(name=name))).job


def told(events: Sequence[job_pb2.JobEvent]) -> list[int]:
    return [event.progress.step for event in events if event.progress.step]


async def test_a_job_pauses_is_looked_at_and_goes_on_to_the_end(caller: Caller, engine: ScriptedEngine) -> None:
    job = await caller.ended((await caller.submit(pausing(3))).name)
    assert (job.state, job.progress.step, list(job.kept_steps)) == (PAUSED, 3, [3])
    assert (await go_on(caller, job.name, 5)).state == QUEUED
    job = await caller.ended(job.name)
    assert (job.state, list(job.kept_steps), [start.pause_at for start in engine.starts]) == (PAUSED, [3, 5], [3, 5])
    await go_on(caller, job.name)
    job = await caller.ended(job.name)
    assert (job.state, engine.starts[-1].pause_at, len(job.outputs)) == (SUCCEEDED, 0, 2)
    events = await caller.watch(job.name)
    assert told(events) == list(range(1, STEPS + 1))
    assert [event.preview.step for event in events if event.HasField("preview")] == [2, 3, 4, 5, 6]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    reasons = [event.state_changed.reason for event in events if event.state_changed.state == PAUSED]
    assert reasons == ["after step 3", "after step 5"]


async def test_a_running_job_is_paused_by_whoever_asks(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=3)]
    job = await caller.submit()
    await until(engine.holding)
    await pause(caller, job.name)
    paused = await caller.ended(job.name)
    assert (paused.state, list(paused.kept_steps)) == (PAUSED, [3])
    assert (await pause(caller, job.name)).last_sequence == paused.last_sequence
    await go_on(caller, job.name)
    assert (await caller.ended(job.name)).state == SUCCEEDED


async def test_a_pause_asked_of_another_gateway_is_heard(config: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=2)]
    async with gateway_peer.running(config) as (_, here):
        job = await here.submit()
        await until(engine.holding)
        async with gateway_peer.running(config) as (_, there):
            await pause(there, job.name)
            assert (await there.ended(job.name)).state == PAUSED


async def test_a_job_whose_replica_dies_while_it_is_asked_to_pause_is_paused(
    caller: Caller, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=3, dies_at=5, deaf=True)]
    job = await caller.submit()
    await until(engine.holding)
    await pause(caller, job.name)
    engine.go.set()
    paused = await caller.ended(job.name)
    assert (paused.state, list(paused.kept_steps)) == (PAUSED, [4])


async def test_a_drained_gateway_gives_a_job_back_rather_than_pausing_it(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=2)]
    async with gateway_peer.running(config) as (_, caller):
        job = await caller.submit()
        await until(engine.holding)
    engine.go.set()
    async with gateway_peer.running(config) as (_, caller):
        assert (await caller.ended(job.name)).state == SUCCEEDED


async def test_a_queued_job_is_paused_cancelled_and_never_runs(config: GatewayConfig, engine: ScriptedEngine) -> None:
    await engine.stop()
    async with gateway_peer.running(config) as (_, caller):
        job = await caller.submit()
        assert (await pause(caller, job.name)).state == PAUSED
        await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))
        status = await refusal(go_on(caller, job.name))
        assert (status.code, reason(status)) == (code_pb2.FAILED_PRECONDITION, "WRONG_STATE")
    assert engine.starts == []


@pytest.mark.parametrize("step", [STEPS, 7])
async def test_steps_beyond_the_last_are_refused_by_name(caller: Caller, step: int) -> None:
    status = await refusal(caller.submit(pausing(step, keep=[2, STEPS])))
    assert bad_fields(status) == ["spec.sampling.pause_at", "spec.sampling.keep_steps[1]"]


@pytest.mark.parametrize("step", [2, 3, STEPS])
async def test_a_job_goes_on_to_a_later_step_or_to_none(caller: Caller, step: int) -> None:
    job = await caller.ended((await caller.submit(pausing(3))).name)
    assert bad_fields(await refusal(go_on(caller, job.name, step))) == ["pause_at"]


async def test_a_fork_begins_with_a_kept_state_and_says_where_it_comes_from(
    caller: Caller, engine: ScriptedEngine
) -> None:
    parent = await caller.ended((await caller.submit(pausing(5, keep=[2, 3]))).name)
    assert list(parent.kept_steps) == [2, 3, 5]
    request = fork_of(parent, 3, prompt_tail="at night", guidance=7.5, remaining_steps=3)
    request.labels["take"] = "2"
    fork = (await caller.jobs.ForkJob(request)).job
    assert (fork.lineage.job, fork.lineage.step, dict(fork.labels)) == (parent.name, 3, {"take": "2"})
    changed, before = spec_of(fork).spec, spec_of(parent).spec
    assert changed.prompt.text == before.prompt.text + ", at night"
    assert (changed.sampling.guidance, changed.sampling.steps, changed.sampling.seed) == (7.5, 6, before.sampling.seed)
    ended = await caller.ended(fork.name)
    assert ended.state == SUCCEEDED
    start = engine.starts[-1]
    assert engine.blobs.read(start.origin.sha256).decode() == f"{parent.name}@3"
    assert (start.pause_at, list(start.keep_steps)) == (0, [])
    assert told(await caller.watch(fork.name)) == [4, 5, 6]
    assert (await caller.jobs.ForkJob(request)).job.name == fork.name
    request.changes.guidance = 1.0
    assert reason(await refusal(caller.jobs.ForkJob(request))) == "REQUEST_ID_REUSED"


async def test_a_killed_fork_keeps_its_origin_though_its_parent_is_deleted(
    caller: Caller, engine: ScriptedEngine
) -> None:
    parent = await caller.ended((await caller.submit(pausing(3))).name)
    engine.scripts = [Script(holds_at=3, dies_at=4, checkpoint_every=9)]
    fork = (await caller.jobs.ForkJob(fork_of(parent))).job
    await until(engine.holding)
    await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=parent.name))
    await caller.jobs.DeleteJob(job_pb2.DeleteJobRequest(name=parent.name))
    engine.go.set()
    ended = await caller.ended(fork.name)
    assert (ended.state, ended.attempt) == (SUCCEEDED, 2)
    assert engine.starts[-1].origin.sha256 == engine.starts[-2].origin.sha256
    await caller.jobs.DeleteJob(job_pb2.DeleteJobRequest(name=fork.name))
    assert not engine.blobs.exists(engine.starts[-1].origin.sha256)


async def test_what_a_fork_cannot_change_is_refused_all_at_once(caller: Caller) -> None:
    parent = await caller.ended((await caller.submit(pausing(3))).name)
    impossible = fork_of(
        parent, image_strength=0.5, prompt="a", prompt_tail="b", pause_at=3, condition_strengths={1: 1}
    )
    assert bad_fields(await refusal(caller.jobs.ForkJob(impossible))) == [
        "changes.prompt_tail",
        "changes.image_strength",
        "changes.condition_strengths[1]",
        "changes.pause_at",
    ]
    too_long = fork_of(parent, remaining_steps=900)
    assert bad_fields(await refusal(caller.jobs.ForkJob(too_long))) == ["spec.sampling.steps"]


async def test_a_step_that_is_not_kept_is_named_with_those_that_are(caller: Caller) -> None:
    parent = await caller.ended((await caller.submit(pausing(3, keep=[1]))).name)
    status = await refusal(caller.jobs.ForkJob(fork_of(parent, 2)))
    assert (status.code, reason(status)) == (code_pb2.NOT_FOUND, "STEP_NOT_KEPT")
    assert "not step 2 is kept; kept are 1, 3" in status.message


async def test_a_full_store_is_waited_for(caller: Caller, engine: ScriptedEngine, tmp_path: Path) -> None:
    engine.scripts = [Script(releases_at=(STEPS, Released.REASON_STORE_FULL))]
    job = await caller.ended((await caller.submit()).name)
    assert (job.state, job.attempt) == (SUCCEEDED, 2)
    reasons = [event.state_changed.reason for event in await caller.watch(job.name)]
    assert "the asset store is full" in reasons
