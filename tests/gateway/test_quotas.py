"""Quotas of projects, as callers meet them."""

import asyncio
from dataclasses import replace

import pytest
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.sweep import MOST_AGE_US, Sweep
from kinoform.store.assets import AssetStore
from kinoform.store.errors import NotFound
from kinoform.store.open import Store, open_store
from kinoform.store.quotas import Limits
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.job.v1 import job_pb2
from tests.gateway import job_requests
from tests.gateway.access_peer import MINE, THEIRS, bearer, key_for, methods, request_for
from tests.gateway.gateway_peer import PARENT, asked, reason, refusal, running, until
from tests.gateway.scripted_engine import Script, ScriptedEngine


@pytest.fixture
def config(config: GatewayConfig) -> GatewayConfig:
    """One job at a time; changed limits count at once."""
    return replace(config, max_running=1, access=replace(config.access, fresh_s=0.0))


@pytest.fixture
def store(config: GatewayConfig) -> Store:
    return open_store(config.database)


def details(status: status_pb2.Status) -> tuple[dict[str, str], float, str]:
    """ErrorInfo's metadata, RetryInfo's seconds, QuotaFailure's subject."""
    info, retry, failure = (
        error_details_pb2.ErrorInfo(),
        error_details_pb2.RetryInfo(),
        error_details_pb2.QuotaFailure(),
    )
    wanted: tuple[Message, ...] = (info, retry, failure)
    assert all(any(detail.Unpack(each) for detail in status.details) for each in wanted)
    assert (status.code, reason(status)) == (code_pb2.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED")
    return dict(info.metadata), retry.retry_delay.ToTimedelta().total_seconds(), failure.violations[0].subject


async def test_the_queue_is_full(config: GatewayConfig, store: Store, engine: ScriptedEngine) -> None:
    store.quotas.set(MINE, Limits(queued_jobs=2))
    engine.scripts = [Script(holds_at=1)]
    async with running(config) as (_, caller):
        await caller.submit()
        await until(engine.holding)
        waiting = asked()
        answers = await asyncio.gather(
            *(caller.submit(request) for request in (waiting, *(asked() for _ in range(5)))), return_exceptions=True
        )
        assert sum(isinstance(answer, job_pb2.Job) for answer in answers) == 2
        info, retry_s, subject = details(await refusal(caller.videos.GenerateVideo(asked())))
        assert info == {"quota": "queued_jobs", "limit": "2", "used": "3", "project": MINE}
        assert (retry_s > 0, subject) == (True, PARENT)
        first = next(answer for answer in answers if isinstance(answer, job_pb2.Job))
        await caller.jobs.CancelJob(job_pb2.CancelJobRequest(name=first.name))
        await caller.submit()
        again = await refusal(caller.jobs.RetryJob(job_pb2.RetryJobRequest(name=first.name)))
        assert details(again)[0]["quota"] == "queued_jobs"
        elsewhere = asked()
        elsewhere.parent = f"projects/{THEIRS}"
        await caller.submit(elsewhere)
        engine.go.set()
    store.close()


async def test_the_store_is_full(config: GatewayConfig, store: Store) -> None:
    [opening] = [method for method in methods() if method.name == "CreateUpload"]
    async with running(replace(config, limits=Limits(storage_bytes=1000))) as (_, caller):
        name = await caller.keep(bytes(900))
        request = request_for(opening, MINE)
        request.size_bytes = 101  # type: ignore[attr-defined]
        info, _, subject = details(await refusal(caller.assets.CreateUpload(request)))  # type: ignore[arg-type]
        assert (info["quota"], info["limit"], info["used"]) == ("storage_bytes", "1000", "1001")
        assert subject == PARENT
        clip = job_requests.clip()
        clip.spec.image.inline = job_requests.picture(64, 64)
        assert details(await refusal(caller.videos.GenerateVideo(clip)))[0]["quota"] == "storage_bytes"
        await caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=name))
        await caller.keep(bytes(1000))
        assert details(await refusal(caller.videos.GenerateVideo(asked())))[0]["quota"] == "storage_bytes"
    store.close()


async def test_the_days_seconds_are_used_up(config: GatewayConfig, store: Store) -> None:
    async with running(config) as (_, caller):
        await caller.ended((await caller.submit()).name)
        store.quotas.set(MINE, Limits(compute_seconds_per_day=0))
        info, retry_s, _ = details(await refusal(caller.videos.GenerateVideo(asked())))
        assert (info["quota"], info["limit"]) == ("compute_seconds_per_day", "0")
        assert 0 < retry_s <= 86_400
    store.close()


async def test_each_principal_has_a_rate_of_its_own(config: GatewayConfig, store: Store) -> None:
    store.quotas.set(MINE, Limits(requests_per_minute=5))
    one, other = bearer(key_for(store, MINE, THEIRS)), bearer(key_for(store, MINE))
    listing, elsewhere = (job_pb2.ListJobsRequest(parent=f"projects/{name}") for name in (MINE, THEIRS))
    async with running(config) as (_, caller):
        calls = [caller.jobs.ListJobs(listing, metadata=one) for _ in range(12)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert 5 <= sum(isinstance(answer, job_pb2.ListJobsResponse) for answer in answers) <= 7
        info, retry_s, _ = details(await refusal(caller.jobs.ListJobs(listing, metadata=one)))
        assert (info["quota"], info["limit"]) == ("requests_per_minute", "5")
        assert 0 < retry_s <= 12
        await caller.jobs.ListJobs(listing, metadata=other)
        await caller.jobs.ListJobs(elsewhere, metadata=one)
    store.close()


async def test_uploads_older_than_a_day_are_forgotten(config: GatewayConfig, store: Store) -> None:
    blobs = AssetStore(config.assets)
    [opening] = [method for method in methods() if method.name == "CreateUpload"]
    async with running(config) as (_, caller):
        opened = await caller.assets.CreateUpload(request_for(opening, MINE))  # type: ignore[arg-type]
        upload_id = opened.upload.rpartition("/")[2]
        begun = store.uploads.get(upload_id).created_at
        assert Sweep(store, blobs, lambda: begun + MOST_AGE_US).once() == 0
        assert blobs.committed(upload_id) == 0
        assert Sweep(store, blobs, lambda: begun + MOST_AGE_US + 1).once() == 1
        status = await refusal(caller.assets.GetUpload(asset_pb2.GetUploadRequest(upload=opened.upload)))
        assert status.code == code_pb2.NOT_FOUND
        with pytest.raises(NotFound):
            blobs.committed(upload_id)
    store.close()
