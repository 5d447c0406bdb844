"""Jobs of every kind: each goes to its own service with its inputs, and none is lost."""

from dataclasses import replace

import pytest
from google.rpc import code_pb2

from kinoform.gateway import convert
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.resolve.requests import media_inputs, unpacked
from kinoform.store.records import OutputRecord
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.engine.v1 import engine_pb2
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.type.v1.report_pb2 import MaterialReport, MeshReport
from tests.gateway import job_requests
from tests.gateway.gateway_peer import CARDS, Caller, asked, running, until
from tests.gateway.job_requests import CASES, INPUTS, Case
from tests.gateway.scripted_engine import (
    MATERIAL_REPORT,
    MESH_REPORT,
    ROLES,
    STEPS,
    Script,
    ScriptedEngine,
    made_of,
)

Job = job_pb2.Job
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def check_outputs(job: job_pb2.Job, engine: ScriptedEngine) -> None:
    """Every promised file is there, with the right bytes and the right report."""
    made = {output.role: engine.blobs.read(output.sha256) for output in job.outputs}
    assert made == {role: made_of(job.request, role) for role in ROLES[job.request.TypeName()]}
    reports = {output.role: output.WhichOneof("report") for output in job.outputs}
    for output in job.outputs:
        assert reports[output.role] == {"glb": "mesh", "material": "material"}.get(output.role)
        if output.HasField("mesh"):
            assert output.mesh == MESH_REPORT
        if output.HasField("material"):
            assert output.material == MATERIAL_REPORT


@every_case
async def test_a_job_reaches_its_service_with_its_inputs_and_brings_its_reports_back(
    caller: Caller, engine: ScriptedEngine, case: Case
) -> None:
    name = (await caller.make(case.make())).name
    events = await caller.watch(name)
    job = await caller.get(name)
    assert job.state == Job.STATE_SUCCEEDED
    assert engine.applications == [case.kind]
    [start] = engine.starts
    assert start.request == job.request
    assert {path: engine.blobs.read(blob.sha256) for path, blob in start.inputs.items()} == {
        path: INPUTS[path] for path in case.inputs
    }
    check_outputs(job, engine)
    assert [event.output for event in events if event.HasField("output")] == list(job.outputs)


@every_case
async def test_a_job_survives_its_replica_and_its_gateway(
    config: GatewayConfig, engine: ScriptedEngine, case: Case
) -> None:
    engine.scripts = [Script(dies_at=2), Script(holds_at=4, checkpoint_every=9)]
    async with running(config) as (_, caller):
        name = (await caller.make(case.make())).name
        await until(engine.holding)
    async with running(config) as (_, caller):
        job = await caller.ended(name)
        steps = [event.progress.step for event in await caller.watch(name) if event.progress.step]
    assert (job.state, job.attempt) == (Job.STATE_SUCCEEDED, 3)
    assert steps == list(range(1, STEPS + 1))
    assert engine.applications == [case.kind] * 3
    assert [start.inputs for start in engine.starts] == [engine.starts[0].inputs] * 3
    check_outputs(job, engine)


@pytest.mark.parametrize("case", [case for case in CASES.values() if case.inputs], ids=lambda case: case.make.__name__)
async def test_a_job_whose_input_is_gone_fails_and_says_so(
    config: GatewayConfig, engine: ScriptedEngine, case: Case
) -> None:
    port = int(config.engine.rpartition(":")[2])
    await engine.stop()
    async with running(config) as (_, caller):
        job = await caller.make(case.make())
        stored = unpacked(job.request)
        assert stored is not None
        *_, (_, given) = media_inputs(stored)
        await caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=given.asset))
        await engine.serve(port)
        job = await caller.ended(job.name)
    assert (job.state, job.error.code) == (Job.STATE_FAILED, code_pb2.FAILED_PRECONDITION)
    assert given.asset in job.error.message
    assert engine.starts == []


async def test_a_full_service_holds_up_no_other(config: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=0)]
    async with running(replace(config, max_running=1)) as (_, caller):
        held = await caller.submit()
        await until(engine.holding)
        behind = await caller.submit()
        for request in (job_requests.shape(), job_requests.surface()):
            assert (await caller.ended((await caller.make(request)).name)).state == Job.STATE_SUCCEEDED
        assert (await caller.get(behind.name)).state == Job.STATE_QUEUED
        engine.go.set()
        for job in (held, behind):
            assert (await caller.ended(job.name)).state == Job.STATE_SUCCEEDED


async def test_a_gateway_leases_only_what_it_offers(config: GatewayConfig, engine: ScriptedEngine) -> None:
    port = int(config.engine.rpartition(":")[2])
    await engine.stop()
    videos = {name: card for name, card in CARDS.items() if card.kind == "video"}
    async with running(config) as (_, caller):
        mesh = await caller.make(job_requests.process())
    await engine.serve(port)
    async with running(replace(config, cards=videos)) as (_, caller):
        assert (await caller.ended((await caller.submit(asked())).name)).state == Job.STATE_SUCCEEDED
        assert (await caller.get(mesh.name)).state == Job.STATE_QUEUED
    async with running(config) as (_, caller):
        assert (await caller.ended(mesh.name)).state == Job.STATE_SUCCEEDED


def test_a_report_that_says_nothing_is_still_a_report() -> None:
    for kind, stored in (
        ("mesh", engine_pb2.OutputStored(mesh=MeshReport())),
        ("material", engine_pb2.OutputStored(material=MaterialReport())),
        (None, engine_pb2.OutputStored()),
    ):
        payload = convert.output_payload(stored)
        record = OutputRecord(role="r", asset="a", media_type="m", sha256="0", size=1, payload=payload)
        shown = convert.output_to_proto(record)
        assert shown.WhichOneof("report") == kind
        assert (shown.role, shown.asset, shown.size_bytes) == ("r", "a", 1)


def test_every_stage_has_a_number_of_its_own() -> None:
    stages = set(job_pb2.Progress.Stage.values()) - {job_pb2.Progress.STAGE_UNSPECIFIED, job_pb2.Progress.STAGE_QUEUED}
    assert sorted(convert.STAGES.values()) == sorted(stages)
