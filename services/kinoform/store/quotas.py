"""How much a project may have, and has. Counted inside the transaction that would add to it."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields

import sqlalchemy as sa

from kinoform.store.database import Database
from kinoform.store.errors import QuotaExceeded
from kinoform.store.records import JobState
from kinoform.store.schema import assets, jobs, uploads
from kinoform.store.tenancy_schema import quotas, runs

DAY_US = 86_400_000_000
QUEUE_MOVES_S = 10.0
"""When a full queue is worth another try."""
STORAGE_FREES_S = 3600.0
"""When a full store is: somebody has to delete something."""
_LOCKS = 0x71756F74
"""Class of PostgreSQL's advisory locks of projects that are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a project may have; None: as much as it likes."""

    queued_jobs: int | None = None
    """Jobs that wait at once."""
    compute_seconds_per_day: int | None = None
    """Running time of its jobs in one day, UTC. What runs when it is used up runs on."""
    storage_bytes: int | None = None
    """Its assets, with what open uploads have declared. Outputs of accepted jobs are always stored."""
    requests_per_minute: int | None = None
    """Calls of one principal through one gateway."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and value < 0:
                raise ValueError(f"{each.name} must be 0 or more, got {value}")

    def over(self, defaults: "Limits") -> "Limits":
        """These, and the defaults where these say nothing."""
        mine = {each.name: getattr(self, each.name) for each in fields(self)}
        return Limits(**{name: getattr(defaults, name) if value is None else value for name, value in mine.items()})


UNLIMITED = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a project has now."""

    queued_jobs: int
    compute_seconds_per_day: int
    storage_bytes: int


class Quotas:
    """The settings of projects. All methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def set(self, project: str, limits: Limits) -> None:
        """Replace a project's limits."""
        values = {each.name: getattr(limits, each.name) for each in fields(limits)}
        with self._database.write() as transaction:
            transaction.connection.execute(sa.delete(quotas).where(quotas.c.project == project))
            transaction.connection.execute(sa.insert(quotas).values(project=project, **values))

    def list(self) -> Mapping[str, Limits]:
        """Every project that has limits of its own."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(quotas).order_by(quotas.c.project)).mappings().all()
        return {row["project"]: _limits(row) for row in rows}

    def usage(self, project: str, *, now: int) -> Usage:
        """What a project has now."""
        with self._database.read() as connection:
            return Usage(
                queued_jobs=_queued(connection, project),
                compute_seconds_per_day=_compute_seconds(connection, project, now),
                storage_bytes=_stored(connection, project),
            )


def check_job(connection: sa.Connection, project: str, defaults: Limits, now: int) -> None:
    """After a job was put into the queue, before that is committed. Raises QuotaExceeded: nothing is committed then."""
    limits = _settled(connection, project, defaults)
    if limits.queued_jobs is not None:
        _demand(project, "queued_jobs", limits.queued_jobs, _queued(connection, project), QUEUE_MOVES_S)
    if limits.compute_seconds_per_day is not None:
        used = _compute_seconds(connection, project, now)
        until_midnight = (DAY_US - now % DAY_US) / 1e6
        # A job begins only while there is some time left; what it will take is not known yet.
        _demand(project, "compute_seconds_per_day", limits.compute_seconds_per_day, used + 1, until_midnight)
    if limits.storage_bytes is not None:
        stored = _stored(connection, project)
        _demand(project, "storage_bytes", limits.storage_bytes, stored + 1, STORAGE_FREES_S)


def check_storage(connection: sa.Connection, project: str, defaults: Limits) -> None:
    """After an asset or an upload was written, before that is committed. Raises QuotaExceeded."""
    limits = _settled(connection, project, defaults)
    if limits.storage_bytes is not None:
        _demand(project, "storage_bytes", limits.storage_bytes, _stored(connection, project), STORAGE_FREES_S)


def begin_run(connection: sa.Connection, job: str, project: str, *, now: int, lost_at: int) -> None:
    """An attempt begins. lost_at: when an earlier one that was never ended can have run at the latest."""
    end_runs(connection, job, now=min(now, lost_at))
    connection.execute(sa.insert(runs).values(job=job, project=project, started_at=now))


def end_runs(connection: sa.Connection, job: str, *, now: int) -> None:
    """Whatever attempt of the job was running runs no more."""
    # A gateway whose clock is behind must not make a run of negative length.
    ended = sa.case((runs.c.started_at > now, runs.c.started_at), else_=now)
    open_runs = sa.update(runs).where(runs.c.job == job, runs.c.ended_at.is_(None))
    connection.execute(open_runs.values(ended_at=ended))


def _settled(connection: sa.Connection, project: str, defaults: Limits) -> Limits:
    row = connection.execute(sa.select(quotas).where(quotas.c.project == project)).mappings().one_or_none()
    limits = defaults if row is None else _limits(row).over(defaults)
    if limits != UNLIMITED and connection.dialect.name == "postgresql":
        # Two transactions at once would each count without the other's row. SQLite has one writer anyway.
        key = zlib.crc32(project.encode()) - 2**31
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCKS, key)))
    return limits


def _demand(project: str, quota: str, limit: int, used: int, retry_after_s: float) -> None:
    if used > limit:
        raise QuotaExceeded(project, quota, limit, used, retry_after_s)


def _queued(connection: sa.Connection, project: str) -> int:
    query = sa.select(sa.func.count()).select_from(jobs)
    query = query.where(jobs.c.project == project, jobs.c.state == JobState.QUEUED.value)
    return connection.execute(query).scalar_one()


def _compute_seconds(connection: sa.Connection, project: str, now: int) -> int:
    midnight = now - now % DAY_US
    ended = sa.func.coalesce(runs.c.ended_at, now)
    begun = sa.case((runs.c.started_at < midnight, midnight), else_=runs.c.started_at)
    today = sa.or_(runs.c.ended_at.is_(None), runs.c.ended_at > midnight)
    query = sa.select(sa.func.coalesce(sa.func.sum(ended - begun), 0)).where(runs.c.project == project, today)
    return int(connection.execute(query).scalar_one()) // 1_000_000


def _stored(connection: sa.Connection, project: str) -> int:
    total = 0
    for table in (assets, uploads):
        query = sa.select(sa.func.coalesce(sa.func.sum(table.c.size), 0)).where(table.c.project == project)
        total += int(connection.execute(query).scalar_one())
    return total


def _limits(row: sa.RowMapping) -> Limits:
    return Limits(**{name: value for name, value in row.items() if name != "project"})
