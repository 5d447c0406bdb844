"""Who runs a job, and what happens to those who no longer do."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from kinoform.store.errors import AlreadyExists, Fenced
from kinoform.store.leases import CLOCK_SKEW_US
from kinoform.store.open import Store
from kinoform.store.records import AssetRecord, JobState, JobUpdate
from tests.store.samples import KINDS, SECOND, lease, name_of, news, queued, sequences, submission, submit

HOUR = 3600 * SECOND


def test_the_highest_priority_goes_first_then_the_oldest(store: Store) -> None:
    for number, priority in enumerate((0, 5, 0, -1, 5)):
        store.jobs.create(submission(number, priority=priority), [queued])
    assert [lease(store).record.name for _ in range(5)] == [name_of(number) for number in (1, 4, 0, 2, 3)]
    assert store.leases.lease_next("gateway", now=1000, ttl=1, kinds=KINDS) is None


def test_of_equal_priorities_the_earliest_deadline_goes_first_and_one_that_has_passed_favours_nobody(
    store: Store,
) -> None:
    for number, (priority, deadline) in enumerate(((0, None), (0, 300), (0, 200), (1, None), (0, 100), (-1, 150))):
        store.jobs.create(submission(number, priority=priority, deadline=deadline), [queued])
    order = [lease(store, now=100).record.name for _ in range(6)]
    assert order == [name_of(number) for number in (3, 2, 1, 0, 4, 5)]
    assert store.jobs.get(name_of(2)).submission.deadline == 200


def test_only_jobs_of_the_asked_kinds_are_leased(store: Store) -> None:
    submit(store, 1)
    assert store.leases.lease_next("gateway", now=1, ttl=1, kinds={"mesh"}) is None


def test_threads_never_lease_a_job_twice(store: Store) -> None:
    submit(store, *range(60))

    def drain(owner: str) -> list[str]:
        names = []
        while claim := store.leases.lease_next(owner, now=1000, ttl=HOUR, kinds=KINDS):
            names.append(claim.record.name)
        return names

    with ThreadPoolExecutor(6) as pool:
        leased = Counter(name for names in pool.map(drain, "abcdef") for name in names)
    # With SKIP LOCKED a thread may find the last rows locked and leave: they stay with whoever locked them.
    assert leased == Counter(name_of(number) for number in range(60))


def test_a_lost_lease_writes_nothing(store: Store) -> None:
    submit(store, 1)
    stalled = lease(store, "first", now=0, ttl=SECOND)
    assert store.leases.next_wakeup(kinds=KINDS) == SECOND
    assert store.leases.lease_next("second", now=SECOND - 1, ttl=SECOND, kinds=KINDS) is None
    taken = lease(store, "second", now=SECOND, ttl=SECOND)
    assert taken.lease.attempt == stalled.lease.attempt + 1
    done = JobUpdate(state=JobState.SUCCEEDED)
    with pytest.raises(Fenced):
        store.leases.append_event(stalled.lease, news, now=SECOND, update=done)
    with pytest.raises(Fenced):
        store.leases.save_checkpoint(stalled.lease, "0" * 64, step=1, now=SECOND)
    assert store.leases.renew(stalled.lease, now=SECOND, ttl=SECOND) is None
    store.leases.release(stalled.lease, now=SECOND)
    assert store.jobs.get(name_of(1)).state is JobState.RUNNING
    assert store.leases.append_event(taken.lease, news, now=SECOND, update=done) == 2
    with pytest.raises(Fenced):
        store.leases.append_event(taken.lease, news, now=SECOND)
    assert sequences(store.events.after(name_of(1), 0)) == [1, 2]


def test_a_renewed_lease_is_not_taken_over(store: Store) -> None:
    submit(store, 1)
    first = lease(store, "first", now=0, ttl=SECOND).lease
    longer = store.leases.renew(first, now=SECOND, ttl=SECOND)
    assert longer == replace(first, expires_at=2 * SECOND)
    assert store.leases.lease_next("second", now=2 * SECOND - 1, ttl=SECOND, kinds=KINDS) is None


def test_a_released_job_waits_again_and_keeps_its_checkpoint(store: Store) -> None:
    submit(store, 1)
    first = lease(store).lease
    assert store.leases.save_checkpoint(first, "a" * 64, step=2, now=1) is None
    replaced = store.leases.save_checkpoint(first, "b" * 64, step=4, now=2)
    assert replaced is not None
    assert replaced.sha256 == "a" * 64
    store.leases.release(first, now=3)
    assert store.jobs.get(name_of(1)).state is JobState.QUEUED
    second = lease(store)
    assert second.checkpoint is not None
    assert (second.checkpoint.sha256, second.checkpoint.attempt, second.lease.attempt) == ("b" * 64, 1, 2)


def test_a_clock_set_back_delays_a_take_over_by_one_lease_at_most(store: Store) -> None:
    submit(store, 1)
    lease(store, "dead", now=HOUR, ttl=SECOND)
    assert store.leases.lease_next("second", now=0, ttl=SECOND, kinds=KINDS) is None
    assert lease(store, "second", now=SECOND, ttl=SECOND).lease.attempt == 2


def test_a_clock_a_little_behind_cuts_no_lease_short(store: Store) -> None:
    submit(store, 1)
    lease(store, "ahead", now=CLOCK_SKEW_US, ttl=SECOND)
    assert store.leases.lease_next("behind", now=0, ttl=SECOND, kinds=KINDS) is None
    assert store.leases.next_wakeup(kinds=KINDS) == CLOCK_SKEW_US + SECOND


def test_the_leases_of_a_dead_owner_can_be_ended(store: Store) -> None:
    submit(store, 1, 2, 3)
    lease(store, "dead"), lease(store, "dead"), lease(store, "alive")
    assert store.leases.owners() == ["alive", "dead"]
    assert store.leases.expire("dead", now=2000) == 2
    assert {lease(store, "new", now=2000).record.name for _ in range(2)} == {name_of(1), name_of(2)}
    assert store.leases.lease_next("new", now=2000, ttl=SECOND, kinds=KINDS) is None


def test_concurrent_events_are_numbered_without_gaps(store: Store) -> None:
    submit(store, 1)
    held = lease(store).lease
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda _: store.leases.append_events(held, [news, news], now=5), range(20)))
    events = store.events.after(name_of(1), 0)
    assert sequences(events) == list(range(1, 42))
    assert [event.payload for event in events] == [b"queued 1", *(b"news %d" % number for number in range(2, 42))]
    assert sorted(given) == list(range(3, 42, 2))


def test_an_event_its_update_and_its_assets_are_written_together_or_not_at_all(store: Store) -> None:
    submit(store, 1)
    held = lease(store).lease
    asset = AssetRecord(
        name="projects/p/assets/a", project="p", sha256="a" * 64, size=1, media_type="video/mp4", created_at=1
    )
    update = JobUpdate(stage="write", step=3, steps=9, warnings=("short",))
    store.leases.append_event(held, news, now=5, update=update, assets=[asset])
    status = store.jobs.get(name_of(1)).status
    assert (status.stage, status.step, status.steps, status.updated_at) == ("write", 3, 9, 5)
    assert store.jobs.get(name_of(1)).submission.warnings == ("short",)
    assert store.assets.get(asset.name) == asset
    with pytest.raises(AlreadyExists):
        store.leases.append_event(held, news, now=6, update=JobUpdate(step=4), assets=[asset])
    assert store.jobs.get(name_of(1)).status == status
    assert sequences(store.events.after(name_of(1), 0)) == [1, 2]


def test_a_checkpoint_can_be_dropped_only_after_the_end(store: Store) -> None:
    submit(store, 1)
    held = lease(store).lease
    store.leases.save_checkpoint(held, "a" * 64, step=2, now=1)
    assert store.leases.drop_checkpoint(name_of(1)) is None
    store.leases.append_event(held, news, now=2, update=JobUpdate(state=JobState.SUCCEEDED))
    assert store.leases.drop_checkpoint(name_of(1)) == "a" * 64
    assert store.leases.checkpoint(name_of(1)) is None
