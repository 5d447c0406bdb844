"""What the gateway writes to the audit log, and that nothing is changed without it."""

import asyncio
from collections import Counter

import pytest
import sqlalchemy as sa
from google.rpc import code_pb2

from kinoform.gateway.access.rules import RULES
from kinoform.gateway.config import GatewayConfig
from kinoform.store.audit import Act
from kinoform.store.keys import Role
from kinoform.store.open import Store, open_store
from kinoform.store.records import JobState
from kinoform_proto.job.v1 import job_pb2
from tests.gateway.access_peer import MINE, AnyCaller, bearer, key_for, methods, request_for
from tests.gateway.gateway_peer import PARENT, asked, reason, refusal, running

MARK = "mandrake"


@pytest.fixture
def store(config: GatewayConfig) -> Store:
    return open_store(config.database)


def acts(store: Store, method: str = "") -> list[Act]:
    return [entry.act for entry in store.audit.entries() if entry.act.method.endswith(method)]


async def written(store: Store, method: str, count: int) -> None:
    while len(acts(store, method)) < count:  # noqa: ASYNC110 - the log wakes nobody
        await asyncio.sleep(0.01)


def lock_out(store: Store) -> None:
    """From now on the audit log can't be written."""
    with store.database.write() as transaction:
        transaction.connection.execute(sa.text("ALTER TABLE audit_head RENAME TO gone"))


async def test_a_change_is_written_before_and_after(config: GatewayConfig, store: Store) -> None:
    record, key = store.keys.create([MINE], Role.MEMBER, label="ada", now=1)
    request = asked(f"a penguin {MARK}")
    request.spec.prompt.negative, request.labels["shot"] = MARK, MARK
    async with running(config) as (_, caller):
        await caller.videos.GenerateVideo(request, metadata=bearer(key))
    begun, ended = acts(store)
    assert (begun.outcome, ended.outcome) == ("BEGUN", "OK")
    assert begun.intent == ended.intent != ""
    for act in (begun, ended):
        assert (act.principal, act.key_id) == (f"key:{record.id}", record.id)
        assert act.method == "/kinoform.video.v1.VideoService/GenerateVideo"
        assert (act.resource, act.request_id) == (PARENT, request.request_id)
        assert act.peer.startswith("ipv4:127.0.0.1:")
    assert store.audit.verify().sequence == 2
    assert MARK not in "".join(entry.to_json() for entry in store.audit.entries())
    assert key not in "".join(entry.to_json() for entry in store.audit.entries())
    store.close()


async def test_every_change_is_written_and_no_reading_is(config: GatewayConfig, store: Store) -> None:
    shown = bearer(key_for(store, MINE))
    async with running(config) as (_, caller):
        for each in methods():
            await AnyCaller(caller.channel).code(each, request_for(each, MINE), shown)
    changes = {path for path, rule in RULES.items() if rule.mutates}
    assert Counter(act.method for act in acts(store) if act.outcome == "BEGUN") == dict.fromkeys(changes, 1)
    assert Counter(act.method for act in acts(store) if act.outcome != "BEGUN") == dict.fromkeys(changes, 1)
    assert {act.outcome for act in acts(store, "/DeleteJob")} == {"BEGUN", "NOT_FOUND"}
    store.close()


async def test_refused_calls_are_written_too(config: GatewayConfig, store: Store) -> None:
    viewer = bearer(key_for(store, MINE, role=Role.VIEWER))
    async with running(config) as (_, caller):
        await refusal(caller.videos.GenerateVideo(asked()))
        await refusal(caller.videos.GenerateVideo(asked(), metadata=viewer))
        await refusal(caller.jobs.ListJobs(job_pb2.ListJobsRequest(parent="projects/x"), metadata=viewer))
        await refusal(caller.jobs.GetJob(job_pb2.GetJobRequest(name=f"projects/{MARK} {MARK}"), metadata=viewer))
    assert [act.outcome for act in acts(store)] == ["UNAUTHENTICATED", *["PERMISSION_DENIED"] * 3]
    assert [act.resource for act in acts(store)] == ["", "", "projects/x", ""]
    store.close()


async def test_an_attacker_cannot_fill_the_log(config: GatewayConfig, store: Store) -> None:
    key = key_for(store, MINE)
    async with running(config) as (_, caller):
        listing = job_pb2.ListJobsRequest(parent=PARENT)
        for _ in range(20):
            await asyncio.gather(*(refusal(caller.jobs.ListJobs(listing)) for _ in range(10)))
        await caller.videos.GenerateVideo(asked(), metadata=bearer(key))
    refused = [act for act in acts(store) if act.outcome == "UNAUTHENTICATED"]
    assert len(refused) < 60
    # None is forgotten: those that were not written are counted in the next entry.
    assert len(refused) + sum(act.suppressed for act in acts(store)) == 200
    assert acts(store)[-2].outcome == "BEGUN"
    store.close()


async def test_nothing_is_changed_when_it_cannot_be_written(config: GatewayConfig, store: Store) -> None:
    key = bearer(key_for(store, MINE))
    async with running(config) as (_, caller):
        job = (await caller.videos.GenerateVideo(asked(), metadata=key)).job
        lock_out(store)
        status = await refusal(caller.videos.GenerateVideo(asked(), metadata=key))
        assert (status.code, reason(status)) == (code_pb2.UNAVAILABLE, "AUDIT_UNWRITTEN")
        assert store.jobs.count(*JobState, project=MINE) == 1
        await caller.jobs.GetJob(job_pb2.GetJobRequest(name=job.name), metadata=key)
    store.close()


async def test_many_changes_at_once_make_one_chain(config: GatewayConfig, store: Store) -> None:
    async with running(config) as (_, one), running(config) as (_, other):
        await asyncio.gather(*((one, other)[place % 2].submit() for place in range(40)))
    assert len(acts(store)) == 80
    assert store.audit.verify().sequence == 80
    store.close()


async def test_a_call_whose_caller_left_is_written_to_its_end(config: GatewayConfig, store: Store) -> None:
    async with running(config) as (_, caller):
        call = caller.assets.UploadAsset()
        [upload] = [method for method in methods() if method.name == "UploadAsset"]
        [opening] = [method for method in methods() if method.name == "CreateUpload"]
        opened = await caller.assets.CreateUpload(request_for(opening, MINE))  # type: ignore[arg-type]
        chunk = request_for(upload, MINE)
        chunk.upload, chunk.chunk.data = opened.upload, b"x"  # type: ignore[attr-defined]
        await call.write(chunk)  # type: ignore[arg-type]
        async with asyncio.timeout(60):
            await written(store, "/UploadAsset", 1)
            call.cancel()
            await written(store, "/UploadAsset", 2)
    assert [act.outcome for act in acts(store, "/UploadAsset")] == ["BEGUN", "CANCELLED"]
    store.close()
