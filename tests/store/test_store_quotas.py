"""Quotas: counted inside the transaction that adds, so that nobody gets past them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from kinoform.store.errors import QuotaExceeded
from kinoform.store.open import Store, open_store
from kinoform.store.quotas import DAY_US, Limits, Usage
from kinoform.store.records import AssetRecord, JobState, JobUpdate, UploadRecord
from tests.store.samples import SECOND, lease, news, queued, submission, submit


def upload(number: int, size: int) -> UploadRecord:
    return UploadRecord(id=f"u{number}", project="p", media_type="image/png", created_at=number, size=size)


def asset(number: int, size: int) -> AssetRecord:
    return AssetRecord(
        name=f"projects/p/assets/{number}",
        project="p",
        sha256="0" * 64,
        size=size,
        media_type="image/png",
        created_at=number,
    )


def test_no_race_gets_past_the_queue_limit(store: Store, url: str) -> None:
    store.quotas.set("p", Limits(queued_jobs=5))
    others = [open_store(url) for _ in range(3)]

    def accepted(number: int) -> bool:
        try:
            (store, *others)[number % 4].jobs.create(submission(number), [queued])
        except QuotaExceeded:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(accepted, range(40)))
    assert (answers.count(True), store.jobs.count(JobState.QUEUED)) == (5, 5)
    for other in others:
        other.close()


def test_the_queue_is_counted_by_project_and_a_request_sent_again_is_none(store: Store) -> None:
    store.quotas.set("p", Limits(queued_jobs=1))
    [first] = submit(store, 1)
    assert store.jobs.create(submission(1), [queued]) == (first, False)
    store.jobs.create(submission(2, project="q"), [queued])
    with pytest.raises(QuotaExceeded) as refused:
        submit(store, 3)
    error = refused.value
    assert (error.project, error.quota, error.limit, error.used) == ("p", "queued_jobs", 1, 2)
    store.jobs.cancel(first.name, now=4, event=news)
    submit(store, 3)
    with pytest.raises(QuotaExceeded):  # a retry is no way around it
        store.jobs.retry(first.name, now=5, event=news)
    assert store.jobs.get(first.name).state is JobState.CANCELLED


def test_defaults_hold_where_a_project_has_no_limit_of_its_own(empty_url: str) -> None:
    store = open_store(empty_url, Limits(queued_jobs=1, storage_bytes=10))
    store.quotas.set("q", Limits(queued_jobs=2))
    submit(store, 1)
    with pytest.raises(QuotaExceeded):
        submit(store, 2)
    for number in (3, 4):
        store.jobs.create(submission(number, project="q"), [queued])
    with pytest.raises(QuotaExceeded):
        store.uploads.create(replace(upload(1, 11), project="q"))
    store.close()


def test_running_time_is_counted_for_the_day_and_stays_when_the_job_is_deleted(store: Store) -> None:
    noon = DAY_US // 2
    submit(store, 1, 2)
    held = lease(store, now=noon, ttl=DAY_US).lease
    assert store.quotas.usage("p", now=noon + 5 * SECOND).compute_seconds_per_day == 5
    store.leases.append_event(held, news, now=noon + 7 * SECOND, update=JobUpdate(state=JobState.SUCCEEDED))
    store.jobs.delete(held.job)
    assert store.quotas.usage("p", now=noon + 100 * SECOND).compute_seconds_per_day == 7
    released = lease(store, now=noon + 100 * SECOND).lease
    store.leases.release(released, now=noon + 103 * SECOND)
    assert store.quotas.usage("p", now=noon + 200 * SECOND).compute_seconds_per_day == 10
    lost = lease(store, now=noon + 200 * SECOND, ttl=4 * SECOND).lease
    again = lease(store, now=noon + 300 * SECOND, ttl=DAY_US)
    assert again.lease.job == lost.job
    assert store.quotas.usage("p", now=noon + 301 * SECOND).compute_seconds_per_day == 15
    assert store.quotas.usage("p", now=DAY_US + 2 * SECOND).compute_seconds_per_day == 2


def test_a_job_is_refused_once_the_days_seconds_are_used(store: Store) -> None:
    store.quotas.set("p", Limits(compute_seconds_per_day=10))
    submit(store, 1)
    store.leases.release(lease(store, now=0).lease, now=10 * SECOND)
    with pytest.raises(QuotaExceeded) as refused:
        store.jobs.create(submission(2, created_at=DAY_US - 60 * SECOND), [queued])
    assert (refused.value.quota, refused.value.limit, refused.value.used) == ("compute_seconds_per_day", 10, 11)
    assert refused.value.retry_after_s == 60
    store.jobs.create(submission(2, created_at=DAY_US), [queued])


def test_storage_counts_assets_and_what_uploads_declare(store: Store) -> None:
    store.quotas.set("p", Limits(storage_bytes=100))
    store.assets.create(asset(1, 40))
    store.uploads.create(upload(1, 60))
    for add in (lambda: store.uploads.create(upload(2, 1)), lambda: store.assets.create(asset(2, 1), counted=True)):
        with pytest.raises(QuotaExceeded) as refused:
            add()
        assert (refused.value.quota, refused.value.limit, refused.value.used) == ("storage_bytes", 100, 101)
    with pytest.raises(QuotaExceeded):
        submit(store, 1)
    store.assets.create(asset(3, 5))  # an output of a job that was accepted
    assert store.quotas.usage("p", now=0) == Usage(queued_jobs=0, compute_seconds_per_day=0, storage_bytes=105)
    store.uploads.delete("u1")
    submit(store, 1)


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="queued_jobs must be 0 or more, got -1"):
        Limits(queued_jobs=-1)
