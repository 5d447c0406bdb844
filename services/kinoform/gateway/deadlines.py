"""By when a job should be done, as its request says."""

from collections.abc import Iterator
from datetime import timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from kinoform.gateway.errors import Violation
from kinoform.gateway.resolve.requests import KeyedRequest

LONGEST = timedelta(days=30)


def objections_to_deadline(request: KeyedRequest, now: int) -> Iterator[Violation]:
    """What is wrong with the request's deadline: it has passed, or lies too far away. now: microseconds since 1970."""
    if not request.HasField("deadline"):
        return
    deadline = _microseconds(request.deadline)
    if deadline <= now:
        yield Violation("deadline", f"must be in the future, is {_named(request.deadline)}")
    elif deadline > now + LONGEST // timedelta(microseconds=1):
        yield Violation("deadline", f"must be at most {LONGEST.days} days away, is {_named(request.deadline)}")


def take_deadline(request: KeyedRequest) -> int | None:
    """The deadline in microseconds since 1970, None without one; gone from the request.

    For a resolved request says what is made: sent again, at whatever time, it makes the same.
    """
    if not request.HasField("deadline"):
        return None
    deadline = _microseconds(request.deadline)
    request.ClearField("deadline")
    return deadline


def _microseconds(at: Timestamp) -> int:
    return at.seconds * 1_000_000 + at.nanos // 1000


def _named(at: Timestamp) -> str:
    try:
        return at.ToJsonString()
    except ValueError:
        return f"no time at all: {at.seconds} s and {at.nanos} ns"
