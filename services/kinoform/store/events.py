"""The append-only log of each job."""

from collections.abc import Sequence

import sqlalchemy as sa

from kinoform.store import schema
from kinoform.store.database import Database
from kinoform.store.records import EventRecord, PayloadFactory
from kinoform.store.rows import event_record


class Events:
    """Reads logs. Only jobs and leases write them, each event together with the change that it tells of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def after(self, job: str, sequence: int, *, limit: int = 1000) -> list[EventRecord]:
        """The job's events above `sequence`, oldest first. Empty when there is none, or no such job."""
        query = (
            sa.select(schema.events)
            .where(schema.events.c.job == job, schema.events.c.sequence > sequence)
            .order_by(schema.events.c.sequence)
            .limit(limit)
        )
        with self._database.read() as connection:
            return [event_record(row) for row in connection.execute(query).mappings()]


def insert_events(
    connection: sa.Connection, job: str, factories: Sequence[PayloadFactory], *, first: int, attempt: int, at: int
) -> None:
    """Write events numbered from `first`. The caller has locked the job's row and counted them there."""
    rows = [
        {"job": job, "sequence": sequence, "at": at, "attempt": attempt, "payload": factory(sequence)}
        for sequence, factory in enumerate(factories, start=first)
    ]
    if rows:
        connection.execute(sa.insert(schema.events), rows)
