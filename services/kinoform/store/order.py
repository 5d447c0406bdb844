"""Whose turn it is among jobs that wait: the highest priority, then the earliest deadline to come, then the oldest."""

from typing import Any

import sqlalchemy as sa

from kinoform.store import schema
from kinoform.store.records import Submission

NEVER = 2**63 - 1
"""Counts as the deadline of a job that has none, or whose deadline has passed: nothing favours it any more."""

_jobs = schema.jobs.c


def turn(now: int) -> tuple[sa.ColumnElement[Any], ...]:
    """To order by. now: microseconds since 1970."""
    return _jobs.priority.desc(), _due(now), _jobs.created_at, _jobs.name


def rank(now: int) -> tuple[sa.ColumnElement[Any], ...]:
    """What `turn` orders by, as values of which the least comes first."""
    return -_jobs.priority, _due(now), _jobs.created_at, _jobs.name


def before(asked: Submission, now: int) -> sa.ColumnElement[bool]:
    """Whether a job's turn comes before that of the given one."""
    due = NEVER if asked.deadline is None or asked.deadline <= now else asked.deadline
    later = sa.tuple_(sa.literal(due, sa.BigInteger), sa.literal(asked.created_at, sa.BigInteger), asked.name)
    earlier = sa.tuple_(_due(now), _jobs.created_at, _jobs.name) < later
    return sa.or_(_jobs.priority > asked.priority, sa.and_(_jobs.priority == asked.priority, earlier))


def _due(now: int) -> sa.ColumnElement[int]:
    return sa.case((_jobs.deadline > now, _jobs.deadline), else_=sa.literal(NEVER, sa.BigInteger))
