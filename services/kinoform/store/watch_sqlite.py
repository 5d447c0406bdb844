"""Hears of the commits of other processes to an SQLite file, with one thread for the whole process."""

import sqlite3
import threading
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from itertools import islice

import sqlalchemy as sa

from kinoform.store.notify import QUEUE, Notifier

PERIOD_S = 0.05
_BATCH = 500  # well under SQLite's limit of bound variables

_QUEUE_GLANCE = """
    SELECT state, count(*), total(created_at), total(attempt), total(cancel_requested)
    FROM jobs WHERE state IN ('QUEUED', 'RUNNING') GROUP BY state ORDER BY state
"""

_Glance = tuple[object, ...]


class SqliteWatcher:
    """Looks at SQLite's data version, and, when another connection has committed, at the jobs waited for."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def announce(self, connection: sa.Connection, topics: Collection[str]) -> None:
        """Nothing to tell: the commit itself changes the data version."""

    def start(self, notifier: Notifier) -> None:
        """Begin to watch."""
        self._thread = threading.Thread(target=self._run, args=(notifier,), name="store-watcher", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, notifier: Notifier) -> None:
        while not self._stopping.is_set():
            # A disk that failed for a moment must not leave the watchers asleep for ever.
            with suppress(sqlite3.OperationalError), closing(_connect(self._path)) as connection:
                self._watch(connection, notifier)
            self._stopping.wait(PERIOD_S)

    def _watch(self, connection: sqlite3.Connection, notifier: Notifier) -> None:
        version = -1
        seen: dict[str, _Glance] = {}
        while not self._stopping.wait(PERIOD_S):
            topics = notifier.topics()
            current = _data_version(connection)
            if current == version and all(topic in seen for topic in topics):
                continue
            found = dict(_glances(connection, topics))
            now = {topic: found.get(topic, ()) for topic in topics}
            # A first look wakes too: the news may have come between the subscriber's read and this look.
            notifier.wake([topic for topic in topics if seen.get(topic) != now[topic]])
            version, seen = current, now


def _connect(path: str) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=30)


def _data_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return int(version)


def _glances(connection: sqlite3.Connection, topics: list[str]) -> Iterator[tuple[str, _Glance]]:
    """What a waiter would see change, for each topic."""
    if QUEUE in topics:
        yield QUEUE, tuple(connection.execute(_QUEUE_GLANCE).fetchall())
    left = iter(topics)
    while batch := list(islice(left, _BATCH)):
        marks = ",".join("?" * len(batch))
        query = f"SELECT name, state, attempt, last_sequence, cancel_requested FROM jobs WHERE name IN ({marks})"
        for name, *rest in connection.execute(query, batch):
            yield name, tuple(rest)
