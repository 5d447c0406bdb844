"""Jobs as callers see them: submit, look up, list, cancel, retry, delete."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from kinoform.store import schema
from kinoform.store.asset_records import drop_assets_of
from kinoform.store.checkpoints import drop_checkpoint
from kinoform.store.database import Database, Transaction
from kinoform.store.errors import AlreadyExists, NotFound, NotKept, RequestIdReused, WrongState
from kinoform.store.events import insert_events
from kinoform.store.kept_states import drop_kept, keep, select_kept
from kinoform.store.order import before, turn
from kinoform.store.quotas import UNLIMITED, Limits, check_job
from kinoform.store.records import (
    Cursor,
    JobFilter,
    JobRecord,
    JobState,
    KeptState,
    PayloadFactory,
    Submission,
)
from kinoform.store.rows import Values, job_record, job_values

_jobs = schema.jobs.c


class Place(NamedTuple):
    """Of a job that waits."""

    kind: str
    ahead: int
    """Jobs of its kind whose turn comes before."""


class Jobs:
    """All jobs of all projects."""

    def __init__(self, database: Database, defaults: Limits = UNLIMITED) -> None:
        """defaults: limits of projects that have none of their own."""
        self._database = database
        self._defaults = defaults

    def create(
        self,
        submission: Submission,
        events: Sequence[PayloadFactory],
        *,
        pause_at: int | None = None,
        origin: KeptState | None = None,
    ) -> tuple[JobRecord, bool]:
        """Queue a job with its first events; once this returns, the job survives any crash.

        pause_at: steps done after which it is paused. origin: the kept state that a forked job begins with.
        A request id that was used before gives the job of that time and False. Raises RequestIdReused when the
        request of that time was another one, AlreadyExists when the name is taken, NotFound and NotKept when the origin
        is gone, QuotaExceeded.
        """
        with self._database.write() as transaction:
            row = job_values(submission, last_sequence=len(events)) | {"pause_at": pause_at}
            try:
                with transaction.connection.begin_nested():
                    transaction.connection.execute(sa.insert(schema.jobs), row)
            except IntegrityError:
                return _created_before(transaction.connection, submission), False
            insert_events(transaction.connection, submission.name, events, first=1, attempt=0, at=submission.created_at)
            if origin is not None:
                _check_kept(transaction.connection, origin)
                keep(transaction.connection, submission.name, origin.step, origin.sha256, submission.created_at)
            # Last, here and below: PostgreSQL's lock of a project always comes after those of rows, so that no two wait
            # for each other.
            check_job(transaction.connection, submission.project, self._defaults, submission.created_at)
            transaction.touch(submission.name)
            transaction.touch_queue()
            return _select(transaction.connection, submission.name), True

    def get(self, name: str) -> JobRecord:
        """The job of that name. Raises NotFound."""
        with self._database.read() as connection:
            return _select(connection, name)

    def find_request(self, project: str, request_id: str) -> JobRecord | None:
        """The job that a request id made, if any."""
        query = sa.select(schema.jobs).where(_jobs.project == project, _jobs.request_id == request_id)
        with self._database.read() as connection:
            row = connection.execute(query).mappings().one_or_none()
            return None if row is None else job_record(row)

    def list(
        self, project: str, where: JobFilter, *, page_size: int, after: Cursor | None = None
    ) -> tuple[list[JobRecord], Cursor | None]:
        """One page of a project's jobs, newest first, and where the next page begins: None at the end.

        Jobs created meanwhile change no later page.
        """
        conditions = [_jobs.project == project, *_conditions(where)]
        if after is not None:
            conditions.append(sa.tuple_(_jobs.created_at, _jobs.name) < sa.tuple_(after.created_at, after.name))
        newest = sa.select(schema.jobs).order_by(_jobs.created_at.desc(), _jobs.name.desc()).limit(page_size + 1)
        # State by state, as the index has them: the few that are wanted need not be found among all others.
        of_state = [[_jobs.state == state] for state in where.states] or [[]]
        with self._database.read() as connection:
            rows = [row for one in of_state for row in connection.execute(newest.where(*conditions, *one)).mappings()]
        rows.sort(key=lambda row: (row["created_at"], row["name"]), reverse=True)
        found = [job_record(row) for row in rows[: page_size + 1]]
        page = found[:page_size]
        if len(found) <= page_size:
            return page, None
        return page, Cursor(created_at=page[-1].submission.created_at, name=page[-1].name)

    def cancel(self, name: str, *, now: int, event: PayloadFactory) -> JobRecord:
        """Cancel a job that waits, and write the event; or ask whoever runs it to do so (`cancel_requested`).

        A job that has ended stays as it is. Raises NotFound.
        """
        with self._database.write() as transaction:
            record = _select(transaction.connection, name, lock=True)
            if record.state.terminal:
                return record
            if record.state is JobState.RUNNING:
                _update(transaction, name, {"cancel_requested": True, "updated_at": now})
            else:
                _move(transaction, record, JobState.CANCELLED, now, event, {"ended_at": now})
            return _select(transaction.connection, name)

    def pause(self, name: str, *, now: int, event: PayloadFactory) -> JobRecord:
        """Pause a job that waits, and write the event; or ask whoever runs it to do so (`pause_requested`).

        A job that is paused stays so. Raises NotFound, WrongState.
        """
        with self._database.write() as transaction:
            record = _select(transaction.connection, name, lock=True)
            if record.state.terminal:
                raise WrongState(name, record.state, "pause")
            if record.state is JobState.RUNNING:
                _update(transaction, name, {"pause_requested": True, "updated_at": now})
            elif record.state is JobState.QUEUED:
                _move(transaction, record, JobState.PAUSED, now, event, {"pause_requested": False})
            return _select(transaction.connection, name)

    def resume(self, name: str, *, pause_at: int | None, now: int, event: PayloadFactory) -> JobRecord:
        """Queue a paused job again, to be paused after `pause_at` steps, or not any more.

        A job that is not paused goes on as it is, and a pause that was only asked for is none. Raises NotFound,
        WrongState, QuotaExceeded.
        """
        with self._database.write() as transaction:
            record = _select(transaction.connection, name, lock=True)
            if record.state.terminal:
                raise WrongState(name, record.state, "continue")
            if record.state is JobState.PAUSED:
                _move(transaction, record, JobState.QUEUED, now, event, {"pause_at": pause_at})
                check_job(transaction.connection, record.submission.project, self._defaults, now)
            else:
                _update(transaction, name, {"pause_requested": False, "updated_at": now})
            return _select(transaction.connection, name)

    def retry(self, name: str, *, now: int, event: PayloadFactory) -> JobRecord:
        """Queue a failed or cancelled job again. Its event log goes on, and so does it from its checkpoint, if any.

        Raises NotFound, WrongState, QuotaExceeded.
        """
        with self._database.write() as transaction:
            record = _select(transaction.connection, name, lock=True)
            if record.state not in (JobState.FAILED, JobState.CANCELLED):
                raise WrongState(name, record.state, "retry")
            fresh: Values = {"stage": "", "step": 0, "previewed": 0, "outputs": [], "error": None, "ended_at": None}
            unasked: Values = {"cancel_requested": False, "pause_requested": False, "pause_at": None}
            _move(transaction, record, JobState.QUEUED, now, event, fresh | unasked)
            check_job(transaction.connection, record.submission.project, self._defaults, now)
            return _select(transaction.connection, name)

    def note(self, news: Mapping[str, PayloadFactory], *, now: int) -> None:
        """Write an event of each of the jobs that still wait, such as its place in the queue."""
        query = sa.select(schema.jobs).where(_jobs.name.in_(news), _jobs.state == JobState.QUEUED)
        with self._database.write() as transaction:
            # In one order everywhere, so that two gateways do not wait for each other.
            waiting = transaction.connection.execute(query.order_by(_jobs.name).with_for_update()).mappings().all()
            for row in waiting:
                _log(transaction, job_record(row), [news[row["name"]]], now)
                transaction.touch(row["name"])

    def delete(self, name: str, *, files: bool = False) -> tuple[str, ...]:
        """Forget a job that has ended, with its events, its checkpoint and kept states; with `files` its assets, too.

        Returns the SHA-256 of all blobs that nothing may need any more. Raises NotFound, WrongState.
        """
        with self._database.write() as transaction:
            record = _select(transaction.connection, name, lock=True)
            if not record.state.terminal:
                raise WrongState(name, record.state, "delete")
            checkpoint = drop_checkpoint(transaction.connection, name)
            dropped = drop_kept(transaction.connection, name)
            dropped += [] if checkpoint is None else [checkpoint]
            dropped += drop_assets_of(transaction.connection, name) if files else []
            transaction.connection.execute(sa.delete(schema.jobs).where(_jobs.name == name))
            transaction.touch(name)
            return tuple(dropped)

    def queue_position(self, name: str, *, now: int) -> int | None:
        """1 for the next job to run; None for a job that does not wait. Raises NotFound."""
        with self._database.read() as connection:
            record = _select(connection, name)
            if record.state is not JobState.QUEUED:
                return None
            asked = record.submission
            waiting = (_jobs.state == JobState.QUEUED, _jobs.kind == asked.kind)
            return 1 + _count(connection, *waiting, before(asked, now))

    def places(self, *, now: int) -> dict[str, Place]:
        """Where every job that waits stands in the queue of its kind."""
        query = sa.select(_jobs.name, _jobs.kind).where(_jobs.state == JobState.QUEUED).order_by(*turn(now))
        ahead: Counter[str] = Counter()
        found: dict[str, Place] = {}
        with self._database.read() as connection:
            for name, kind in connection.execute(query):
                found[name] = Place(kind, ahead[kind])
                ahead[kind] += 1
        return found

    def count(self, *states: JobState, project: str | None = None) -> int:
        """How many jobs are in one of the states, in one project or in all."""
        owned = [] if project is None else [_jobs.project == project]
        with self._database.read() as connection:
            return _count(connection, _jobs.state.in_(states), *owned)


def _created_before(connection: sa.Connection, submission: Submission) -> JobRecord:
    key = submission.request_key
    query = sa.select(schema.jobs).where(_jobs.project == submission.project, _jobs.request_id == key.id)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise AlreadyExists(submission.name)
    if row["request_fingerprint"] != key.fingerprint:
        raise RequestIdReused(key.id, row["name"])
    return job_record(row)


def _select(connection: sa.Connection, name: str, *, lock: bool = False) -> JobRecord:
    query = sa.select(schema.jobs).where(_jobs.name == name)
    row = connection.execute(query.with_for_update() if lock else query).mappings().one_or_none()
    if row is None:
        raise NotFound(name)
    return job_record(row)


def _check_kept(connection: sa.Connection, origin: KeptState) -> None:
    # The parent is locked, so that its deletion either comes first or finds the state in use.
    _select(connection, origin.job, lock=True)
    if select_kept(connection, origin.job, origin.step) is None:
        raise NotKept(origin.job, origin.step, ())


def _update(transaction: Transaction, name: str, values: Values) -> None:
    transaction.connection.execute(sa.update(schema.jobs).where(_jobs.name == name).values(values))
    transaction.touch(name)
    transaction.touch_queue()


def _move(
    transaction: Transaction, record: JobRecord, state: JobState, now: int, event: PayloadFactory, values: Values
) -> None:
    _log(transaction, record, [event], now)
    _update(transaction, record.name, {"state": state.value, "updated_at": now, **values})


def _log(transaction: Transaction, record: JobRecord, events: Sequence[PayloadFactory], now: int) -> None:
    status, connection = record.status, transaction.connection
    insert_events(connection, record.name, events, first=status.last_sequence + 1, attempt=status.attempt, at=now)
    counted = sa.update(schema.jobs).values(last_sequence=status.last_sequence + len(events))
    connection.execute(counted.where(_jobs.name == record.name))


def _conditions(where: JobFilter) -> list[sa.ColumnElement[bool]]:
    wanted = ((_jobs.kind, where.kinds), (_jobs.model, where.models))
    conditions: list[sa.ColumnElement[bool]] = [column.in_(values) for column, values in wanted if values]
    conditions += [_jobs.labels[key].as_string() == value for key, value in where.labels.items()]
    if where.created_after is not None:
        conditions.append(_jobs.created_at > where.created_after)
    if where.created_before is not None:
        conditions.append(_jobs.created_at < where.created_before)
    return conditions


def _count(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> int:
    return connection.execute(sa.select(sa.func.count()).select_from(schema.jobs).where(*conditions)).scalar_one()
