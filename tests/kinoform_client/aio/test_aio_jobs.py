"""Submitting, waiting, steering."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path

import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import code_pb2, error_details_pb2

from kinoform_client import (
    AsyncClient,
    DeadlineError,
    FailedPreconditionError,
    InvalidArgumentError,
    JobCancelledError,
    JobFailedError,
    JobState,
    NotFoundError,
    ResourceExhaustedError,
    RetryPolicy,
    UnavailableError,
    Violation,
)
from kinoform_client._core.address import parse_address
from kinoform_client.aio.transport import connect
from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.peer_base import rich_status, unavailable

PATIENT = RetryPolicy(total_s=5, patience_s=10, first_pause_s=0.01, longest_pause_s=0.05)
HASTY = RetryPolicy(total_s=0.2, patience_s=0.2, first_pause_s=0.01, longest_pause_s=0.05)


async def test_a_request_says_what_the_caller_said(served: Served, peer: Peer) -> None:
    async with AsyncClient(served.address, project="p", api_key="secret") as client:
        job = await client.videos.generate(
            "a penguin",
            image=b"\x89PNG\r\n\x1a\n....",
            model="kino-mini",
            frames=16,
            width=64,
            height=32,
            fps="23.976",
            steps=20,
            guidance=4.5,
            seed=7,
            negative_prompt="blur",
            reproducible=True,
            format="webm",
            view_size=(256, 128),
            upscale="nearest",
            priority=3,
            deadline=datetime(2030, 1, 31, 18, tzinfo=timezone(timedelta(hours=1))),
            labels={"shot": "010"},
        )
    sent = peer.requests[0]
    spec = sent.spec
    assert sent.parent == "projects/p"
    assert (spec.prompt.text, spec.prompt.negative, spec.model) == ("a penguin", "blur", "kino-mini")
    assert spec.image.inline.startswith(b"\x89PNG")
    assert (spec.frames, spec.size.width, spec.size.height) == (16, 64, 32)
    assert Fraction(spec.frame_rate.numerator, spec.frame_rate.denominator) == Fraction(24000, 1001)
    assert (spec.sampling.steps, spec.sampling.guidance, spec.sampling.seed) == (20, 4.5, 7)
    assert spec.sampling.reproducible
    assert (spec.file.format, spec.file.upscale) == (2, 1)
    assert (spec.file.view_size.width, spec.file.view_size.height) == (256, 128)
    assert (sent.priority, dict(sent.labels)) == (3, {"shot": "010"})
    assert sent.deadline.ToJsonString() == "2030-01-31T17:00:00Z"
    assert peer.metadata[0]["authorization"] == "Bearer secret"
    assert job.job.request["spec"]["sampling"]["seed"] == 7


async def test_a_deadline_may_be_a_span_from_now(served: Served, peer: Peer) -> None:
    async with AsyncClient(served.address) as client:
        before = datetime.now(UTC)
        job = await client.videos.generate("a penguin", deadline=timedelta(minutes=10))
    sent = peer.requests[0].deadline.ToDatetime(tzinfo=UTC)
    assert before <= sent - timedelta(minutes=10) <= datetime.now(UTC)
    assert job.job.deadline is None  # this server sets none


@pytest.mark.parametrize("deadline", [datetime(2030, 1, 1), timedelta.max], ids=["no time zone", "no such time"])
async def test_a_deadline_that_is_no_moment_is_refused_before_anything_is_sent(
    served: Served, peer: Peer, deadline: datetime | timedelta
) -> None:
    async with AsyncClient(served.address) as client:
        with pytest.raises(InvalidArgumentError) as refused:
            await client.videos.generate("a penguin", deadline=deadline)
    assert [violation.field for violation in refused.value.violations] == ["deadline"]
    assert peer.requests == []


async def test_what_is_left_out_is_not_sent(served: Served, peer: Peer) -> None:
    async with AsyncClient(served.address) as client:
        await client.videos.generate("a penguin")
    spec = peer.requests[0].spec
    for part in ("image", "frames", "size", "frame_rate", "file"):
        assert not spec.HasField(part)
    for part in ("seed", "steps", "guidance"):
        assert not spec.sampling.HasField(part)


async def test_a_submission_whose_answer_was_lost_makes_one_job(served: Served, peer: Peer) -> None:
    peer.faults.refusals["GenerateVideo"] = [unavailable(), unavailable()]
    peer.faults.lost_answers["GenerateVideo"] = 2
    async with AsyncClient(served.address, retry=PATIENT) as client:
        job = await client.videos.generate("a penguin")
    assert list(peer.jobs) == [job.name]
    assert peer.calls.count("GenerateVideo") == 5


async def test_a_large_picture_is_uploaded_first(served: Served, peer: Peer, tmp_path: Path) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + bytes(1 << 20)
    (tmp_path / "big.png").write_bytes(picture)
    async with AsyncClient(served.address) as client:
        await client.videos.generate("a penguin", image=tmp_path / "big.png")
        await client.videos.generate("a penguin", image=picture)
        asset = await client.assets.upload(picture)
        await client.videos.generate("a penguin", image=asset)
        await client.videos.generate("a penguin", image=asset.name)
    assert {request.spec.image.asset for request in peer.requests} == {asset.name}
    assert (asset.media_type, asset.display_name) == ("image/png", "big.png")


async def test_every_value_that_cannot_be_sent_is_named(served: Served, peer: Peer) -> None:
    async with AsyncClient(served.address) as client:
        with pytest.raises(InvalidArgumentError) as caught:
            await client.videos.generate(
                "x" * 10_000_000, frames=1 << 40, width=64, fps="fast", seed=-1, format="avi", upscale="magic"
            )
    assert [bad.field for bad in caught.value.violations] == [
        "spec.prompt.text",
        "spec.frames",
        "spec.size",
        "spec.frame_rate",
        "spec.sampling.seed",
        "spec.file.format",
        "spec.file.upscale",
    ]
    assert peer.calls == []


async def test_every_bad_field_comes_back_typed(served: Served, peer: Peer) -> None:
    bad = error_details_pb2.BadRequest()
    bad.field_violations.add(field="spec.frames", description="must be 1 to 16, got 0")
    bad.field_violations.add(field="spec.prompt.text", description="must not be empty")
    info = error_details_pb2.ErrorInfo(reason="INVALID_REQUEST", domain="kinoform", metadata={"fields": "2"})
    peer.faults.refusals["GenerateVideo"] = [rich_status(code_pb2.INVALID_ARGUMENT, "2 bad fields", bad, info)]
    async with AsyncClient(served.address) as client:
        with pytest.raises(InvalidArgumentError) as caught:
            await client.videos.generate("")
    error = caught.value
    assert error.violations == (
        Violation("spec.frames", "must be 1 to 16, got 0"),
        Violation("spec.prompt.text", "must not be empty"),
    )
    assert (error.code, error.reason, error.details.metadata) == (
        "INVALID_ARGUMENT",
        "INVALID_REQUEST",
        {"fields": "2"},
    )
    assert str(error) == "spec.frames: must be 1 to 16, got 0; spec.prompt.text: must not be empty"


async def test_a_quota_is_waited_for_only_when_the_server_says_how_long(served: Served, peer: Peer) -> None:
    soon = error_details_pb2.RetryInfo(retry_delay=Duration(nanos=20_000_000))
    peer.faults.refusals["GenerateVideo"] = [
        rich_status(code_pb2.RESOURCE_EXHAUSTED, "busy", soon),
        rich_status(code_pb2.RESOURCE_EXHAUSTED, "too large"),
    ]
    async with AsyncClient(served.address, retry=PATIENT) as client:
        with pytest.raises(ResourceExhaustedError, match="too large"):
            await client.videos.generate("a penguin")
        await client.videos.generate("a penguin")
    assert peer.calls.count("GenerateVideo") == 3


async def test_result_waits_and_gives_the_video(served: Served, peer: Peer, tmp_path: Path) -> None:
    async with AsyncClient(served.address, retry=PATIENT) as client:
        job = await client.videos.generate("a penguin")
        threading.Timer(0.2, peer.run, (job.name,)).start()
        path = await job.download(tmp_path / "new folder" / "penguin.mp4")
        assert path.read_bytes() == b"video" * 1000
        assert job.job.state is JobState.SUCCEEDED
        assert [output.role for output in job.outputs] == ["video"]
        assert await job.output("video").read() == b"video" * 1000
        with pytest.raises(NotFoundError):
            job.output("poster")
        again = await client.job(job.name.rpartition("/")[2])
        assert again.job == job.job


async def test_a_wait_survives_a_restarted_server(served: Served, peer: Peer) -> None:
    async with AsyncClient(served.address, retry=PATIENT) as client:
        job = await client.videos.generate("a penguin")

        def restart() -> None:
            served.stop()
            served.start()
            peer.run(job.name)

        timer = threading.Timer(0.2, restart)
        timer.start()
        assert (await job.wait(timeout=20)).state is JobState.SUCCEEDED
        timer.join()


async def test_a_wait_that_is_over_is_a_timeout_error(served: Served) -> None:
    async with AsyncClient(served.address, retry=PATIENT) as client:
        job = await client.videos.generate("a penguin")
        with pytest.raises(TimeoutError, match=r"is still QUEUED after 0\.1 s"):
            await job.wait(timeout=0.1)
        with pytest.raises(DeadlineError):
            await job.result(timeout=0)


async def test_a_failed_job_raises_with_its_cause(served: Served, peer: Peer) -> None:
    info = error_details_pb2.ErrorInfo(reason="OUT_OF_MEMORY", domain="kinoform")
    async with AsyncClient(served.address, retry=PATIENT) as client:
        job = await client.videos.generate("a penguin")
        peer.fail(job.name, rich_status(code_pb2.RESOURCE_EXHAUSTED, "the GPU is full", info))
        with pytest.raises(JobFailedError, match="the GPU is full") as caught:
            await job.result()
        assert (caught.value.reason, caught.value.job.state) == ("OUT_OF_MEMORY", JobState.FAILED)
        assert isinstance(caught.value.job.error, ResourceExhaustedError)
        assert (await job.retry()).state is JobState.QUEUED
        peer.run(job.name)
        assert (await job.result()).job.error is None


async def test_a_cancelled_job_raises(served: Served) -> None:
    async with AsyncClient(served.address, retry=PATIENT) as client:
        job = await client.videos.generate("a penguin")
        assert (await job.cancel()).state is JobState.CANCELLED
        with pytest.raises(JobCancelledError):
            await job.result()


async def test_lost_answers_of_retry_and_delete_do_not_show(served: Served, peer: Peer) -> None:
    async with AsyncClient(served.address, retry=PATIENT) as client:
        job = await client.videos.generate("a penguin")
        await job.cancel()
        peer.faults.lost_answers = {"RetryJob": 1, "DeleteJob": 1}
        assert (await job.retry()).state is JobState.QUEUED
        with pytest.raises(FailedPreconditionError):
            await job.retry()
        await job.cancel()
        await job.delete()
        with pytest.raises(NotFoundError):
            await job.delete()


async def test_jobs_are_listed_page_by_page(served: Served, peer: Peer) -> None:
    async with AsyncClient(served.address, retry=PATIENT) as client:
        names = [(await client.videos.generate(f"penguin {number}")).name for number in range(7)]
        await client.jobs.cancel(names[0])
        assert [job.name async for job in client.jobs.list(page_size=3)] == names[::-1]
        assert peer.calls.count("ListJobs") == 3
        assert [job.name async for job in client.jobs.list(states=["CANCELLED"])] == names[:1]


async def test_a_healthy_server_says_so(served: Served) -> None:
    async with AsyncClient(served.address) as client:
        assert await client.serving()


async def test_a_channel_of_the_callers_own_is_used_and_left_open(served: Served) -> None:
    channel = connect(parse_address(served.address), None)
    async with AsyncClient("grpc://127.0.0.1:1", channel=channel) as client:
        job = await client.videos.generate("a penguin")
    async with AsyncClient(channel=channel) as client:
        assert await client.jobs.get(job.name) == job.job
    await channel.close()


async def test_an_unreachable_server_is_unavailable(served: Served) -> None:
    served.stop()
    async with AsyncClient(served.address, retry=HASTY) as client:
        with pytest.raises(UnavailableError):
            await client.jobs.get("x")
        with pytest.raises(UnavailableError):
            await client.serving()
