"""Several processes on one database, and processes that are killed."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

from kinoform.store.open import Store
from kinoform.store.records import JobState
from tests.store.samples import KINDS, SECOND, name_of, sequences, submit

JOBS = 200

WRITER = """
import sys
from pathlib import Path
from kinoform.store.open import open_store
from tests.store.samples import lease, submit

def torn(sequence):
    Path(sys.argv[2]).touch()
    sys.stdin.read()

store = open_store(sys.argv[1])
submit(store, 1)
held = lease(store).lease
for step in range(5):
    store.leases.append_event(held, lambda sequence: b"kept", now=step)
store.leases.append_events(held, [lambda sequence: b"lost", torn], now=6)
"""


DRAINER = """
import sys
from kinoform.store.open import open_store
from kinoform.store.records import JobState, JobUpdate
from tests.store.samples import KINDS, news

store = open_store(sys.argv[1])
while claim := store.leases.lease_next(sys.argv[2], now=1000, ttl=10**9, kinds=KINDS):
    store.leases.append_event(claim.lease, news, now=1001, update=JobUpdate(state=JobState.SUCCEEDED))
    print(claim.record.name)
store.close()
"""


def run(code: str, *arguments: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)


def test_two_processes_run_every_job_once(store: Store, url: str) -> None:
    submit(store, *range(JOBS))
    processes = [run(DRAINER, url, owner) for owner in ("first", "second")]
    names = [process.communicate()[0].split() for process in processes]
    assert Counter(names[0] + names[1]) == Counter(name_of(number) for number in range(JOBS))
    assert store.jobs.count(JobState.SUCCEEDED) == JOBS
    assert {sequence for number in range(JOBS) for sequence in sequences(store.events.after(name_of(number), 1))} == {2}


def test_a_writer_killed_in_mid_transaction_loses_nothing_committed(
    store: Store, url: str, tmp_path: os.PathLike[str]
) -> None:
    torn = os.path.join(tmp_path, "torn")
    writer = run(WRITER, url, torn)
    try:
        while not os.path.exists(torn):
            assert writer.poll() is None
            time.sleep(0.02)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    assert [event.payload for event in store.events.after(name_of(1), 0)] == [b"queued 1", *[b"kept"] * 5]
    assert store.jobs.get(name_of(1)).status.last_sequence == 6
    claim = store.leases.lease_next("next", now=100 * SECOND, ttl=SECOND, kinds=KINDS)
    assert claim is not None
    assert store.leases.append_event(claim.lease, lambda sequence: b"goes on", now=100 * SECOND) == 7
