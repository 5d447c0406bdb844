"""States that are kept as long as their job: where others are forked from."""

from collections.abc import Collection

import sqlalchemy as sa

from kinoform.store import schema
from kinoform.store.database import Database
from kinoform.store.errors import NotKept
from kinoform.store.records import KeptState

_kept = schema.kept_states.c


class KeptStates:
    """Reads them. Only leases and jobs write them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def steps(self, jobs: Collection[str]) -> dict[str, tuple[int, ...]]:
        """The kept steps, rising, of those of the jobs that have any."""
        query = sa.select(_kept.job, _kept.step).where(_kept.job.in_(jobs)).order_by(_kept.job, _kept.step)
        found: dict[str, tuple[int, ...]] = {}
        with self._database.read() as connection:
            for job, step in connection.execute(query):
                found[job] = (*found.get(job, ()), step)
        return found

    def get(self, job: str, step: int | None) -> KeptState:
        """The state after `step`, or the job's latest. Raises NotKept, which names those that are kept."""
        with self._database.read() as connection:
            found = select_kept(connection, job, step)
        if found is None:
            raise NotKept(job, step, self.steps([job]).get(job, ()))
        return found


def select_kept(connection: sa.Connection, job: str, step: int | None) -> KeptState | None:
    """The job's state after `step`, or its latest, if it is kept."""
    query = sa.select(schema.kept_states).where(_kept.job == job).order_by(_kept.step.desc()).limit(1)
    row = connection.execute(query if step is None else query.where(_kept.step == step)).mappings().one_or_none()
    return None if row is None else KeptState(job=row["job"], step=row["step"], sha256=row["sha256"], at=row["at"])


def keep(connection: sa.Connection, job: str, step: int, sha256: str, at: int) -> None:
    """Keep a state; one that is kept of the step already is the same, as every attempt comes to the same bytes."""
    if select_kept(connection, job, step) is None:
        connection.execute(sa.insert(schema.kept_states), {"job": job, "step": step, "sha256": sha256, "at": at})


def keep_checkpoint(connection: sa.Connection, job: str) -> None:
    """Keep the job's newest checkpoint, if it has one."""
    query = sa.select(schema.checkpoints).where(schema.checkpoints.c.job == job)
    row = connection.execute(query).mappings().one_or_none()
    if row is not None:
        keep(connection, job, row["step"], row["sha256"], row["at"])


def drop_kept(connection: sa.Connection, job: str) -> list[str]:
    """Forget the job's kept states; returns the SHA-256 of their blobs."""
    dropped = sa.delete(schema.kept_states).where(_kept.job == job).returning(_kept.sha256)
    return list(connection.execute(dropped).scalars())
