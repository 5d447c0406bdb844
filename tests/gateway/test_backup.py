"""`kinoform admin backup`, as operators type it, of a suite at work."""

import asyncio
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from kinoform.gateway.admin.__main__ import main
from kinoform.gateway.config import GatewayConfig
from kinoform.store.assets import AssetStore
from kinoform.store.open import open_store
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.job.v1 import job_pb2
from tests.gateway import gateway_peer
from tests.gateway.gateway_peer import Caller, running
from tests.gateway.scripted_engine import Script, ScriptedEngine, made_of

Job = job_pb2.Job


async def done(*arguments: str | Path) -> int:
    """A command's exit status, got beside what runs here."""
    return await asyncio.to_thread(main, [str(each) for each in arguments])


async def downloaded(caller: Caller, job: Job) -> dict[str, bytes]:
    """The job's outputs as a caller gets them."""
    found = {}
    for output in job.outputs:
        call = caller.assets.DownloadAsset(asset_pb2.DownloadAssetRequest(name=output.asset))
        found[output.role] = b"".join([response.chunk.data async for response in call])
    return found


async def saved(caller: Caller, name: str) -> None:
    """Returns once a checkpoint of the job is stored."""
    call = caller.jobs.WatchJob(job_pb2.WatchJobRequest(name=name))
    while not (await call.read()).event.HasField("checkpoint_saved"):
        pass
    call.cancel()


async def test_a_suite_at_work_is_backed_up_and_another_ends_its_jobs_in_the_same_bytes(
    config: GatewayConfig, engine: ScriptedEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere, backup = tmp_path / "elsewhere", tmp_path / "backup"
    elsewhere.mkdir()
    engine.scripts = [Script(), Script(holds_at=5, checkpoint_every=3)]
    async with running(replace(config, max_running=1)) as (_, caller):
        ended = await caller.ended((await caller.submit()).name)
        at_work = (await caller.submit()).name
        waiting = (await caller.submit()).name
        await saved(caller, at_work)
        await caller.reaches(at_work, 5)
        assert await done("backup", "create", backup, "--data", tmp_path) == 0
        engine.go.set()
        undisturbed = [await downloaded(caller, await caller.ended(name)) for name in (ended.name, at_work, waiting)]
        log = await caller.watch(ended.name)

    assert await done("backup", "verify", backup) == 0
    assert await done("backup", "restore", backup, "--data", elsewhere) == 0
    other = ScriptedEngine(AssetStore(str(elsewhere / "assets")))
    async with running(gateway_peer.config(elsewhere, await other.serve())) as (_, caller):
        jobs = [await caller.ended(name) for name in (ended.name, at_work, waiting)]
        assert [await downloaded(caller, job) for job in jobs] == undisturbed
        assert jobs[0] == ended
        assert await caller.watch(ended.name) == log
    await other.stop()
    assert [(job.state, job.attempt) for job in jobs] == [(Job.STATE_SUCCEEDED, attempt) for attempt in (1, 2, 1)]
    assert undisturbed[1] == {role: made_of(jobs[1].request, role) for role in ("video", "poster")}
    assert {start.job: start.HasField("checkpoint") for start in other.starts} == {at_work: True, waiting: False}
    (dump,) = (backup / "dumps").iterdir()
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith((dump.name, "audit="))]
    assert len(said) == 4, "each command names the dump, and the last the end of the audit log"


def test_what_was_done_is_audited_without_secrets(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place = "memory://me:secret@audited"
    assert main(["backup", "create", place, "--data", str(tmp_path)]) == 0
    assert main(["backup", "restore", place, "--data", str(elsewhere)]) == 0
    store = open_store(f"sqlite:///{elsewhere / 'jobs.db'}")
    acts = [(entry.act.method, entry.act.outcome, entry.act.resource.split()[0]) for entry in store.audit.entries()]
    store.close()
    assert acts == [
        ("admin backup create", "BEGUN", "memory://audited"),
        ("admin backup restore", "OK", "memory://audited"),
    ]


def test_what_cannot_be_done_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data, backup = ["--data", str(tmp_path)], str(tmp_path / "backup")
    assert main(["backup", "create", backup, *data, "--keep", "0"]) == 2
    assert main(["backup", "verify", backup]) == 3
    assert main(["backup", "create", backup, "--database", f"sqlite:///{tmp_path}/jobs.db"]) == 2
    assert main(["backup", "create", str(tmp_path / "assets"), *data]) == 2
    assert main(["backup", "create", backup, *data]) == 0
    assert main(["backup", "create", backup, *data, "--keep", "1"]) == 0
    assert main(["backup", "restore", backup, *data]) == 3
    (path,) = Path(backup).rglob("jobs.jsonl.gz")
    path.write_bytes(b"")
    assert main(["backup", "verify", backup]) == 4
    trouble = capsys.readouterr().err
    for said in (
        "--keep must be 1 or more, got '0'",
        f"a complete dump in file://{backup} does not exist",
        "--assets must be given beside --database",
        "a backup must lie elsewhere than the asset store",
        "a backup is restored into empty stores only; here are ",
        "/jobs.jsonl.gz: its SHA-256 is not ",
    ):
        assert said in trouble
    assert not [each for each in Path(backup).rglob("*") if each.stat().st_mode & 0o077], "nobody else may read it"


async def test_a_damaged_blob_is_named_and_the_rest_saved(
    config: GatewayConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere, backup = tmp_path / "elsewhere", tmp_path / "backup"
    elsewhere.mkdir()
    async with running(config) as (_, caller):
        job = await caller.ended((await caller.submit()).name)
        video, poster = job.outputs
        (path,) = (tmp_path / "assets").rglob(video.sha256)
        path.write_bytes(b"rotten")
        assert await done("backup", "create", backup, "--data", tmp_path, "--keep", "1") == 4
    assert f"left out, with what refers to it: blob {video.sha256}" in capsys.readouterr().err
    assert await done("backup", "restore", backup, "--data", elsewhere) == 0
    async with running(gateway_peer.config(elsewhere, 1)) as (_, caller):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await caller.assets.GetAsset(asset_pb2.GetAssetRequest(name=video.asset))
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
        assert (
            await caller.assets.GetAsset(asset_pb2.GetAssetRequest(name=poster.asset))
        ).asset.sha256 == poster.sha256
