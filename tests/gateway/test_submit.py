"""What is accepted, what is refused, and that a refused request leaves nothing behind."""

import asyncio
import math
import struct
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2

from kinoform.gateway.config import GatewayConfig
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.type.v1.type_pb2 import Size
from kinoform_proto.video.v1 import video_pb2
from tests.gateway.gateway_peer import PARENT, Caller, asked, bad_fields, reason, refusal, running
from tests.gateway.job_requests import picture
from tests.gateway.scripted_engine import ScriptedEngine

Request = video_pb2.GenerateVideoRequest
Change = Callable[[Request], None]


@pytest.fixture
async def caller(config: GatewayConfig, engine: ScriptedEngine) -> AsyncIterator[Caller]:
    await engine.stop()  # jobs stay queued
    async with running(config) as (_, caller):
        yield caller


def bomb() -> bytes:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(header)) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


def unknown_field(request: Request) -> None:
    request.MergeFromString(b"\xfa\x7f\x03abc")


def unknown_nested_field(request: Request) -> None:
    request.spec.prompt.MergeFromString(b"\xfa\x7f\x03abc")


BAD: dict[str, tuple[Change, list[str]]] = {
    "empty prompt": (lambda r: r.spec.prompt.ClearField("text"), ["spec.prompt.text"] * 2),
    "blank prompt": (lambda r: setattr(r.spec.prompt, "text", " \n\t"), ["spec.prompt.text"]),
    "no prompt": (lambda r: r.spec.ClearField("prompt"), ["spec.prompt"]),
    "no spec": (lambda r: r.ClearField("spec"), ["spec"]),
    "long prompt": (lambda r: setattr(r.spec.prompt, "text", "a" * 8193), ["spec.prompt.text"]),
    "3 MB prompt": (lambda r: setattr(r.spec.prompt, "text", "a" * 3_000_000), ["spec.prompt.text"]),
    "frames 0": (lambda r: setattr(r.spec, "frames", 0), ["spec.frames"]),
    "frames -1": (lambda r: setattr(r.spec, "frames", -1), ["spec.frames"]),
    "frames 10**6": (lambda r: setattr(r.spec, "frames", 10**6), ["spec.frames"]),
    "frames beyond the model": (lambda r: setattr(r.spec, "frames", 20), ["spec.frames"]),
    "frames between the model's": (lambda r: setattr(r.spec, "frames", 10), ["spec.frames"]),
    "width beyond the model": (lambda r: r.spec.size.MergeFrom(Size(width=96, height=64)), ["spec.size.width"]),
    "size not a multiple": (
        lambda r: r.spec.size.MergeFrom(Size(width=33, height=63)),
        ["spec.size.width", "spec.size.height"],
    ),
    "NaN guidance": (lambda r: setattr(r.spec.sampling, "guidance", math.nan), ["spec.sampling.guidance"] * 2),
    "infinite guidance": (lambda r: setattr(r.spec.sampling, "guidance", math.inf), ["spec.sampling.guidance"] * 2),
    "steps beyond the model": (lambda r: setattr(r.spec.sampling, "steps", 51), ["spec.sampling.steps"]),
    "steps short of the model": (lambda r: setattr(r.spec.sampling, "steps", 1), ["spec.sampling.steps"]),
    "steps 0": (lambda r: setattr(r.spec.sampling, "steps", 0), ["spec.sampling.steps"]),
    "unknown model": (lambda r: setattr(r.spec, "model", "nope"), ["spec.model"]),
    "no request id": (lambda r: r.ClearField("request_id"), ["request_id"]),
    "bad parent": (lambda r: setattr(r, "parent", "projects/No Such"), ["parent"]),
    "priority": (lambda r: setattr(r, "priority", 101), ["priority"]),
    "deadline now": (lambda r: r.deadline.GetCurrentTime(), ["deadline"]),
    "deadline in 1970": (lambda r: r.deadline.FromSeconds(0), ["deadline"]),
    "deadline in 31 days": (lambda r: r.deadline.FromDatetime(datetime.now(UTC) + timedelta(days=31)), ["deadline"]),
    "deadline beyond time": (lambda r: setattr(r.deadline, "seconds", 2**62), ["deadline"]),
    "deadline before time": (lambda r: setattr(r.deadline, "seconds", -(2**62)), ["deadline"]),
    "truncated picture": (lambda r: setattr(r.spec.image, "inline", picture(64, 64)[:-40]), ["spec.image.inline"]),
    "bomb": (lambda r: setattr(r.spec.image, "inline", bomb()), ["spec.image.inline"]),
    "no picture": (lambda r: setattr(r.spec.image, "inline", b"GIF89a"), ["spec.image.inline"]),
    "missing asset": (lambda r: setattr(r.spec.image, "asset", f"{PARENT}/assets/nope"), ["spec.image.asset"]),
    "foreign asset": (lambda r: setattr(r.spec.image, "asset", "projects/other/assets/a"), ["spec.image.asset"]),
    "small view": (lambda r: r.spec.file.view_size.MergeFrom(Size(width=32, height=64)), ["spec.file.view_size.width"]),
    "unknown field": (unknown_field, ["#2047"]),
    "unknown nested field": (unknown_nested_field, ["spec.prompt.#2047"]),
}


@pytest.mark.parametrize(("change", "fields"), BAD.values(), ids=BAD)
async def test_a_bad_request_names_its_fields_and_leaves_no_job(
    caller: Caller, change: Change, fields: list[str]
) -> None:
    request = asked()
    change(request)
    status = await refusal(caller.videos.GenerateVideo(request))
    assert status.code == code_pb2.INVALID_ARGUMENT
    assert bad_fields(status) == fields
    assert reason(status) == "BAD_REQUEST"
    assert await caller.all_jobs() == []
    assert list((await caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=PARENT))).assets) == []


async def test_a_10_mb_prompt_is_refused_before_it_is_read(caller: Caller) -> None:
    status = await refusal(caller.videos.GenerateVideo(asked("a" * 10_000_000)))
    assert status.code == code_pb2.RESOURCE_EXHAUSTED
    assert await caller.all_jobs() == []


async def test_all_bad_fields_are_named_at_once(caller: Caller) -> None:
    request = asked()
    request.spec.frames = 20
    request.spec.size.width, request.spec.size.height = 96, 33
    request.spec.sampling.steps = 51
    request.spec.image.inline = b"no picture"
    request.deadline.FromSeconds(0)
    status = await refusal(caller.videos.GenerateVideo(request))
    fields = ["spec.frames", "spec.size.width", "spec.size.height", "spec.sampling.steps"]
    fields += ["deadline", "spec.image.inline"]
    assert bad_fields(status) == fields


async def test_broken_rules_and_the_models_limits_are_named_together(caller: Caller) -> None:
    request = asked()
    request.spec.prompt.text = " "
    request.spec.frames = 0
    request.spec.size.width, request.spec.size.height = 96, 64
    status = await refusal(caller.videos.GenerateVideo(request))
    assert bad_fields(status) == ["spec.prompt.text", "spec.frames", "spec.size.width"]
    request.spec.model = "nope"
    status = await refusal(caller.videos.GenerateVideo(request))
    assert bad_fields(status) == ["spec.prompt.text", "spec.frames", "spec.model"]


async def test_a_picture_for_a_model_that_takes_none_is_refused(caller: Caller) -> None:
    request = asked()
    request.spec.model = "text-only"
    request.spec.image.inline = picture()
    assert bad_fields(await refusal(caller.videos.GenerateVideo(request))) == ["spec.image"]


async def test_the_stored_request_leaves_nothing_open(caller: Caller) -> None:
    request = Request(parent=PARENT, request_id=asked().request_id)
    request.spec.prompt.text = "a penguin"
    job = await caller.submit(request)
    stored = Request()
    assert job.request.Unpack(stored)
    spec = stored.spec
    assert (spec.model, spec.frames, spec.size.width, spec.size.height) == ("kino-mini", 8, 64, 64)
    assert (spec.frame_rate.numerator, spec.frame_rate.denominator) == (24000, 1001)
    assert (spec.sampling.steps, spec.sampling.guidance) == (20, 3.0)
    assert spec.sampling.HasField("seed")
    assert spec.file.format == video_pb2.VideoFile.FORMAT_MP4
    stored.request_id = asked().request_id
    assert (await caller.submit(stored)).request == job.request


async def test_a_deadline_is_the_jobs_and_no_part_of_what_reproduces_it(caller: Caller) -> None:
    request = asked()
    request.deadline.FromDatetime(datetime.now(UTC) + timedelta(days=29))
    job = await caller.submit(request)
    assert job.deadline.ToMicroseconds() == request.deadline.ToMicroseconds()
    stored = Request()
    assert job.request.Unpack(stored)
    assert not stored.HasField("deadline")
    assert not (await caller.submit(asked())).HasField("deadline")
    request.deadline.seconds += 1
    assert (await refusal(caller.videos.GenerateVideo(request))).code == code_pb2.ALREADY_EXISTS


async def test_a_request_sent_again_after_its_deadline_finds_its_job(caller: Caller) -> None:
    request = asked()
    request.deadline.FromDatetime(datetime.now(UTC) + timedelta(seconds=3))
    job = await caller.submit(request)
    await asyncio.sleep((request.deadline.ToDatetime(tzinfo=UTC) - datetime.now(UTC)).total_seconds())
    assert await caller.submit(request) == job


async def test_a_picture_makes_one_step_enough(caller: Caller) -> None:
    request = asked()
    request.spec.sampling.steps = 1
    request.spec.image.inline = picture()
    await caller.submit(request)


async def test_an_inline_picture_becomes_an_asset(caller: Caller) -> None:
    request = asked()
    request.spec.image.inline = picture()
    stored = Request()
    assert (await caller.submit(request)).request.Unpack(stored)
    asset = (await caller.assets.GetAsset(asset_pb2.GetAssetRequest(name=stored.spec.image.asset))).asset
    assert (asset.media_type, asset.size_bytes) == ("image/png", len(picture()))
    again = asked()
    again.spec.image.asset = asset.name
    assert (await caller.submit(again)).request == any_of(stored)


def any_of(request: Request) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(request, deterministic=True)
    return packed


async def test_words_outside_the_vocabulary_are_warned_of(caller: Caller) -> None:
    job = await caller.submit(asked("a zebra moves to the left over a teal background"))
    assert len(job.warnings) == 1
    assert "zebra" in job.warnings[0]
    call = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=job.name, after_sequence=1))
    assert (await call.read()).event.warning.message == job.warnings[0]
    call.cancel()
    assert (await caller.submit(asked())).warnings == []


async def test_the_same_request_id_makes_one_job_however_many_ask_at_once(caller: Caller) -> None:
    request = asked()
    jobs = await asyncio.gather(*(caller.submit(request) for _ in range(20)))
    assert len({job.name for job in jobs}) == 1
    assert len(await caller.all_jobs()) == 1


async def test_the_same_request_sent_again_finds_its_job_though_its_picture_is_gone(caller: Caller) -> None:
    first = asked()
    first.spec.image.inline = picture()
    stored = Request()
    assert (await caller.submit(first)).request.Unpack(stored)
    request = asked()
    request.spec.image.asset = stored.spec.image.asset
    job = await caller.submit(request)
    await caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=stored.spec.image.asset))
    assert await caller.submit(request) == job


async def test_a_request_id_used_for_another_request_is_refused(caller: Caller) -> None:
    request = asked()
    first = await caller.submit(request)
    request.spec.frames = 12
    status = await refusal(caller.videos.GenerateVideo(request))
    assert (status.code, reason(status)) == (code_pb2.ALREADY_EXISTS, "REQUEST_ID_REUSED")
    assert first.name in status.message
    assert [job.name for job in await caller.all_jobs()] == [first.name]


@pytest.mark.parametrize("token", ["garbage", "!!!", "AAAA", "WzFd", "x" * 1000, "\u00e9"])
async def test_a_garbage_page_token_is_refused(caller: Caller, token: str) -> None:
    status = await refusal(caller.jobs.ListJobs(job_pb2.ListJobsRequest(parent=PARENT, page_token=token)))
    assert (status.code, bad_fields(status)) == (code_pb2.INVALID_ARGUMENT, ["page_token"])
    status = await refusal(caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=PARENT, page_token=token)))
    assert (status.code, bad_fields(status)) == (code_pb2.INVALID_ARGUMENT, ["page_token"])


async def test_pages_hold_every_job_once_and_tokens_only_fit_their_filter(caller: Caller) -> None:
    names = [(await caller.submit()).name for _ in range(7)]
    found: list[str] = []
    token = ""
    while True:
        request = job_pb2.ListJobsRequest(parent=PARENT, page_size=3, page_token=token)
        request.filter.states.append(job_pb2.Job.STATE_QUEUED)
        page = await caller.jobs.ListJobs(request)
        found += [job.name for job in page.jobs]
        token = page.next_page_token or token
        if not page.next_page_token:
            break
    assert found == names[::-1]
    other = job_pb2.ListJobsRequest(parent=PARENT, page_token=token)
    assert bad_fields(await refusal(caller.jobs.ListJobs(other))) == ["page_token"]


async def test_jobs_are_found_by_state_model_and_labels(caller: Caller) -> None:
    request = asked()
    request.labels["shot"] = "12"
    labelled = await caller.submit(request)
    request = asked()
    request.spec.model = "text-only"
    other = await caller.submit(request)
    await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=other.name))

    async def found(**wanted: object) -> list[str]:
        request = job_pb2.ListJobsRequest(parent=PARENT, filter=job_pb2.JobFilter(**wanted))
        return [job.name for job in (await caller.jobs.ListJobs(request)).jobs]

    assert await found(labels={"shot": "12"}) == [labelled.name]
    assert await found(models=["text-only"]) == [other.name]
    assert await found(states=[job_pb2.Job.STATE_CANCELLED]) == [other.name]
    assert await found(states=[job_pb2.Job.STATE_SUCCEEDED]) == []


@pytest.mark.parametrize(
    "call",
    [
        lambda c, n: c.jobs.GetJob(job_pb2.GetJobRequest(name=n)),
        lambda c, n: c.jobs.WatchJob(job_pb2.WatchJobRequest(name=n)),
        lambda c, n: c.jobs.WaitJob(job_pb2.WaitJobRequest(name=n)),
        lambda c, n: c.jobs.CancelJob(job_pb2.CancelJobRequest(name=n)),
        lambda c, n: c.jobs.RetryJob(job_pb2.RetryJobRequest(name=n)),
        lambda c, n: c.jobs.DeleteJob(job_pb2.DeleteJobRequest(name=n)),
    ],
)
async def test_a_job_that_is_not_there_is_not_found(
    caller: Caller, call: Callable[[Caller, str], grpc.aio.Call]
) -> None:
    status = await refusal(call(caller, f"{PARENT}/jobs/nope"))
    assert (status.code, reason(status)) == (code_pb2.NOT_FOUND, "NOT_FOUND")


async def test_what_a_jobs_state_forbids_is_a_failed_precondition(caller: Caller) -> None:
    job = await caller.submit()
    for call in (
        caller.jobs.RetryJob(job_pb2.RetryJobRequest(name=job.name)),
        caller.jobs.DeleteJob(job_pb2.DeleteJobRequest(name=job.name)),
    ):
        status = await refusal(call)
        assert (status.code, reason(status)) == (code_pb2.FAILED_PRECONDITION, "WRONG_STATE")
