"""`kinoform admin`, as operators type it, beside a gateway that runs."""

import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from kinoform.gateway.admin.__main__ import main
from kinoform.gateway.config import GatewayConfig
from kinoform.store.assets import AssetStore
from kinoform.store.open import open_store
from kinoform.store.records import AssetRecord
from kinoform.store.tenancy_schema import audit
from kinoform_client.cli.admin import admin_command
from kinoform_client.errors import MissingDependencyError
from kinoform_proto.job.v1 import job_pb2
from tests.gateway.access_peer import bearer
from tests.gateway.gateway_peer import PARENT, reason, refusal, running
from tests.gateway.scripted_engine import ScriptedEngine

LISTING = job_pb2.ListJobsRequest(parent=PARENT)


def admin(*arguments: str, data: Path) -> tuple[int, str, str]:
    """Exit status, stdout, stderr of what `kinoform admin` hands over to."""
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as trouble:
        try:
            status = main([*arguments, "--data", str(data)])
        except SystemExit as left:  # a command line that can't be read
            status = int(str(left.code))
    return status, out.getvalue().strip(), trouble.getvalue().strip()


def done(*arguments: str, data: Path) -> str:
    """What a command prints, which must succeed."""
    status, out, trouble = admin(*arguments, data=data)
    assert status == 0, trouble
    return out


async def test_a_key_is_made_rotated_and_revoked(config: GatewayConfig, tmp_path: Path) -> None:
    config = replace(config, access=replace(config.access, fresh_s=0.0))
    async with running(config) as (_, caller):
        key = done("key", "create", "--project", "default", "--label", "a farm", data=tmp_path)
        await caller.jobs.ListJobs(LISTING, metadata=bearer(key))
        key_id = key.split("_")[1]
        newer = done("key", "rotate", key_id, data=tmp_path)
        for each in (key, newer):
            await caller.jobs.ListJobs(LISTING, metadata=bearer(each))
        newest = done("key", "rotate", key_id, "--grace-hours", "0", data=tmp_path)
        for each in (key, newer):
            assert reason(await refusal(caller.jobs.ListJobs(LISTING, metadata=bearer(each)))) == "API_KEY_INVALID"
        await caller.jobs.ListJobs(LISTING, metadata=bearer(newest))
        done("key", "revoke", key_id, data=tmp_path)
        assert reason(await refusal(caller.jobs.ListJobs(LISTING, metadata=bearer(newest)))) == "API_KEY_INVALID"
    listed = done("key", "list", "--json", data=tmp_path)
    shown = json.loads(listed)
    assert (shown["id"], shown["state"], shown["projects"], shown["label"]) == (key_id, "revoked", "default", "a farm")
    assert not any(each.split("_", 2)[2] in listed for each in (key, newer, newest))


async def test_a_limit_counts_from_now_on(config: GatewayConfig, tmp_path: Path) -> None:
    config = replace(config, access=replace(config.access, fresh_s=0.0))
    async with running(config) as (_, caller):
        await caller.jobs.ListJobs(LISTING)
        done("quota", "set", "default", "--requests-per-minute", "0", "--queued-jobs", "7", data=tmp_path)
        assert reason(await refusal(caller.jobs.ListJobs(LISTING))) == "QUOTA_EXCEEDED"
    listed = done("quota", "list", data=tmp_path)
    assert listed.split() == [
        "default",
        "queued_jobs=0/7",
        "compute_seconds_per_day=0/default",
        "storage_bytes=0/default",
        "requests_per_minute=-/0",
    ]


def test_the_audit_log_is_exported_and_what_was_done_to_it_found(tmp_path: Path) -> None:
    key = admin("key", "create", "--project", "p", data=tmp_path)[1]
    status, head, _ = admin("audit", "verify", data=tmp_path)
    assert (status, head.split(":")[0]) == (0, "2")
    admin("key", "revoke", key.split("_")[1], data=tmp_path)
    lines = [json.loads(line) for line in admin("audit", "export", data=tmp_path)[1].splitlines()]
    assert [(line["sequence"], line["method"], line["outcome"]) for line in lines] == [
        (1, "admin key create", "BEGUN"),
        (2, "admin key create", "OK"),
        (3, "admin key revoke", "BEGUN"),
        (4, "admin key revoke", "OK"),
    ]
    assert all(line["principal"].startswith("operator:") for line in lines)
    assert admin("audit", "verify", "--anchor", head, data=tmp_path)[0] == 0
    assert admin("audit", "verify", "--anchor", f"2:{'0' * 64}", data=tmp_path)[0] == 4
    store = open_store(f"sqlite:///{tmp_path / 'jobs.db'}")
    with store.database.write() as transaction:
        transaction.connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        transaction.connection.execute(sa.update(audit).where(audit.c.sequence == 2).values(outcome="NOT_FOUND"))
    store.close()
    status, out, trouble = admin("audit", "verify", data=tmp_path)
    assert (status, out, trouble) == (4, "", "kinoform admin: audit entry 2: was changed")


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("key", "create", "--project", "P"), 2, "project must be 1 to 63 of a-z, 0-9 and -, or *, got 'P'"),
        (("key", "create", "--project", "*", "--project", "p"), 2, "project must be one or more projects, or * alone"),
        (("key", "create", "--project", "p", "--expires-in-days", "0"), 2, "--expires-in-days must be above 0"),
        (("key", "create", "--project", "p", "--role", "root"), 2, "invalid choice: 'root'"),
        (("key", "revoke", "nobody"), 3, "key nobody does not exist"),
        (("key", "rotate", "nobody", "--grace-hours", "-1"), 2, "--grace-hours must be 0 to 2160, got '-1.0'"),
        (("quota", "set", "p/q"), 2, "PROJECT must be 1 to 63 of a-z, 0-9 and -, got 'p/q'"),
        (("quota", "set", "p", "--storage-bytes", "-1"), 2, "storage_bytes must be 0 or more, got -1"),
        (("retention", "set", "p", "--keep-files-days", "0"), 2, "--keep-files-days must be above 0 and at most 36500"),
        (("project", "delete", "p"), 2, "--yes must be given to delete all of projects/p"),
        (("audit", "verify", "--anchor", "1"), 2, "--anchor must be SEQUENCE:HASH"),
    ],
)
def test_a_bad_argument_is_named(tmp_path: Path, arguments: tuple[str, ...], status: int, says: str) -> None:
    found, out, trouble = admin(*arguments, data=tmp_path)
    assert (found, out) == (status, "")
    assert says in trouble


def test_a_slip_in_the_folder_makes_no_new_store(tmp_path: Path) -> None:
    status, _, trouble = admin("key", "list", data=tmp_path / "slip")
    assert (status, (tmp_path / "slip").exists()) == (2, False)
    assert "--data must be a folder that exists" in trouble


def test_the_clients_command_line_hands_over(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kinoform_client", "admin"]
    for given, status, says in ((["audit", "verify"], 0, "0:" + "0" * 64), (["key", "revoke", "x"], 3, "")):
        done = subprocess.run([*command, *given, "--data", str(tmp_path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout.strip()) == (status, says if status == 0 else "")
    assert done.stderr.strip() == "kinoform admin: key x does not exist"


async def test_a_project_expires_by_its_terms_and_is_erased_on_demand(
    config: GatewayConfig, engine: ScriptedEngine, tmp_path: Path
) -> None:
    done("retention", "set", "default", "--keep-jobs-days", "30", data=tmp_path)
    assert done("retention", "list", data=tmp_path) == "default  files=default  jobs=30 days"
    async with running(config) as (_, caller):
        first = await caller.ended((await caller.submit()).name)
        assert first.expire_time.ToSeconds() == first.end_time.ToSeconds() + 30 * 86_400
    assert done("retention", "apply", data=tmp_path) == "jobs=0  files=0"
    status, _, trouble = admin("project", "delete", "default", data=tmp_path)
    assert (status, "--yes must be given" in trouble) == (2, True)
    erased = done("project", "delete", "default", "--yes", data=tmp_path)
    assert erased.startswith("jobs=1  assets=")
    assert list(engine.blobs.blobs()) == []
    assert done("retention", "list", data=tmp_path) == ""
    assert done("audit", "verify", data=tmp_path)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MissingDependencyError, match="kinoform\\[serve\\]"):
        admin_command(["key", "list"], find=lambda name: None)


async def test_what_projects_hold_is_counted_and_what_nobody_holds_is_swept(tmp_path: Path) -> None:
    store, blobs = open_store(f"sqlite:///{tmp_path / 'jobs.db'}"), AssetStore(str(tmp_path / "assets"))
    held, orphan = blobs.put_bytes(b"held", "x/y"), blobs.put_bytes(b"orphan", "x/y")
    record = AssetRecord(
        name="projects/film/assets/a", project="film", sha256=held.sha256, size=4, media_type="x/y", created_at=1
    )
    store.assets.create(record)
    store.close()
    assert done("storage", "list", data=tmp_path) == "film  assets=1  bytes=4"
    assert done("storage", "sweep", data=tmp_path) == "blobs=0  bytes=0"
    assert done("storage", "sweep", "--older-than-h", "0", data=tmp_path) == "blobs=1  bytes=6"
    assert (blobs.exists(held.sha256), blobs.exists(orphan.sha256)) == (True, False)
    status, _, trouble = admin("storage", "sweep", "--older-than-h", "nan", data=tmp_path)
    assert (status, "--older-than-h must be 0 or more" in trouble) == (2, True)
