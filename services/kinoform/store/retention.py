"""How long things are kept, and which are due to be deleted."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import NamedTuple

import sqlalchemy as sa

from kinoform.store import schema
from kinoform.store.database import Database
from kinoform.store.records import TERMINAL, AssetRecord
from kinoform.store.rows import asset_record
from kinoform.store.tenancy_schema import retention

SETTLED_US = 3_600_000_000
"""From expiry to deletion. What has expired is given to no new job, and one that was accepted just before is stored by
then: what it names is kept for it."""
_assets = schema.assets.c
_jobs = schema.jobs.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How long a project's things are kept, in microseconds; None: until somebody deletes them."""

    files: int | None = None
    """Assets, since they were stored."""
    jobs: int | None = None
    """Jobs with their requests, events and states, since they ended."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None and value <= 0:
                raise ValueError(f"{each.name} must be above 0, got {value}")

    def over(self, defaults: "Terms") -> "Terms":
        """These, and the defaults where these say nothing."""
        own = zip(astuple(self), astuple(defaults), strict=True)
        files, jobs = (default if value is None else value for value, default in own)
        return Terms(files=files, jobs=jobs)

    def file_expires(self, created_at: int) -> int | None:
        """When an asset expires, microseconds since 1970, UTC."""
        return None if self.files is None else created_at + self.files

    def job_expires(self, ended_at: int | None) -> int | None:
        """When a job expires that ended then."""
        return None if self.jobs is None or ended_at is None else ended_at + self.jobs


FOREVER = Terms()


class DueJob(NamedTuple):
    """An ended job that has expired."""

    ended_at: int
    name: str
    project: str


class Retention:
    """The settings of projects, and what they come to. All methods block."""

    def __init__(self, database: Database, defaults: Terms = FOREVER) -> None:
        """defaults: terms of projects that have none of their own."""
        self._database = database
        self._defaults = defaults

    def set(self, project: str, terms: Terms) -> None:
        """Replace a project's terms."""
        with self._database.write() as transaction:
            transaction.connection.execute(sa.delete(retention).where(retention.c.project == project))
            values = {"project": project, "files": terms.files, "jobs": terms.jobs}
            transaction.connection.execute(sa.insert(retention).values(values))

    def list(self) -> Mapping[str, Terms]:
        """Every project that has terms of its own."""
        with self._database.read() as connection:
            rows = connection.execute(sa.select(retention).order_by(retention.c.project)).mappings().all()
        return {row["project"]: Terms(files=row["files"], jobs=row["jobs"]) for row in rows}

    def of(self, project: str) -> Terms:
        """A project's terms."""
        query = sa.select(retention).where(retention.c.project == project)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
        return self._defaults if row is None else Terms(files=row["files"], jobs=row["jobs"]).over(self._defaults)

    def files_due(self, *, now: int, after: AssetRecord | None = None, limit: int = 500) -> Sequence[AssetRecord]:
        """Expired assets, the oldest first, but none whose job has not ended. after: the last one of a page before."""
        expires = self._expires(_assets.created_at, retention.c.files, self._defaults.files)
        unended = sa.select(_jobs.name).where(_jobs.name == _assets.job, _jobs.state.not_in(TERMINAL))
        query = sa.select(schema.assets).outerjoin(retention, retention.c.project == _assets.project)
        query = query.where(_assets.created_at <= now - SETTLED_US, expires <= now - SETTLED_US, ~unended.exists())
        if after is not None:
            query = query.where(sa.tuple_(_assets.created_at, _assets.name) > sa.tuple_(after.created_at, after.name))
        query = query.order_by(_assets.created_at, _assets.name).limit(limit)
        with self._database.read() as connection:
            return [asset_record(row) for row in connection.execute(query).mappings()]

    def jobs_due(self, *, now: int, after: DueJob | None = None, limit: int = 500) -> Sequence[DueJob]:
        """Ended jobs that have expired, the oldest first. after: the last one of the page before."""
        expires = self._expires(_jobs.ended_at, retention.c.jobs, self._defaults.jobs)
        query = sa.select(_jobs.ended_at, _jobs.name, _jobs.project)
        query = query.outerjoin(retention, retention.c.project == _jobs.project)
        query = query.where(_jobs.ended_at <= now - SETTLED_US, expires <= now - SETTLED_US, _jobs.state.in_(TERMINAL))
        if after is not None:
            query = query.where(sa.tuple_(_jobs.ended_at, _jobs.name) > sa.tuple_(after.ended_at, after.name))
        query = query.order_by(_jobs.ended_at, _jobs.name).limit(limit)
        with self._database.read() as connection:
            return [DueJob(*row) for row in connection.execute(query)]

    def _expires(
        self, since: sa.ColumnElement[int], own: sa.ColumnElement[int], default: int | None
    ) -> sa.ColumnElement[int]:
        # NULL where nothing expires: no comparison with it holds.
        return since + sa.func.coalesce(own, sa.literal(default, sa.BigInteger))
