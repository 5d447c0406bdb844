"""What a backup brings back is what was there, or it is refused and says why."""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
import sqlalchemy as sa

from kinoform.store.assets import AssetStore
from kinoform.store.audit import Act
from kinoform.store.backup.create import Created, create
from kinoform.store.backup.place import Place
from kinoform.store.backup.prune import prune
from kinoform.store.backup.restore import restore, verify
from kinoform.store.backup.tables import TABLES, head
from kinoform.store.errors import BackupDamaged, NotEmpty, NotFound, OtherVersion, StoreUnavailable
from kinoform.store.keys import Role
from kinoform.store.open import Store, open_store
from kinoform.store.quotas import Limits
from kinoform.store.records import AssetRecord, JobState, JobUpdate, UploadRecord
from kinoform.store.retention import Terms
from kinoform.store.schema import events, jobs
from tests.store.samples import SECOND, lease, name_of, news, queued, submission, submit

NOW = 1_800_000_000_000_001
"""So that a name is wrong if microseconds are rounded."""
NAME = "20270115T080000.000001Z"


@dataclass(frozen=True)
class Suite:
    """Both stores."""

    store: Store
    blobs: AssetStore

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """Of every table that is backed up."""
        with self.store.database.read() as connection:
            return {
                table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
                for table in TABLES
            }

    def keep(self, name: str, data: bytes) -> str:
        """An asset's SHA-256."""
        blob = self.blobs.put_bytes(data, "x/y")
        record = AssetRecord(
            name=f"projects/p/assets/{name}",
            project="p",
            sha256=blob.sha256,
            size=blob.size,
            media_type="x/y",
            created_at=1,
            labels={"shot": "7 \u0000 \u2028 ü"},
        )
        self.store.assets.create(record)
        return blob.sha256

    def held(self) -> dict[str, bytes]:
        return {blob.sha256: self.blobs.read(blob.sha256) for blob in self.blobs.blobs()}


@contextmanager
def opened(url: str, blobs: str) -> Iterator[Suite]:
    store = open_store(url)
    try:
        yield Suite(store, AssetStore(blobs))
    finally:
        store.close()


def filled(store: Store, folder: Path) -> Suite:
    """Something in every table: jobs in every state that matters, a fork, and blobs of every kind."""
    suite = Suite(store, AssetStore(str(folder / "assets")))
    submit(store, 1, 2, 3)
    ended, running = lease(store), lease(store)
    checkpoint, kept = (suite.blobs.put_bytes(data, "x/y").sha256 for data in (b"state 2", b"state 1"))
    store.leases.save_checkpoint(running.lease, kept, step=1, now=5, kept=True)
    store.leases.save_checkpoint(running.lease, checkpoint, step=2, now=6)
    suite.keep("output", b"output" * 99)
    store.leases.append_event(ended.lease, news, now=7, update=JobUpdate(state=JobState.SUCCEEDED))
    fork = replace(submission(4), parent=running.record.name, origin_step=1)
    store.jobs.create(fork, [queued], origin=store.kept.get(running.record.name, 1))
    store.keys.create(["p"], Role.MEMBER, label="eine Farm", now=8)
    store.quotas.set("p", Limits(queued_jobs=9))
    store.retention.set("p", Terms(files=86_400_000_000))
    store.audit.append([Act(at=9, principal="key:x", method="m", resource="projects/p", outcome="OK")])
    store.uploads.create(UploadRecord(id="half", project="p", media_type="x/y", created_at=1))
    return suite


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    """Stores to back up."""
    with opened(f"sqlite:///{tmp_path}/jobs.db", str(tmp_path / "assets")) as suite:
        yield filled(suite.store, tmp_path)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(str(tmp_path / "backup"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Suite]:
    """Empty stores to restore into."""
    with opened(f"sqlite:///{tmp_path}/fresh/jobs.db", str(tmp_path / "fresh" / "assets")) as suite:
        yield suite


def backed_up(suite: Suite, place: Place, *, now: int = NOW) -> Created:
    return create(suite.store, suite.blobs, place, now=now)


def file_of(folder: Path, name: str) -> Path:
    (found,) = folder.rglob(name)
    return found


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_every_row_and_blob_comes_back(store: Store, place: Place, fresh: Suite, tmp_path: Path) -> None:
    suite = filled(store, tmp_path)
    orphan = suite.blobs.put_bytes(b"orphan", "x/y").sha256
    rows, blobs = suite.rows(), suite.held()
    assert all(rows.values()), "no table is left untried"
    made = backed_up(suite, place)
    assert (made.manifest.name, made.blobs, made.new, made.damaged) == (NAME, 3, 3, ())
    assert verify(place).blobs == 3
    restore(place, fresh.store, fresh.blobs, now=NOW)
    assert fresh.rows() == rows
    assert fresh.held() == {sha256: data for sha256, data in blobs.items() if sha256 != orphan}
    assert fresh.store.audit.verify() == suite.store.audit.head()
    with pytest.raises(NotFound):
        fresh.store.uploads.get("half")


def test_a_backup_moves_from_sqlite_to_postgresql_and_back(tmp_path: Path, postgres: str, fresh: Suite) -> None:
    first, second = Place(f"memory://{uuid.uuid4().hex}"), Place(str(tmp_path / "second"))
    with opened(f"sqlite:///{tmp_path}/jobs.db", str(tmp_path / "assets")) as source:
        filled(source.store, tmp_path)
        rows, blobs = source.rows(), source.held()
        backed_up(source, first)
    with opened(postgres, str(tmp_path / "assets of postgresql")) as moved:
        restore(first, moved.store, moved.blobs, now=NOW)
        assert moved.rows() == rows
        moved.store.audit.verify()
        lease(moved.store, now=NOW)  # the ids of runs go on above those that came
        backed_up(moved, second)
        at_work = moved.rows()
    restore(second, fresh.store, fresh.blobs, now=NOW + 99 * SECOND)
    assert (fresh.rows(), fresh.held()) == (at_work, blobs)


def test_a_dump_shows_one_state(store: Store) -> None:
    submit(store, 1)
    tables = (jobs, events)
    with store.database.snapshot() as connection:
        before = [connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables]
        submit(store, 2)
        after = [connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one() for table in tables]
    assert before == after == [1, 1]


def test_what_ran_runs_on_at_once(suite: Suite, place: Place, fresh: Suite) -> None:
    suite.store.leases.renew(suite_lease := lease(suite.store).lease, now=NOW, ttl=3600 * SECOND)
    backed_up(suite, place)
    restore(place, fresh.store, fresh.blobs, now=NOW - 3600 * SECOND)  # on a machine whose clock is behind
    claims = [lease(fresh.store, now=NOW - 3600 * SECOND) for _ in range(3)]
    assert {claim.record.name for claim in claims} >= {suite_lease.job, name_of(2)}
    (again,) = (claim for claim in claims if claim.record.name == name_of(2))
    assert (again.lease.attempt, again.checkpoint and fresh.blobs.read(again.checkpoint.sha256)) == (2, b"state 2")


def test_a_second_backup_copies_what_is_new_alone(suite: Suite, place: Place, fresh: Suite) -> None:
    backed_up(suite, place)
    suite.keep("another", b"another")
    made = backed_up(suite, place, now=NOW + 1)
    assert (made.blobs, made.new, made.new_bytes) == (4, 1, 7)
    restore(place, fresh.store, fresh.blobs, now=NOW, dump=NAME)
    assert len(fresh.rows()["assets"]) == 1, "older dumps stay what they were"


def test_equal_stores_make_equal_dumps(suite: Suite, place: Place) -> None:
    one, other = backed_up(suite, place), backed_up(suite, place, now=NOW + 1)
    assert one.manifest.tables == other.manifest.tables


def test_old_dumps_and_their_blobs_are_dropped(suite: Suite, place: Place, tmp_path: Path) -> None:
    backed_up(suite, place)
    suite.store.assets.delete("projects/p/assets/output")
    for number in (1, 2):
        backed_up(suite, place, now=NOW + number)
    file_of(tmp_path / "backup" / "dumps" / NAME.replace("1Z", "2Z"), "manifest.json").unlink()  # it was killed
    assert prune(place, keep=2).blobs == 0
    assert place.begun() == [NAME, NAME.replace("1Z", "3Z")]
    assert prune(place, keep=1).bytes == len(b"output" * 99)
    assert verify(place).blobs == 2


def test_nothing_is_dropped_beside_a_dump_that_cannot_be_read(suite: Suite, place: Place, tmp_path: Path) -> None:
    for number in (0, 1, 2):
        backed_up(suite, place, now=NOW + number)
    file_of(tmp_path / "backup" / "dumps" / NAME.replace("1Z", "2Z"), "assets.jsonl.gz").write_bytes(b"")
    before = place.begun(), {blob.sha256 for blob in place.blobs.blobs()}
    file_of(tmp_path / "backup" / "dumps" / NAME.replace("1Z", "2Z"), "manifest.json").write_bytes(b"{")
    with pytest.raises(BackupDamaged, match=r"2Z/manifest\.json: "):
        prune(place, keep=2)
    assert (place.begun(), {blob.sha256 for blob in place.blobs.blobs()}) == before


def test_a_changed_table_is_refused(suite: Suite, place: Place, fresh: Suite, tmp_path: Path) -> None:
    backed_up(suite, place)
    for table in TABLES:
        path = file_of(tmp_path / "backup", f"{table.name}.jsonl.gz")
        whole = path.read_bytes()
        flip(path)
        _refused(place, fresh, f"dumps/{NAME}/{table.name}.jsonl.gz: its SHA-256 is not ")
        path.write_bytes(whole)
    verify(place)


def test_a_missing_table_is_refused(suite: Suite, place: Place, fresh: Suite, tmp_path: Path) -> None:
    backed_up(suite, place)
    file_of(tmp_path / "backup", "events.jsonl.gz").unlink()
    _refused(place, fresh, f"dumps/{NAME}/events.jsonl.gz: it is missing")


def test_a_truncated_manifest_is_refused(suite: Suite, place: Place, fresh: Suite, tmp_path: Path) -> None:
    backed_up(suite, place)
    path = file_of(tmp_path / "backup", "manifest.json")
    whole = path.read_bytes()
    for length in (0, 1, len(whole) // 2, len(whole) - 2):
        path.write_bytes(whole[:length])
        _refused(place, fresh, f"dumps/{NAME}/manifest.json: ")
    path.write_text("[1]")
    _refused(place, fresh, f"dumps/{NAME}/manifest.json: ")


def test_a_changed_manifest_is_harmless_or_refused(suite: Suite, place: Place, tmp_path: Path) -> None:
    backed_up(suite, place)
    path = file_of(tmp_path / "backup", "manifest.json")
    whole = path.read_bytes()
    refused = 0
    for spot in range(0, len(whole), 5):
        path.write_bytes(whole[:spot] + bytes([whole[spot] ^ 1]) + whole[spot + 1 :])
        try:
            assert verify(place).blobs == 3
        except BackupDamaged:
            refused += 1
    assert refused > len(whole) // 10


def test_all_bad_blobs_are_named_and_none_of_the_rows_restored(
    suite: Suite, place: Place, fresh: Suite, tmp_path: Path
) -> None:
    backed_up(suite, place)
    changed, missing, _ = sorted(blob.sha256 for blob in place.blobs.blobs())
    flip(file_of(tmp_path / "backup", changed))
    file_of(tmp_path / "backup", missing).unlink()
    _refused(place, fresh, changed, missing)
    backed_up(suite, place, now=NOW + 1)  # brings the missing one again
    file_of(tmp_path / "backup", changed).unlink()
    backed_up(suite, place, now=NOW + 2)
    restore(place, fresh.store, fresh.blobs, now=NOW)  # a restore that was cut off is begun again
    assert (fresh.rows(), fresh.held()) == (suite.rows(), suite.held())


def _refused(place: Place, fresh: Suite, *names: str) -> None:
    for act in (lambda: verify(place), lambda: restore(place, fresh.store, fresh.blobs, now=NOW)):
        with pytest.raises(BackupDamaged) as refused:
            act()
        assert all(name in str(refused.value) for name in names)
    assert not any(rows for table, rows in fresh.rows().items() if table != "audit_head")


def test_stores_that_hold_something_are_left_alone(suite: Suite, place: Place, fresh: Suite, tmp_path: Path) -> None:
    backed_up(suite, place)
    rows = suite.rows()
    with pytest.raises(NotEmpty, match=r"1 rows of assets, 1 rows of audit, 4 rows of jobs, .*, 1 rows of uploads"):
        restore(place, suite.store, fresh.blobs, now=NOW)
    assert suite.rows() == rows
    foreign = fresh.blobs.put_bytes(b"foreign", "x/y").sha256
    with pytest.raises(NotEmpty, match=f"blob {foreign} in file://{tmp_path}/fresh/assets"):
        restore(place, fresh.store, fresh.blobs, now=NOW)
    assert not fresh.rows()["jobs"]
    with pytest.raises(ValueError, match="must lie elsewhere than the asset store"):
        backed_up(suite, Place(str(tmp_path / "assets")))
    with pytest.raises(ValueError, match="must lie elsewhere than the asset store"):
        restore(place, fresh.store, place.blobs, now=NOW)


def test_other_tables_are_refused_and_who_can_read_them_named(
    suite: Suite, place: Place, fresh: Suite, tmp_path: Path
) -> None:
    made = backed_up(suite, place)
    path = file_of(tmp_path / "backup", "manifest.json")
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"revision": "0002", "made_by": "0.2"}))
    with pytest.raises(OtherVersion) as refused:
        restore(place, fresh.store, fresh.blobs, now=NOW)
    assert f"tables of revision 0002, this version's are of {head()}: restore it with Kinoform 0.2" in str(
        refused.value
    )
    assert verify(place).blobs == made.blobs, "any version can tell whether the files are whole"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | {"format": 2}))
    _refused(place, fresh, "its format is 2, this version reads 1")


def test_a_backup_that_broke_off_leaves_the_one_before(
    suite: Suite, place: Place, fresh: Suite, tmp_path: Path
) -> None:
    rows = suite.rows()
    backed_up(suite, place)
    new = suite.keep("another", b"another")
    in_the_way = tmp_path / "backup" / "blobs" / new[:2]
    in_the_way.write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        backed_up(suite, place, now=NOW + 1)
    assert (place.begun(), place.dumps()) == ([NAME, NAME.replace("1Z", "2Z")], [NAME])
    restore(place, fresh.store, fresh.blobs, now=NOW)
    assert fresh.rows() == rows
    in_the_way.unlink()
    assert backed_up(suite, place, now=NOW + 2).new == 1


def test_damaged_blobs_are_told_of_and_the_rest_is_saved(
    suite: Suite, place: Place, fresh: Suite, tmp_path: Path
) -> None:
    rows = suite.rows()
    checkpoint, kept = rows["checkpoints"][0][2], rows["kept_states"][0][2]
    flip(file_of(tmp_path / "assets", checkpoint))
    file_of(tmp_path / "assets", kept).unlink()
    made = backed_up(suite, place)
    assert [any(sha256 in trouble for sha256 in (checkpoint, kept)) for trouble in made.damaged] == [True, True]
    restore(place, fresh.store, fresh.blobs, now=NOW)
    # The fork's own row stays, so that it fails for want of its beginning, rather than begin with noise.
    assert fresh.rows() == rows | {"checkpoints": [], "kept_states": rows["kept_states"][1:]}
    assert rows["kept_states"][1][0] == name_of(4)


def test_what_is_deleted_meanwhile_is_left_out(suite: Suite, place: Place, fresh: Suite, tmp_path: Path) -> None:
    rows = suite.rows()
    output = suite.store.assets.get("projects/p/assets/output")

    class Leaving(AssetStore):
        """Loses the output, as its owner deletes it, while the first blob is copied."""

        def open(self, sha256: str, offset: int = 0) -> BinaryIO:
            if self.exists(output.sha256):
                suite.store.assets.delete(output.name)
                self.delete(output.sha256)
            return super().open(sha256, offset)

    made = create(suite.store, Leaving(str(tmp_path / "assets")), place, now=NOW)
    assert (made.damaged, made.manifest.left_out, made.blobs) == ((), {output.sha256}, 2)
    restore(place, fresh.store, fresh.blobs, now=NOW)
    assert fresh.rows() == rows | {"assets": []}


def test_no_backup_is_no_backup(place: Place, fresh: Suite, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=f"a complete dump in file://{tmp_path}/backup does not exist"):
        verify(place)
    with pytest.raises(NotFound, match=r"dump \.\./x does not exist"):
        restore(place, fresh.store, fresh.blobs, now=NOW, dump="../x")
