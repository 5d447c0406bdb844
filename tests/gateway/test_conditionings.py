"""Handles of prepared pictures: deduplicated, waited for, kept while they are needed."""

import asyncio
from dataclasses import replace

import grpc
import pytest
from google.rpc import code_pb2

from kinoform.gateway.config import GatewayConfig
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.mesh.v1.mesh_pb2 import GenerateMeshRequest
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest
from tests.gateway import job_requests
from tests.gateway.gateway_peer import PARENT, Caller, bad_fields, reason, refusal, running, until
from tests.gateway.scripted_engine import CONDITIONING_REPORT, Script, ScriptedEngine, made_of
from tests.media.pictures import png_bomb

READY, FAILED, PREPARING = pb.Conditioning.STATE_READY, pb.Conditioning.STATE_FAILED, pb.Conditioning.STATE_PREPARING
Job = job_pb2.Job


def edges(**settings: float) -> pb.CreateConditioningRequest:
    """The edges of a small picture."""
    request = pb.CreateConditioningRequest(parent=PARENT, spec=pb.ConditioningSpec(edges=pb.Edges(**settings)))  # type: ignore[arg-type]
    request.spec.image.inline = job_requests.picture()
    return request


async def create(caller: Caller, request: pb.CreateConditioningRequest) -> pb.Conditioning:
    return (await caller.conditionings.CreateConditioning(request)).conditioning


async def get(caller: Caller, name: str) -> pb.Conditioning:
    return (await caller.conditionings.GetConditioning(pb.GetConditioningRequest(name=name))).conditioning


async def ready(caller: Caller, request: pb.CreateConditioningRequest) -> pb.Conditioning:
    """The conditioning once its job has ended."""
    made = await create(caller, request)
    await caller.ended(made.job)
    return await get(caller, made.name)


async def delete(caller: Caller, name: str, *, force: bool = False) -> None:
    await caller.conditionings.DeleteConditioning(pb.DeleteConditioningRequest(name=name, force=force))


def steered(name: str) -> GenerateVideoRequest:
    """A clip that begins with a prepared picture."""
    request = job_requests.clip()
    request.spec.image.conditioning = name
    return request


async def test_a_conditioning_is_settled_prepared_and_says_what_it_is(caller: Caller, engine: ScriptedEngine) -> None:
    asked = await create(caller, edges(low=50))
    assert asked.state == PREPARING
    made = await ready(caller, edges(low=50))
    assert (made.state, made.name, made.job) == (READY, asked.name, asked.job)
    assert made.name == f"{PARENT}/conditionings/{made.fingerprint}"
    assert made.spec.edges == pb.Edges(low=50, high=200, aperture=3, blur=0)
    assert (made.spec.max_side, made.spec.image.WhichOneof("source")) == (1024, "asset")
    [output] = made.outputs
    assert output.conditioning == CONDITIONING_REPORT
    assert engine.blobs.read(output.sha256) == made_of((await caller.get(made.job)).request, "picture")
    assert engine.applications == ["conditioning"]
    assert list(engine.starts[0].inputs) == ["spec.image"]


async def test_equal_pictures_with_equal_settings_are_one_conditioning(caller: Caller, engine: ScriptedEngine) -> None:
    first = await create(caller, edges())
    spelt_out = edges(low=100, high=200, aperture=3, blur=0)
    uploaded = edges()
    uploaded.spec.image.asset = await caller.keep(job_requests.picture(), "image/png")
    again = [await create(caller, request) for request in (edges(), spelt_out, uploaded)]
    assert {each.name for each in again} == {first.name}
    assert {each.job for each in again} == {first.job}
    others = edges(low=99), edges()
    others[1].spec.image.inline = job_requests.picture(9, 9)
    assert len({first.name, *[(await create(caller, other)).name for other in others]}) == 3
    await caller.ended(first.job)
    assert [start.job for start in engine.starts].count(first.job) == 1


async def test_a_clip_is_another_conditioning_than_its_first_frame(caller: Caller, engine: ScriptedEngine) -> None:
    picture, clip = edges(), edges()
    clip.spec.footage.inline = job_requests.picture()
    made = await ready(caller, clip)
    assert (made.state, made.spec.WhichOneof("source")) == (READY, "footage")
    assert list(engine.starts[0].inputs) == ["spec.footage"]
    assert (await create(caller, clip)).job == made.job
    assert (await create(caller, picture)).name != made.name
    bare = pb.CreateConditioningRequest(parent=PARENT, spec=pb.ConditioningSpec(edges=pb.Edges()))
    assert bad_fields(await refusal(caller.conditionings.CreateConditioning(bare))) == ["spec.source"]  # type: ignore[arg-type]
    clip.spec.footage.inline = b"no clip"
    refused = await refusal(caller.conditionings.CreateConditioning(clip))  # type: ignore[arg-type]
    assert bad_fields(refused) == ["spec.footage.inline"]
    vector = pb.CreateConditioningRequest(parent=PARENT, spec=pb.ConditioningSpec(embedding=pb.Embedding()))
    vector.spec.footage.inline = job_requests.picture()
    assert bad_fields(await refusal(caller.conditionings.CreateConditioning(vector))) == ["spec.footage"]  # type: ignore[arg-type]


async def test_another_depth_model_makes_another_conditioning(config: GatewayConfig) -> None:
    depth, lines = pb.CreateConditioningRequest(parent=PARENT), edges()
    depth.spec.depth.SetInParent()
    depth.spec.image.inline = job_requests.picture()
    names = []
    for model in ("", "dpt-1", "dpt-2", "dpt-1"):
        async with running(replace(config, depth_model=model)) as (_, caller):
            names.append([(await create(caller, request)).name for request in (depth, lines)])
    assert len({each for each, _ in names}) == 3
    assert names[1] == names[3]
    assert len({each for _, each in names}) == 1


async def test_a_hundred_equal_requests_at_once_are_one_job(caller: Caller) -> None:
    made = await asyncio.gather(*(create(caller, edges()) for _ in range(100)))
    assert len({each.job for each in made}) == 1


async def test_clip_and_mesh_wait_for_the_same_picture_and_get_it(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=2)]
    asked = await create(caller, edges())
    await until(engine.holding)
    mesh = GenerateMeshRequest(parent=PARENT, request_id=job_requests.shape().request_id)
    mesh.spec.image.conditioning = asked.name
    jobs = [await caller.make(steered(asked.name)), await caller.make(mesh)]
    await asyncio.sleep(0.3)
    assert len(engine.starts) == 1
    assert {(await caller.get(job.name)).state for job in jobs} <= {Job.STATE_QUEUED, Job.STATE_RUNNING}
    engine.go.set()
    assert [(await caller.ended(job.name)).state for job in jobs] == [Job.STATE_SUCCEEDED] * 2
    picture = (await get(caller, asked.name)).outputs[0].sha256
    assert {start.inputs["spec.image"].sha256 for start in engine.starts[1:]} == {picture}
    assert sorted(engine.applications) == ["conditioning", "mesh", "video"]


async def test_a_job_that_waits_can_be_cancelled_at_once(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=2)]
    asked = await create(caller, edges())
    await until(engine.holding)
    job = await caller.make(steered(asked.name))
    await asyncio.sleep(0.2)
    await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=job.name))
    assert (await caller.ended(job.name, 5)).state == Job.STATE_CANCELLED
    assert len(engine.starts) == 1


async def test_a_gateway_that_dies_while_a_job_waits_loses_nothing(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=2)]
    async with running(config) as (_, caller):
        asked = await create(caller, edges())
        await until(engine.holding)
        job = await caller.make(steered(asked.name))
        await asyncio.sleep(0.2)
    engine.go.set()
    async with running(config) as (_, caller):
        assert (await caller.ended(job.name)).state == Job.STATE_SUCCEEDED
        assert (await get(caller, asked.name)).state == READY


async def test_what_failed_fails_those_that_wait_and_is_tried_again_when_asked_for(
    caller: Caller, engine: ScriptedEngine
) -> None:
    engine.scripts = [Script(holds_at=1, fails_at=2)]
    asked = await create(caller, edges())
    await until(engine.holding)
    job = await caller.make(steered(asked.name))
    engine.go.set()
    ended = await caller.ended(job.name)
    assert (ended.state, ended.error.code, reason(ended.error)) == (
        Job.STATE_FAILED,
        code_pb2.FAILED_PRECONDITION,
        "CONDITIONING_FAILED",
    )
    failed = await get(caller, asked.name)
    assert (failed.state, failed.error.code) == (FAILED, code_pb2.OUT_OF_RANGE)
    status = await refusal(caller.make(steered(asked.name)))
    assert bad_fields(status) == ["spec.image.conditioning"]
    again = await ready(caller, edges())
    assert (again.name, again.job, again.state) == (asked.name, asked.job, READY)
    assert (await caller.make(steered(asked.name))).state == Job.STATE_QUEUED


async def test_one_that_is_needed_is_kept_unless_forced(caller: Caller, engine: ScriptedEngine) -> None:
    made = await ready(caller, edges())
    engine.scripts = [Script(holds_at=2)]
    engine.holding.clear()
    job = await caller.make(steered(made.name))
    await until(engine.holding)
    status = await refusal(delete(caller, made.name))  # type: ignore[arg-type]
    assert (status.code, reason(status)) == (code_pb2.FAILED_PRECONDITION, "STILL_NEEDED")
    assert job.name in status.message
    await delete(caller, made.name, force=True)
    engine.go.set()
    assert (await caller.ended(job.name)).state == Job.STATE_SUCCEEDED  # it had read the picture
    with pytest.raises(grpc.aio.AioRpcError) as gone:
        await get(caller, made.name)
    assert gone.value.code() is grpc.StatusCode.NOT_FOUND
    asset = caller.assets.GetAsset(asset_pb2.GetAssetRequest(name=made.outputs[0].asset))
    assert (await refusal(asset)).code == code_pb2.NOT_FOUND
    assert not engine.blobs.exists(made.outputs[0].sha256)


async def test_one_in_preparation_is_not_deleted(caller: Caller, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=2)]
    asked = await create(caller, edges())
    await until(engine.holding)
    status = await refusal(delete(caller, asked.name, force=True))  # type: ignore[arg-type]
    assert (status.code, reason(status)) == (code_pb2.FAILED_PRECONDITION, "WRONG_STATE")
    engine.go.set()


async def test_one_deleted_before_a_job_reads_it_is_said_so(
    caller: Caller, engine: ScriptedEngine, config: GatewayConfig
) -> None:
    made = await ready(caller, edges())
    await engine.stop()  # jobs stay queued
    job = await caller.make(steered(made.name))
    await delete(caller, made.name, force=True)
    await engine.serve(int(config.engine.rpartition(":")[2]))
    ended = await caller.ended(job.name)
    assert (ended.state, reason(ended.error)) == (Job.STATE_FAILED, "INPUT_GONE")


async def test_one_whose_picture_was_deleted_is_refused_and_made_anew_when_asked_for(caller: Caller) -> None:
    made = await ready(caller, edges())
    await caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=made.outputs[0].asset))
    assert bad_fields(await refusal(caller.make(steered(made.name)))) == ["spec.image.conditioning"]  # type: ignore[arg-type]
    again = await ready(caller, edges())
    assert (again.name, again.state) == (made.name, READY)
    assert again.job != made.job
    job = await caller.make(steered(made.name))
    assert (await caller.ended(job.name)).state == Job.STATE_SUCCEEDED


async def test_a_page_is_newest_first_and_of_one_project(caller: Caller) -> None:
    names = [(await ready(caller, edges(low=low))).name for low in (1, 2, 3)]
    await caller.submit()
    request = pb.ListConditioningsRequest(parent=PARENT, page_size=2)
    page = await caller.conditionings.ListConditionings(request)
    request.page_token = page.next_page_token
    rest = await caller.conditionings.ListConditionings(request)
    assert [each.name for each in (*page.conditionings, *rest.conditionings)] == names[::-1]
    assert rest.next_page_token == ""
    other = await caller.conditionings.ListConditionings(pb.ListConditioningsRequest(parent="projects/other"))
    assert not other.conditionings


async def test_bad_requests_name_every_field(caller: Caller) -> None:
    request = edges(low=300, high=200, blur=-1)
    request.spec.max_side = 8
    assert set(bad_fields(await refusal(create(caller, request)))) == {  # type: ignore[arg-type]
        "spec.max_side",
        "spec.edges.blur",
        "spec.edges.high",
    }
    large = pb.CreateConditioningRequest(parent=PARENT, spec=edges().spec)
    large.spec.reference.size.width = large.spec.reference.size.height = 2048
    assert bad_fields(await refusal(create(caller, large))) == ["spec.reference.size"]  # type: ignore[arg-type]
    no_kind = pb.CreateConditioningRequest(parent=PARENT)
    no_kind.spec.image.inline = b"no picture"
    assert set(bad_fields(await refusal(create(caller, no_kind)))) >= {"spec.kind"}  # type: ignore[arg-type]


HOSTILE = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "heic": bytes.fromhex("00000018667479706865696300000000") + b"mif1heic" + bytes(64),
    "url": b"http://169.254.169.254/latest/meta-data/",
    "path": b"/etc/passwd",
    "truncated": job_requests.picture(64, 64)[:-40],
    "bomb": png_bomb(20_000, 20_000),
    "script before a picture": b"<script>alert(1)</script>" + job_requests.picture(),
    "zip": job_requests.material(),
    "nothing": b"\0",
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
async def test_what_is_no_sound_picture_is_refused_and_nothing_stays(
    caller: Caller, engine: ScriptedEngine, data: bytes
) -> None:
    request = edges()
    request.spec.image.inline = data
    assert bad_fields(await refusal(create(caller, request))) == ["spec.image.inline"]  # type: ignore[arg-type]
    request.spec.image.asset = await caller.keep(data, "image/png")  # whatever its maker calls it
    assert bad_fields(await refusal(create(caller, request))) == ["spec.image.asset"]  # type: ignore[arg-type]
    assert await caller.all_jobs() == []


async def test_what_follows_a_picture_never_reaches_anybody(caller: Caller, engine: ScriptedEngine) -> None:
    request = edges()
    request.spec.image.inline = job_requests.picture() + job_requests.material()  # a PNG that is a ZIP file, too
    made = await ready(caller, request)
    assert made.state == READY
    assert not any(b"PK" in engine.blobs.read(output.sha256) for output in made.outputs)


async def test_a_handle_stands_for_a_picture_of_ones_own_alone(caller: Caller) -> None:
    made = await ready(caller, edges())
    mesh = job_requests.process()
    mesh.spec.mesh.conditioning = made.name
    assert bad_fields(await refusal(caller.make(mesh))) == ["spec.mesh.conditioning"]  # type: ignore[arg-type]
    for name in (made.name.replace("default", "other"), f"{PARENT}/conditionings/{'0' * 64}"):
        assert bad_fields(await refusal(caller.make(steered(name)))) == ["spec.image.conditioning"]  # type: ignore[arg-type]


async def test_a_server_without_the_service_says_so(config: GatewayConfig) -> None:
    async with running(replace(config, services=("video",))) as (_, caller):
        status = await refusal(create(caller, edges()))  # type: ignore[arg-type]
        assert (status.code, reason(status)) == (code_pb2.FAILED_PRECONDITION, "NOT_OFFERED")
