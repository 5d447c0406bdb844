"""Transactions: how every part of the job store reads and writes."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from kinoform.store.errors import StatementRefused, StoreFull, StoreUnavailable
from kinoform.store.notify import QUEUE, Notifier
from kinoform.store.turn import Turn


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open write transaction, and whom to wake when it commits."""

    connection: sa.Connection
    topics: set[str] = field(default_factory=set)

    def touch(self, job: str) -> None:
        """Wake the job's watchers at commit."""
        self.topics.add(job)

    def touch_queue(self) -> None:
        """Wake the dispatchers at commit."""
        self.topics.add(QUEUE)


class Database:
    """One database, shared by all threads of a process."""

    def __init__(self, engine: sa.Engine, notifier: Notifier) -> None:
        self._engine = engine
        self._writing = engine.execution_options(kinoform_begin="IMMEDIATE")
        self._notifier = notifier
        # SQLite's transactions see one state anyway.
        self._still = (
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            if engine.dialect.name == "postgresql"
            else engine
        )
        # SQLite's busy handler is unfair: threads of one process queue here instead, and never meet it.
        self._turn: AbstractContextManager[object] = Turn() if engine.dialect.name == "sqlite" else nullcontext()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction for one look at the database. Raises StoreUnavailable."""
        with _typed_errors(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """A transaction all of whose looks see one state of the database. Holds nobody up. Raises StoreUnavailable."""
        with _typed_errors(), self._still.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """A transaction that commits at the end of the block, or not at all. Raises StoreUnavailable, StoreFull."""
        with _typed_errors(), self._turn, self._writing.begin() as connection:
            transaction = Transaction(connection)
            yield transaction
            self._notifier.announce(connection, transaction.topics)
        self._notifier.wake(transaction.topics)

    def scrub(self) -> None:
        """Leave nothing of what was deleted in SQLite's files, unless somebody reads. PostgreSQL's vacuum is its own.

        Raises StoreUnavailable.
        """
        if self._engine.dialect.name == "sqlite":
            with _typed_errors(), self._turn, self._engine.connect() as connection:
                # Not in a transaction. Pages as they were before stay in the log until it is emptied.
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


@contextmanager
def _typed_errors() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        detail = str(error.orig)
        raise (StoreFull(detail) if "full" in detail else StoreUnavailable(detail)) from error
    except DBAPIError as error:
        # Without its cause: databases quote the row, and a prompt would stand in the logs.
        raise StatementRefused(type(error.orig).__name__) from None
