"""What has expired: shown beforehand, refused to new jobs, kept for those that were accepted, then gone for good."""

import asyncio
from dataclasses import replace

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.expiry import Expired, Expiry
from kinoform.gateway.leftovers import Leftovers
from kinoform.gateway.server import Gateway
from kinoform.store.open import open_store
from kinoform.store.retention import SETTLED_US, Terms
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.job.v1 import job_pb2
from tests.gateway import job_requests
from tests.gateway.gateway_peer import PARENT, Caller, asked, bad_fields, refusal, running, until
from tests.gateway.scripted_engine import Script, ScriptedEngine
from tests.gateway.test_conditionings import edges, ready

DAY = 86_400_000_000
SECRET = "a penguin that nobody may know of"


async def expire(config: GatewayConfig, engine: ScriptedEngine, *, at: int) -> Expired:
    """What a sweep deletes at that time, microseconds since 1970."""

    def swept() -> Expired:
        store = open_store(config.database, terms=config.terms)
        try:
            return Expiry(store, Leftovers(store.assets, engine.blobs), lambda: at).once()
        finally:
            store.close()

    return await asyncio.to_thread(swept)


async def asset(caller: Caller, name: str) -> asset_pb2.Asset:
    return (await caller.assets.GetAsset(asset_pb2.GetAssetRequest(name=name))).asset


async def test_jobs_and_files_say_when_they_go_and_go_then(config: GatewayConfig, engine: ScriptedEngine) -> None:
    config = replace(config, terms=Terms(files=2 * DAY, jobs=DAY))
    async with running(config) as (_, caller):
        made = await caller.ended((await caller.submit(asked(SECRET))).name)
        end = made.end_time.ToMicroseconds()
        assert made.expire_time.ToMicroseconds() == end + DAY
        [listed] = await caller.all_jobs()
        assert listed.expire_time == made.expire_time
        files = (await caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=PARENT))).assets
        assert files
        for file in files:
            assert file == await asset(caller, file.name)
            assert file.expire_time.ToMicroseconds() == file.create_time.ToMicroseconds() + 2 * DAY
        assert await expire(config, engine, at=end + DAY + SETTLED_US - 1) == (0, 0)
        assert await expire(config, engine, at=end + DAY + SETTLED_US) == (1, 0)
        assert await caller.all_jobs() == []
        assert all(engine.blobs.exists(file.sha256) for file in files)
        assert await expire(config, engine, at=end + 2 * DAY + SETTLED_US) == (0, len(files))
        assert not (await caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=PARENT))).assets
        assert list(engine.blobs.blobs()) == []


async def test_what_has_expired_is_given_to_no_new_job_and_kept_for_the_accepted_one(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    async with running(config) as (_, caller):
        picture = await caller.keep(job_requests.picture(), "image/png")
        handle = await ready(caller, edges())
        engine.scripts = [Script(holds_at=2), Script(holds_at=2)]
        jobs = []
        for field, name in (("asset", picture), ("conditioning", handle.name)):
            request = job_requests.clip()
            setattr(request.spec.image, field, name)
            jobs.append(await caller.make(request))
        await until(engine.holding)
        config = replace(config, terms=Terms(files=1, jobs=1))
        later = (await caller.get(handle.job)).end_time.ToMicroseconds() + 9 * DAY
        inputs = (await caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=PARENT))).assets
        kept = {picture, *(output.asset for output in handle.outputs)}
        gone = {file.name for file in inputs if not file.job} - kept
        assert await expire(config, engine, at=later) == (0, len(gone)), "only what the conditioning was made of"
        async with running(config) as (_, other):
            for field, name in (("asset", picture), ("conditioning", handle.name)):
                request = job_requests.clip()
                setattr(request.spec.image, field, name)
                assert bad_fields(await refusal(other.videos.GenerateVideo(request))) == [f"spec.image.{field}"]
        engine.go.set()
        for job in jobs:
            assert (await caller.ended(job.name)).state == job_pb2.Job.STATE_SUCCEEDED
        assert (await expire(config, engine, at=later)).jobs == 3
        assert list(engine.blobs.blobs()) == []


async def test_a_picture_that_is_sent_again_is_as_young_as_a_new_one(
    config: GatewayConfig, engine: ScriptedEngine
) -> None:
    config = replace(config, terms=Terms(files=DAY))
    request = job_requests.clip()
    request.spec.image.inline = job_requests.picture()
    async with running(config) as (_, caller):
        await caller.ended((await caller.make(request)).name)
        [first] = [file for file in await _files(caller) if not file.job]
        again = job_requests.clip()
        again.spec.image.inline = job_requests.picture()
        await caller.ended((await caller.make(again)).name)
        [second] = [file for file in await _files(caller) if not file.job]
        assert second.name == first.name
        assert second.expire_time.ToMicroseconds() > first.expire_time.ToMicroseconds()


async def test_a_job_deleted_with_its_assets_leaves_no_byte(
    running: tuple[Gateway, Caller], engine: ScriptedEngine
) -> None:
    _, caller = running
    kept, gone = [await caller.ended((await caller.submit(asked(text))).name) for text in ("a frog", SECRET)]
    await caller.jobs.DeleteJob(job_pb2.DeleteJobRequest(name=kept.name))
    assert all([await asset(caller, output.asset) for output in kept.outputs])
    await caller.jobs.DeleteJob(job_pb2.DeleteJobRequest(name=gone.name, assets=True))
    left = await _files(caller)
    assert {file.job for file in left} == {kept.name}
    assert {blob.sha256 for blob in engine.blobs.blobs()} == {file.sha256 for file in left}


async def _files(caller: Caller) -> list[asset_pb2.Asset]:
    return list((await caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=PARENT))).assets)
