"""Long calls end soon after their caller may be here no more."""

import asyncio
import time
from dataclasses import replace
from typing import Any

import google_crc32c
import grpc
import pytest
from google.rpc import code_pb2

from kinoform.gateway.config import GatewayConfig
from kinoform.store.keys import Role
from kinoform.store.open import open_store
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.job.v1 import job_pb2
from tests.gateway.access_peer import MINE, bearer, key_for
from tests.gateway.gateway_peer import PARENT, asked, refusal, running, until
from tests.gateway.scripted_engine import Script, ScriptedEngine


@pytest.fixture
def quick(config: GatewayConfig) -> GatewayConfig:
    return replace(config, access=replace(config.access, recheck_s=0.05, fresh_s=0.02))


async def test_a_watch_ends_when_its_key_is_revoked(quick: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=2)]
    store = open_store(quick.database)
    record, key = store.keys.create([MINE], Role.MEMBER, now=1)
    other = bearer(key_for(store, MINE))
    async with running(quick) as (_, caller):
        job = (await caller.videos.GenerateVideo(asked(), metadata=bearer(key))).job
        await until(engine.holding)
        watch = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=job.name), metadata=bearer(key))
        staying = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=job.name), metadata=other)
        waiting = job_pb2.WaitJobRequest(name=job.name)
        waiting.timeout.seconds = 60
        wait = asyncio.create_task(refusal(caller.jobs.WaitJob(waiting, metadata=bearer(key))))
        store.keys.revoke(record.id, now=time.time_ns() // 1000)
        assert (await refusal(watch)).code == code_pb2.UNAUTHENTICATED
        assert (await wait).code == code_pb2.UNAUTHENTICATED
        engine.go.set()
        # Nobody else is disturbed, and neither is the job.
        assert [event async for event in staying][-1].event.state_changed.state == job_pb2.Job.STATE_SUCCEEDED
    store.close()


async def test_a_watch_ends_when_its_key_expires(quick: GatewayConfig, engine: ScriptedEngine) -> None:
    engine.scripts = [Script(holds_at=2)]
    store = open_store(quick.database)
    key = key_for(store, MINE, expires_at=time.time_ns() // 1000 + 2_000_000)
    async with running(quick) as (_, caller):
        job = (await caller.videos.GenerateVideo(asked(), metadata=bearer(key))).job
        watch = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=job.name), metadata=bearer(key))
        assert (await refusal(watch)).code == code_pb2.UNAUTHENTICATED
    store.close()


async def test_an_upload_stops_when_its_key_is_revoked(quick: GatewayConfig) -> None:
    store = open_store(quick.database)
    record, key = store.keys.create([MINE], Role.MEMBER, now=1)
    opening = asset_pb2.CreateUploadRequest(
        parent=PARENT, request_id=asked().request_id, media_type="image/png", size_bytes=4096, sha256="0" * 64
    )
    async with running(quick) as (_, caller):
        opened = await caller.assets.CreateUpload(opening, metadata=bearer(key))
        call = caller.assets.UploadAsset(metadata=bearer(key))
        await call.write(_chunk(opened.upload, 0))
        store.keys.revoke(record.id, now=2)
        with pytest.raises((grpc.aio.AioRpcError, asyncio.InvalidStateError)):
            await _go_on(call, opened.upload)
        assert (await call.code()).value[0] == code_pb2.UNAUTHENTICATED
    store.close()


async def _go_on(call: "grpc.aio.StreamUnaryCall[asset_pb2.UploadAssetRequest, Any]", upload: str) -> None:
    for place in range(1, 4096):
        await call.write(_chunk(upload, place))
        await asyncio.sleep(0.01)


def _chunk(upload: str, offset: int) -> asset_pb2.UploadAssetRequest:
    chunk = asset_pb2.Chunk(offset=offset, data=b"x", crc32c=google_crc32c.value(b"x"))
    return asset_pb2.UploadAssetRequest(upload=upload, chunk=chunk)
