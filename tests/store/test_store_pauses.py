"""Jobs that are paused, continued and forked."""

from dataclasses import replace

import pytest

from kinoform.store.errors import NotFound, NotKept, WrongState
from kinoform.store.open import Store
from kinoform.store.records import JobState, JobUpdate, KeptState
from tests.store.samples import KINDS, SECOND, lease, name_of, news, queued, sequences, submission, submit

PAUSED = JobUpdate(state=JobState.PAUSED)
A, B, C = "a" * 64, "b" * 64, "c" * 64


def paused_at(store: Store, step: int, sha256: str) -> None:
    """A job that somebody runs to this step and pauses there."""
    claim = lease(store)
    store.leases.save_checkpoint(claim.lease, sha256, step=step, now=1)
    store.leases.append_event(claim.lease, news, now=1, update=PAUSED)


def test_a_waiting_job_is_paused_at_once_and_runs_only_when_continued(store: Store) -> None:
    submit(store, 1)
    assert store.jobs.pause(name_of(1), now=1, event=news).state is JobState.PAUSED
    assert store.jobs.pause(name_of(1), now=2, event=news).status.last_sequence == 2
    assert store.leases.lease_next("gateway", now=3, ttl=1, kinds=KINDS) is None
    assert store.jobs.resume(name_of(1), pause_at=7, now=4, event=news).status.pause_at == 7
    assert lease(store).record.status.pause_at == 7
    assert sequences(store.events.after(name_of(1), 0)) == [1, 2, 3]


def test_a_running_job_is_asked_to_pause_and_goes_on_from_its_checkpoint(store: Store) -> None:
    store.jobs.create(submission(1), [queued], pause_at=3)
    claim = lease(store)
    assert claim.record.status.pause_at == 3
    assert store.jobs.pause(name_of(1), now=1, event=news).status.pause_requested
    store.leases.save_checkpoint(claim.lease, A, step=2, now=1)
    store.leases.append_event(claim.lease, news, now=1, update=PAUSED)
    record = store.jobs.get(name_of(1))
    assert (record.state, record.status.pause_requested) == (JobState.PAUSED, False)
    assert store.leases.renew(claim.lease, now=1, ttl=SECOND) is None
    store.jobs.resume(name_of(1), pause_at=None, now=2, event=news)
    again = lease(store)
    assert (again.record.status.pause_at, again.lease.attempt) == (None, 2)
    assert again.checkpoint is not None
    assert again.checkpoint.sha256 == A


def test_a_pause_that_was_only_asked_for_is_taken_back_by_a_continue(store: Store) -> None:
    submit(store, 1)
    lease(store)
    store.jobs.pause(name_of(1), now=1, event=news)
    record = store.jobs.resume(name_of(1), pause_at=None, now=2, event=news)
    assert (record.state, record.status.pause_requested) == (JobState.RUNNING, False)


def test_an_ended_job_is_neither_paused_nor_continued(store: Store) -> None:
    submit(store, 1)
    store.jobs.cancel(name_of(1), now=1, event=news)
    with pytest.raises(WrongState):
        store.jobs.pause(name_of(1), now=2, event=news)
    with pytest.raises(WrongState):
        store.jobs.resume(name_of(1), pause_at=None, now=2, event=news)


def test_the_state_of_every_pause_is_kept_though_checkpoints_replace_each_other(store: Store) -> None:
    submit(store, 1)
    for step, sha256 in ((3, A), (5, B)):
        paused_at(store, step, sha256)
        store.jobs.resume(name_of(1), pause_at=None, now=2, event=news)
    claim = lease(store)
    store.leases.save_checkpoint(claim.lease, C, step=6, now=3, kept=True)
    assert store.kept.steps([name_of(1)]) == {name_of(1): (3, 5, 6)}
    assert store.kept.get(name_of(1), 3).sha256 == A
    assert store.kept.get(name_of(1), None).sha256 == C
    assert store.assets.unreferenced([A, B, C, "d" * 64]) == {"d" * 64}
    with pytest.raises(NotKept, match=r"not step 4 is kept; kept are 3, 5, 6"):
        store.kept.get(name_of(1), 4)


def test_a_forked_job_keeps_its_origin_when_its_parent_is_deleted(store: Store) -> None:
    submit(store, 1)
    paused_at(store, 3, A)
    origin = store.kept.get(name_of(1), 3)
    fork = replace(submission(2), parent=name_of(1), origin_step=3)
    store.jobs.create(fork, [queued], origin=origin)
    store.jobs.cancel(name_of(1), now=1, event=news)
    assert store.jobs.delete(name_of(1)) == (A, A)
    assert store.assets.unreferenced([A]) == set()
    claim = lease(store)
    assert claim.checkpoint is None
    assert claim.origin is not None
    assert (claim.origin.sha256, claim.record.submission.parent) == (A, name_of(1))


def test_nothing_is_forked_from_a_state_that_is_gone(store: Store) -> None:
    submit(store, 1)
    fork = replace(submission(2), parent=name_of(1), origin_step=3)
    with pytest.raises(NotKept):
        store.jobs.create(fork, [queued], origin=KeptState(job=name_of(1), step=3, sha256=A, at=0))
    with pytest.raises(NotFound):
        store.jobs.get(name_of(2))


def test_a_retry_asks_for_no_pause(store: Store) -> None:
    store.jobs.create(submission(1), [queued], pause_at=3)
    paused_at(store, 3, A)
    store.jobs.cancel(name_of(1), now=1, event=news)
    record = store.jobs.retry(name_of(1), now=2, event=news)
    assert (record.state, record.status.pause_at, record.status.step) == (JobState.QUEUED, None, 0)
