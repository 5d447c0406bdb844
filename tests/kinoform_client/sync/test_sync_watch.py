# Written by clients/unasync.py from tests/kinoform_client/aio/test_aio_watch.py: change that file, not this one.
"""Watching a job over every kind of break."""

import threading
from collections.abc import Iterator

import pytest

from kinoform_client import (
    CheckpointSaved,
    Client,
    DataLossError,
    Event,
    JobState,
    NotFoundError,
    OutputReady,
    Preview,
    Progress,
    RetryPolicy,
    Stage,
    StateChanged,
    UnavailableError,
    WarningRaised,
)
from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.peer_base import not_found, unavailable

PATIENT = RetryPolicy(total_s=5, patience_s=10, first_pause_s=0.01, longest_pause_s=0.05)
HASTY = RetryPolicy(total_s=0.3, patience_s=0.3, first_pause_s=0.01, longest_pause_s=0.05)


def test_events_arrive_typed_and_in_order(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        job = client.videos.generate("a penguin")
        peer.run(job.name, steps=2)
        events = watched(job.watch())
    kinds = [type(event) for event in events]
    opening = [StateChanged, StateChanged, Progress, Progress]
    assert kinds == [*opening, Preview, CheckpointSaved, WarningRaised, OutputReady, StateChanged]
    assert [event.sequence for event in events] == list(range(1, 10))
    progress = events[3]
    assert isinstance(progress, Progress)
    assert (progress.stage, progress.step, progress.steps) == (Stage.DENOISE, 2, 2)
    assert progress.eta is not None
    last = events[-1]
    assert isinstance(last, StateChanged)
    assert last.state is JobState.SUCCEEDED


@pytest.mark.parametrize("clean", [False, True])
@pytest.mark.parametrize("repeats", [0, 2])
def test_a_watch_broken_anywhere_misses_and_repeats_nothing(
    served: Served, peer: Peer, clean: bool, repeats: int
) -> None:
    with Client(served.address, retry=PATIENT) as client:
        job = client.videos.generate("a penguin")
        peer.run(job.name)
        whole = watched(job.watch())
        for length in range(len(whole) + 1):
            peer.faults.watch_lengths = [length]
            peer.faults.clean_breaks = clean
            peer.faults.repeats = repeats
            assert watched(job.watch()) == whole


def test_a_watch_goes_on_from_the_number_given(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        job = client.videos.generate("a penguin")
        peer.run(job.name)
        whole = watched(job.watch())
        for after in range(len(whole) + 1):
            assert watched(client.jobs.watch(job.name, after=after)) == whole[after:]


def test_a_watch_survives_a_restarted_server(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        job = client.videos.generate("a penguin")
        seen = []

        def restart() -> None:
            served.stop()
            peer.run(job.name)
            threading.Event().wait(0.3)
            served.start()

        thread = threading.Thread(target=restart)
        for event in job.watch():
            if not seen:
                thread.start()
            seen.append(event.sequence)
        thread.join()
        assert seen == list(range(1, peer.jobs[job.name].last_sequence + 1))


def test_a_watch_gives_up_when_the_server_stays_away(served: Served) -> None:
    with Client(served.address, retry=HASTY) as client:
        job = client.videos.generate("a penguin")
        served.stop()
        with pytest.raises(UnavailableError):
            watched(job.watch())


def test_an_event_left_out_is_data_loss(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        job = client.videos.generate("a penguin")
        peer.run(job.name)
        peer.faults.skip = 3
        with pytest.raises(DataLossError, match="event 4 came after 2"):
            watched(job.watch())


def test_a_job_deleted_while_the_connection_was_down_is_not_found(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        job = client.videos.generate("a penguin")
        peer.faults.watch_lengths = [0]
        peer.faults.refusals["GetJob"] = [not_found(job.name)]
        with pytest.raises(NotFoundError):
            watched(job.watch())


def test_refused_twice_then_watched(served: Served, peer: Peer) -> None:
    with Client(served.address, retry=PATIENT) as client:
        job = client.videos.generate("a penguin")
        peer.run(job.name)
        peer.faults.refusals["WatchJob"] = [unavailable(), unavailable()]
        assert len(watched(job.watch())) == peer.jobs[job.name].last_sequence


def watched(events: Iterator[Event]) -> list[Event]:
    seen = []
    for event in events:
        seen.append(event)
    return seen
