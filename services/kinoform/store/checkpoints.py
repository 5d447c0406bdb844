"""The newest checkpoint of each job, inside the transactions of jobs and leases."""

from dataclasses import asdict

import sqlalchemy as sa

from kinoform.store import schema
from kinoform.store.records import CheckpointRecord
from kinoform.store.rows import checkpoint_record

_checkpoints = schema.checkpoints.c


def select_checkpoint(connection: sa.Connection, job: str) -> CheckpointRecord | None:
    """The job's checkpoint, if it has one."""
    query = sa.select(schema.checkpoints).where(_checkpoints.job == job)
    row = connection.execute(query).mappings().one_or_none()
    return None if row is None else checkpoint_record(row)


def replace_checkpoint(connection: sa.Connection, new: CheckpointRecord) -> CheckpointRecord | None:
    """Put a checkpoint in the place of the job's last one, which it returns."""
    before = select_checkpoint(connection, new.job)
    drop_checkpoint(connection, new.job)
    connection.execute(sa.insert(schema.checkpoints), asdict(new))
    return before


def drop_checkpoint(connection: sa.Connection, job: str) -> str | None:
    """Forget the job's checkpoint; returns the SHA-256 of its blob, if there was one."""
    dropped = sa.delete(schema.checkpoints).where(_checkpoints.job == job).returning(_checkpoints.sha256)
    return connection.execute(dropped).scalar_one_or_none()
