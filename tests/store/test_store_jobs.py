"""Submitting, listing and steering jobs."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from kinoform.store.errors import AlreadyExists, NotFound, RequestIdReused, WrongState
from kinoform.store.jobs import Place
from kinoform.store.open import Store
from kinoform.store.records import Cursor, JobFilter, JobState, JobUpdate, OutputRecord
from tests.store.samples import ALL, lease, name_of, news, queued, sequences, submission, submit

CLIP = OutputRecord(
    role="video", asset="projects/p/assets/a", media_type="video/mp4", sha256="0" * 64, size=3, payload=b"\xff"
)


def test_a_job_comes_back_as_it_was_submitted(store: Store) -> None:
    asked = submission(1, priority=-3, deadline=2**40, labels={"shot": "sc 010", "kinoform.dev/x": "ü"})
    made, created = store.jobs.create(asked, [queued, news])
    assert created
    assert made.submission == asked
    assert store.jobs.get(asked.name) == made
    assert (made.state, made.status.last_sequence) == (JobState.QUEUED, 2)
    assert [event.payload for event in store.events.after(asked.name, 0)] == [b"queued 1", b"news 2"]


def test_twenty_submissions_of_one_request_make_one_job(store: Store) -> None:
    requests = [submission(number, request_id="same") for number in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda request: store.jobs.create(request, [queued]), requests))
    assert sum(created for _, created in answers) == 1
    assert len({record.name for record, _ in answers}) == 1
    assert len(store.jobs.list("p", ALL, page_size=100)[0]) == 1


def test_a_request_id_serves_one_request_only(store: Store) -> None:
    submit(store, 1)
    with pytest.raises(RequestIdReused, match=name_of(1)):
        store.jobs.create(submission(2, request_id="r1", fingerprint="other"), [queued])
    with pytest.raises(AlreadyExists):
        store.jobs.create(submission(1, request_id="another"), [queued])
    assert store.jobs.create(submission(3, request_id="r1", project="q"), [queued])[1], "projects are apart"
    assert sequences(store.events.after(name_of(1), 0)) == [1]


def test_a_failing_event_leaves_no_job_behind(store: Store) -> None:
    def broken(sequence: int) -> bytes:
        raise RuntimeError(sequence)

    with pytest.raises(RuntimeError):
        store.jobs.create(submission(1), [queued, broken])
    with pytest.raises(NotFound):
        store.jobs.get(name_of(1))
    assert store.jobs.find_request("p", "r1") is None


def test_pages_neither_skip_nor_repeat_while_jobs_are_added(store: Store) -> None:
    for number in range(10):
        store.jobs.create(submission(number, created_at=number // 3), [queued])  # several share a time
    seen: list[str] = []
    after: Cursor | None = None
    for extra in range(100, 110):
        page, after = store.jobs.list("p", ALL, page_size=3, after=after)
        seen += [record.name for record in page]
        if after is None:
            break
        submit(store, extra)
    assert seen == [name_of(number) for number in reversed(range(10))]


def test_filters_are_joined_by_and(store: Store) -> None:
    store.jobs.create(submission(1, labels={"shot": "a", "take": "1"}), [queued])
    store.jobs.create(submission(2, labels={"shot": "a", "take": "2"}, model="wan"), [queued])
    store.jobs.create(submission(3, labels={"shot": "b.c d"}), [queued])
    store.jobs.cancel(name_of(3), now=9, event=news)

    def found(where: JobFilter) -> list[str]:
        return [record.name for record in store.jobs.list("p", where, page_size=9)[0]]

    assert found(JobFilter(labels={"shot": "a"})) == [name_of(2), name_of(1)]
    assert found(JobFilter(labels={"shot": "a", "take": "2"})) == [name_of(2)]
    assert found(JobFilter(labels={"shot": "b.c d"}, states=frozenset({JobState.CANCELLED}))) == [name_of(3)]
    assert found(JobFilter(labels={"shot": "b"})) == []
    assert found(JobFilter(models=frozenset({"wan"}), kinds=frozenset({"video"}))) == [name_of(2)]
    assert found(JobFilter(created_after=1, created_before=3)) == [name_of(2)]


def test_waiting_jobs_are_cancelled_at_once_and_running_ones_are_asked(store: Store) -> None:
    submit(store, 1, 2)
    claim = lease(store)
    running = store.jobs.cancel(name_of(1), now=5, event=news)
    waiting = store.jobs.cancel(name_of(2), now=6, event=news)
    assert (running.state, running.status.cancel_requested) == (JobState.RUNNING, True)
    assert (waiting.state, waiting.status.ended_at) == (JobState.CANCELLED, 6)
    assert sequences(store.events.after(name_of(1), 0)) == [1]
    assert sequences(store.events.after(name_of(2), 0)) == [1, 2]
    store.leases.append_event(claim.lease, news, now=7, update=JobUpdate(state=JobState.CANCELLED))
    again = store.jobs.cancel(name_of(1), now=8, event=news)
    assert (again.state, again.status.last_sequence) == (JobState.CANCELLED, 2), "an ended job stays as it is"


def test_a_retried_job_goes_on_from_its_checkpoint(store: Store) -> None:
    submit(store, 1)
    claim = lease(store)
    store.leases.save_checkpoint(claim.lease, "c" * 64, step=4, now=1)
    failed = JobUpdate(state=JobState.FAILED, error=b"\x01", step=5, outputs=(CLIP,))
    store.leases.append_event(claim.lease, news, now=2, update=failed)
    assert store.jobs.get(name_of(1)).status.outputs == (CLIP,)
    retried = store.jobs.retry(name_of(1), now=3, event=queued)
    status = retried.status
    assert (status.state, status.error, status.outputs, status.ended_at) == (JobState.QUEUED, None, (), None)
    with pytest.raises(WrongState):
        store.jobs.retry(name_of(1), now=3, event=queued)
    second = lease(store)
    assert second.lease.attempt == 2
    assert second.checkpoint is not None
    assert second.checkpoint.step == 4
    assert sequences(store.events.after(name_of(1), 0)) == [1, 2, 3]


def test_only_an_ended_job_can_be_deleted_and_all_of_it_goes(store: Store) -> None:
    submit(store, 1)
    claim = lease(store)
    store.leases.save_checkpoint(claim.lease, "c" * 64, step=4, now=1)
    with pytest.raises(WrongState):
        store.jobs.delete(name_of(1))
    store.leases.append_event(claim.lease, news, now=2, update=JobUpdate(state=JobState.FAILED))
    assert store.jobs.delete(name_of(1)) == ("c" * 64,)
    assert store.events.after(name_of(1), 0) == []
    assert store.leases.checkpoint(name_of(1)) is None
    with pytest.raises(NotFound):
        store.jobs.delete(name_of(1))


def test_the_queue_position_is_the_order_of_leasing(store: Store) -> None:
    asked = [(0, None), (5, None), (0, 1), (-1, 5000), (5, 7000), (0, 6000), (5, 6000), (0, 5000), (0, None)]
    for number, (priority, deadline) in enumerate(asked):
        store.jobs.create(submission(number, priority=priority, deadline=deadline), [queued])
    place_of = {name_of(number): store.jobs.queue_position(name_of(number), now=1000) for number in range(len(asked))}
    assert store.jobs.count(JobState.QUEUED) == len(asked)
    for place in range(1, len(asked) + 1):
        assert place_of[lease(store, now=1000).record.name] == place
    assert store.jobs.queue_position(name_of(0), now=1000) is None
    assert store.jobs.count(JobState.QUEUED, project="p") == 0


def test_notes_are_taken_only_of_jobs_that_wait(store: Store) -> None:
    submit(store, 1, 2)
    lease(store)
    store.jobs.note({name_of(1): news, name_of(2): news, name_of(3): news}, now=2)
    assert [store.jobs.get(name_of(number)).status.last_sequence for number in (1, 2)] == [1, 2]
    assert store.events.after(name_of(3), 0) == []
    assert sequences(store.events.after(name_of(2), 0)) == [1, 2]
    assert sequences(store.events.after(name_of(2), 1, limit=1)) == [2]


def test_places_are_those_that_each_job_has_by_itself(store: Store) -> None:
    for number, priority in enumerate((0, 3, -1, 3, 0)):
        store.jobs.create(
            replace(submission(number, priority=priority), kind="mesh" if number == 4 else "video"), [queued]
        )
    places = store.jobs.places(now=1)
    assert {name: place.ahead + 1 for name, place in places.items()} == {
        name_of(number): store.jobs.queue_position(name_of(number), now=1) for number in range(5)
    }
    assert places[name_of(4)] == Place("mesh", 0)
