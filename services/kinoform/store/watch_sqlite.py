"""Hears of the commits of other processes to an SQLite file, with one thread for the whole process."""

import sqlite3
import threading
from collections.abc import Collection, Iterator
from itertools import islice

import sqlalchemy as sa

from kinoform.store.notify import QUEUE, Notifier

PERIOD_S = 0.05
_BATCH = 500  # well under SQLite's limit of bound variables

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
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=30)
        version = -1
        seen: dict[str, _Glance] = {}
        while not self._stopping.wait(PERIOD_S):
            topics = notifier.topics()
            current = _data_version(connection)
            new = [topic for topic in topics if topic not in seen]
            if current == version and not new:
                continue
            now = dict(_glance(connection, topics))
            # A first look wakes too: the news may have come between the subscriber's read and this look.
            notifier.wake([QUEUE, *(topic for topic in topics if seen.get(topic) != now.get(topic))])
            version, seen = current, {topic: now.get(topic, ()) for topic in topics}
        connection.close()


def _data_version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return int(version)


def _glance(connection: sqlite3.Connection, topics: list[str]) -> Iterator[tuple[str, _Glance]]:
    left = iter(topics)
    while batch := list(islice(left, _BATCH)):
        marks = ",".join("?" * len(batch))
        query = f"SELECT name, state, attempt, last_sequence, cancel_requested FROM jobs WHERE name IN ({marks})"
        for name, *rest in connection.execute(query, batch):
            yield name, tuple(rest)
