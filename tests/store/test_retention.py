"""What is due, by which terms, and what erasing leaves behind."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from kinoform.store.assets import AssetStore
from kinoform.store.erase import Erased, StillBusy, erase
from kinoform.store.open import Store, open_store
from kinoform.store.quotas import Limits
from kinoform.store.records import AssetRecord, JobState, JobUpdate
from kinoform.store.retention import SETTLED_US, Retention, Terms
from tests.store.samples import lease, name_of, news, queued, submission, submit

DAY = 86_400_000_000


def asset(name: str, *, at: int, project: str = "p", sha256: str = "s", job: str | None = None) -> AssetRecord:
    full = f"projects/{project}/assets/{name}"
    return AssetRecord(name=full, project=project, sha256=sha256, size=1, media_type="x/y", created_at=at, job=job)


def end(store: Store, number: int, *, at: int) -> None:
    submit(store, number)
    store.leases.append_event(lease(store).lease, news, now=at, update=JobUpdate(state=JobState.SUCCEEDED))


def test_terms_of_a_project_stand_before_the_default_and_hold_to_the_microsecond(store: Store) -> None:
    for project in ("own", "half", "none"):
        store.assets.create(asset("a", at=0, project=project))
    store.retention.set("own", Terms(files=3 * DAY))
    store.retention.set("half", Terms(jobs=DAY))
    ruled = Retention(store.database, Terms(files=7 * DAY))
    assert ruled.of("own") == Terms(files=3 * DAY)
    assert ruled.of("half") == Terms(files=7 * DAY, jobs=DAY)

    def due(now: int) -> list[str]:
        return [record.project for record in ruled.files_due(now=now)]

    assert due(3 * DAY + SETTLED_US - 1) == []
    assert due(3 * DAY + SETTLED_US) == ["own"]
    assert due(7 * DAY + SETTLED_US - 1) == ["own"]
    assert due(7 * DAY + SETTLED_US) == ["half", "none", "own"]
    assert [record.project for record in store.retention.files_due(now=99 * DAY)] == ["own"]


def test_ended_jobs_are_due_page_by_page_the_oldest_first_and_others_never(store: Store) -> None:
    for number in range(1, 6):
        end(store, number, at=1000 + number)
    submit(store, 6)
    assert store.retention.jobs_due(now=99 * DAY) == []
    ruled = Retention(store.database, Terms(jobs=DAY))
    found, last = [], None
    while page := ruled.jobs_due(now=DAY + SETTLED_US + 1004, after=last, limit=2):
        found += [job.name for job in page]
        last = page[-1]
    assert found == [name_of(number) for number in range(1, 5)]


def test_files_of_a_job_that_has_not_ended_are_not_due(store: Store) -> None:
    end(store, 1, at=1000)
    submit(store, 2)
    for number in (1, 2):
        store.assets.create(asset(f"a{number}", at=0, job=name_of(number)))
    store.retention.set("p", Terms(files=1))
    assert [record.job for record in store.retention.files_due(now=DAY)] == [name_of(1)]


def test_an_asset_that_is_given_again_is_young_and_one_that_is_gone_says_so(store: Store) -> None:
    store.assets.create(asset("a", at=0))
    store.retention.set("p", Terms(files=DAY))
    assert store.assets.renew("projects/p/assets/a", now=DAY)
    assert not store.assets.renew("projects/p/assets/b", now=DAY)
    assert store.retention.files_due(now=2 * DAY + SETTLED_US - 1) == []
    assert len(store.retention.files_due(now=2 * DAY + SETTLED_US)) == 1


def test_an_erased_project_leaves_nothing_and_others_keep_theirs(store: Store, tmp_path: Path) -> None:
    blobs = AssetStore(str(tmp_path / "assets"))
    own, shared = (blobs.put_bytes(os.urandom(9), "x/y").sha256 for _ in range(2))
    end(store, 1, at=1000)
    for record in (asset("own", at=1, sha256=own), asset("shared", at=1, sha256=shared)):
        store.assets.create(record)
    store.assets.create(asset("shared", at=1, project="q", sha256=shared))
    store.quotas.set("p", Limits(queued_jobs=3))
    store.retention.set("p", Terms(files=DAY))
    submit(store, 2)
    with pytest.raises(StillBusy, match=r"projects/p has 1 jobs that have not ended"):
        erase(store, blobs, "p")
    assert blobs.exists(own)
    store.jobs.cancel(name_of(2), now=2000, event=news)
    assert erase(store, blobs, "p") == Erased(jobs=2, assets=2, bytes=9)
    assert (blobs.exists(own), blobs.exists(shared)) == (False, True)
    assert store.assets.held() == {"q": (1, 1)}
    assert (store.quotas.list(), store.retention.list(), store.events.after(name_of(1), 0)) == ({}, {}, [])
    assert erase(store, blobs, "p") == Erased(jobs=0, assets=0, bytes=0)


def test_no_byte_of_what_was_deleted_stays_in_sqlites_files(tmp_path: Path) -> None:
    store, secret = open_store(f"sqlite:///{tmp_path}/jobs.db"), b"a prompt that nobody else may read"
    for number in range(1, 40):  # over many pages, so that some are moved and split
        asked = replace(submission(number), request=secret * number)
        store.jobs.create(asked, [queued, lambda sequence: secret])
        store.jobs.cancel(asked.name, now=number, event=news)
    assert secret in _bytes_in(tmp_path)
    for number in range(1, 40):
        store.jobs.delete(name_of(number))
    store.database.scrub()
    assert secret not in _bytes_in(tmp_path)
    store.close()


def _bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())
