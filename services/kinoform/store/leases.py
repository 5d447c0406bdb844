"""Who runs a job. Every write of a runner is fenced by the attempt number of its lease."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from kinoform.store import schema
from kinoform.store.asset_records import insert_assets
from kinoform.store.checkpoints import drop_checkpoint, replace_checkpoint, select_checkpoint
from kinoform.store.database import Database, Transaction
from kinoform.store.errors import Fenced
from kinoform.store.events import insert_events
from kinoform.store.kept_states import keep, keep_checkpoint, select_kept
from kinoform.store.order import rank, turn
from kinoform.store.quotas import begin_run, end_runs
from kinoform.store.records import (
    TERMINAL,
    AssetRecord,
    CheckpointRecord,
    Claim,
    JobState,
    JobUpdate,
    KeptState,
    Lease,
    PayloadFactory,
)
from kinoform.store.rows import Row, Values, job_record, output_values

CLOCK_SKEW_US = 60_000_000
"""Clocks of gateways may differ by this much. A lease that ends later than any of them could grant is cut short."""

_jobs = schema.jobs.c
NOTHING = JobUpdate()


class Leases:
    """Hands jobs to runners and takes their results. Times are the caller's clock, in microseconds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def lease_next(self, owner: str, *, now: int, ttl: int, kinds: Collection[str]) -> Claim | None:
        """Lease the next job of these kinds, if any: see `kinoform.store.order`.

        Jobs whose lease has run out are taken over. No two callers ever get the same attempt of a job.
        """
        with self._database.write() as transaction:
            _cut_impossible_leases(transaction.connection, now + ttl)
            waiting = (_jobs.state == JobState.QUEUED,)
            left = (_jobs.state == JobState.RUNNING, _jobs.lease_expires_at <= now)
            first = [_first(transaction.connection, condition, kinds, now) for condition in (waiting, left)]
            found = [tuple(row) for row in first if row is not None]
            if not found:
                return None
            row = _row(transaction.connection, min(found)[-1])
            return _grant(transaction, row, owner, now, now + ttl)

    def renew(self, lease: Lease, *, now: int, ttl: int) -> Lease | None:
        """The lease made longer, or None when it is lost: stop the job's run then."""
        with self._database.write() as transaction:
            changed = transaction.connection.execute(_held(lease).values(lease_expires_at=now + ttl))
        if changed.rowcount == 0:
            return None
        return Lease(job=lease.job, owner=lease.owner, attempt=lease.attempt, expires_at=now + ttl)

    def release(self, lease: Lease, *, now: int) -> None:
        """Put the job back into the queue; its checkpoint stays. Does nothing when the lease is lost already."""
        values: Values = {"state": JobState.QUEUED.value, "updated_at": now, **_NO_LEASE}
        with self._database.write() as transaction:
            if transaction.connection.execute(_held(lease).values(values)).rowcount:
                end_runs(transaction.connection, lease.job, now=now)
                transaction.touch(lease.job)
                transaction.touch_queue()

    def append_events(
        self,
        lease: Lease,
        events: Sequence[PayloadFactory],
        *,
        now: int,
        update: JobUpdate = NOTHING,
        assets: Sequence[AssetRecord] = (),
    ) -> int:
        """Write events, the changes that they tell of, and the assets that came with them: all, or nothing.

        Returns the sequence number of the last. Raises Fenced when the lease is lost, AlreadyExists for an asset.
        """
        with self._database.write() as transaction:
            values = _update_values(update, now)
            statement = _held(lease).values(values | {"last_sequence": _jobs.last_sequence + len(events)})
            returning = statement.returning(_jobs.last_sequence)
            last: int | None = transaction.connection.execute(returning).scalar_one_or_none()
            if last is None:
                raise Fenced(lease.job, lease.attempt)
            first = last - len(events) + 1
            insert_events(transaction.connection, lease.job, events, first=first, attempt=lease.attempt, at=now)
            insert_assets(transaction.connection, assets)
            transaction.touch(lease.job)
            if update.state is JobState.PAUSED:
                keep_checkpoint(transaction.connection, lease.job)
            if update.state is not None:
                transaction.touch_queue()
                if update.state is not JobState.RUNNING:
                    end_runs(transaction.connection, lease.job, now=now)
            return last

    def append_event(
        self,
        lease: Lease,
        event: PayloadFactory,
        *,
        now: int,
        update: JobUpdate = NOTHING,
        assets: Sequence[AssetRecord] = (),
    ) -> int:
        """Write one event, as `append_events` does; returns its sequence number."""
        return self.append_events(lease, [event], now=now, update=update, assets=assets)

    def save_checkpoint(
        self, lease: Lease, sha256: str, *, step: int, now: int, kept: bool = False
    ) -> CheckpointRecord | None:
        """Make a blob the job's checkpoint; returns the one that it replaces. Raises Fenced.

        kept: whether it is to stay when others replace it.
        """
        with self._database.write() as transaction:
            if transaction.connection.execute(_held(lease).values(updated_at=now)).rowcount == 0:
                raise Fenced(lease.job, lease.attempt)
            new = CheckpointRecord(job=lease.job, attempt=lease.attempt, sha256=sha256, step=step, at=now)
            if kept:
                keep(transaction.connection, lease.job, step, sha256, now)
            return replace_checkpoint(transaction.connection, new)

    def checkpoint(self, job: str) -> CheckpointRecord | None:
        """The job's newest checkpoint, if it has one."""
        with self._database.read() as connection:
            return select_checkpoint(connection, job)

    def drop_checkpoint(self, job: str) -> str | None:
        """Forget the checkpoint of a job that has ended; returns the SHA-256 of its blob, if it had one.

        Does nothing, and returns None, while the job may still need it.
        """
        with self._database.write() as transaction:
            query = sa.select(_jobs.state).where(_jobs.name == job).with_for_update()
            state = transaction.connection.execute(query).scalar_one_or_none()
            return drop_checkpoint(transaction.connection, job) if state in TERMINAL else None

    def owners(self) -> list[str]:
        """Who runs jobs now, or has died running some."""
        query = sa.select(_jobs.lease_owner).where(_jobs.state == JobState.RUNNING).distinct()
        with self._database.read() as connection:
            return sorted(connection.execute(query).scalars())

    def expire(self, owner: str, *, now: int) -> int:
        """End the leases of an owner that is known to be dead; returns how many there were."""
        theirs = sa.and_(_jobs.state == JobState.RUNNING, _jobs.lease_owner == owner)
        with self._database.write() as transaction:
            ended = sa.update(schema.jobs).where(theirs).values(lease_expires_at=now)
            count = transaction.connection.execute(ended).rowcount
            if count:
                transaction.touch_queue()
        return count

    def next_wakeup(self, *, kinds: Collection[str]) -> int | None:
        """When the next lease runs out, unless renewed. None while nothing of these kinds runs."""
        query = sa.select(sa.func.min(_jobs.lease_expires_at)).where(
            _jobs.state == JobState.RUNNING, _jobs.kind.in_(kinds)
        )
        with self._database.read() as connection:
            earliest: int | None = connection.execute(query).scalar_one()
        return earliest


def _first(
    connection: sa.Connection, condition: Iterable[sa.ColumnElement[bool]], kinds: Collection[str], now: int
) -> sa.Row[Any] | None:
    """Locks the job whose turn it is; what it is ordered by, its name last."""
    query = sa.select(*rank(now)).where(*condition, _jobs.kind.in_(kinds)).order_by(*turn(now)).limit(1)
    return connection.execute(query.with_for_update(skip_locked=True)).one_or_none()


def _row(connection: sa.Connection, name: str) -> Row:
    return connection.execute(sa.select(schema.jobs).where(_jobs.name == name)).mappings().one()


_NO_LEASE: Values = {"lease_owner": None, "lease_expires_at": None}


def _held(lease: Lease) -> sa.Update:
    return sa.update(schema.jobs).where(
        _jobs.name == lease.job,
        _jobs.attempt == lease.attempt,
        _jobs.lease_owner == lease.owner,
        _jobs.state == JobState.RUNNING,
    )


def _cut_impossible_leases(connection: sa.Connection, latest: int) -> None:
    # Only a clock set back leaves such a lease; its holder, if it lives, renews within the time that stays.
    impossible = sa.and_(_jobs.state == JobState.RUNNING, _jobs.lease_expires_at > latest + CLOCK_SKEW_US)
    connection.execute(sa.update(schema.jobs).where(impossible).values(lease_expires_at=latest))


def _grant(transaction: Transaction, row: Row, owner: str, now: int, expires_at: int) -> Claim:
    values: Values = {
        "state": JobState.RUNNING.value,
        "attempt": row["attempt"] + 1,
        "lease_owner": owner,
        "lease_expires_at": expires_at,
        "started_at": row["started_at"] or now,
        "updated_at": now,
    }
    statement = sa.update(schema.jobs).where(_jobs.name == row["name"]).values(values).returning(*schema.jobs.columns)
    granted = transaction.connection.execute(statement).mappings().one()
    lost_at = row["lease_expires_at"] or now
    begin_run(transaction.connection, row["name"], row["project"], now=now, lost_at=lost_at)
    transaction.touch(row["name"])
    return Claim(
        lease=Lease(job=row["name"], owner=owner, attempt=granted["attempt"], expires_at=expires_at),
        record=job_record(granted),
        checkpoint=select_checkpoint(transaction.connection, row["name"]),
        origin=_origin(transaction.connection, row),
    )


def _origin(connection: sa.Connection, row: Row) -> KeptState | None:
    return None if row["origin_step"] is None else select_kept(connection, row["name"], row["origin_step"])


def _update_values(update: JobUpdate, now: int) -> Values:
    values: Values = {"updated_at": now}
    if update.state is not None:
        values["state"] = update.state.value
        if update.state is not JobState.RUNNING:
            values |= _NO_LEASE
        if update.state.terminal:
            values["ended_at"] = now
        if update.state is JobState.PAUSED:
            values["pause_requested"] = False
    plain = {"stage": update.stage, "step": update.step, "steps": update.steps, "previewed": update.previewed}
    values |= {name: value for name, value in plain.items() if value is not None}
    if update.warnings is not None:
        values["warnings"] = list(update.warnings)
    if update.outputs is not None:
        values["outputs"] = output_values(update.outputs)
    if update.error is not None:
        values["error"] = update.error
    return values
