"""Hears of the commits of other processes to PostgreSQL, by LISTEN, with one thread for the whole process."""

import threading
from collections.abc import Collection

import psycopg
import sqlalchemy as sa

from kinoform.store.notify import QUEUE, Notifier

CHANNEL = "kinoform"
PATIENCE_S = 0.1
"""How long a stop or a lost connection may go unnoticed."""


class PostgresWatcher:
    """Announces topics by NOTIFY, each after the instance that made the news, so that it skips its own."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._instance = ""
        self._stopping = threading.Event()
        self._listening = threading.Event()
        self._thread: threading.Thread | None = None

    def announce(self, connection: sa.Connection, topics: Collection[str]) -> None:
        """Tell the others when this transaction commits."""
        for topic in topics:
            connection.execute(sa.select(sa.func.pg_notify(CHANNEL, f"{self._instance}:{topic}")))

    def start(self, notifier: Notifier) -> None:
        """Begin to watch; what is committed after the return is heard of."""
        self._instance = notifier.instance
        self._thread = threading.Thread(target=self._run, args=(notifier,), name="store-watcher", daemon=True)
        self._thread.start()
        self._listening.wait(10)

    def stop(self) -> None:
        """Stop watching."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, notifier: Notifier) -> None:
        while not self._stopping.is_set():
            try:
                self._listen(notifier)
            except psycopg.OperationalError:
                self._stopping.wait(PATIENCE_S)

    def _listen(self, notifier: Notifier) -> None:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._listening.set()
            notifier.wake([QUEUE, *notifier.topics()])  # what was announced while nobody listened is lost
            while not self._stopping.is_set():
                for news in connection.notifies(timeout=PATIENCE_S):
                    instance, _, topic = news.payload.partition(":")
                    if instance != self._instance:
                        notifier.wake([topic])
                    if self._stopping.is_set():
                        return
