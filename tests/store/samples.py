"""Jobs to put into the store."""

from kinoform.store.open import Store
from kinoform.store.records import Claim, EventRecord, JobFilter, JobRecord, RequestKey, Submission

KINDS = frozenset({"video"})
ALL = JobFilter()
SECOND = 1_000_000


def name_of(number: int) -> str:
    return f"projects/p/jobs/j{number:03d}"


def submission(
    number: int,
    *,
    priority: int = 0,
    deadline: int | None = None,
    created_at: int | None = None,
    request_id: str | None = None,
    fingerprint: str = "f",
    labels: dict[str, str] | None = None,
    model: str = "kino-mini",
    project: str = "p",
) -> Submission:
    """A job that is like any other but for what is given."""
    return Submission(
        name=name_of(number),
        project=project,
        kind="video",
        model=model,
        request=b"\x00request\xff",
        request_type="kinoform.video.v1.GenerateVideoRequest",
        request_key=RequestKey(id=request_id or f"r{number}", fingerprint=fingerprint),
        created_at=number if created_at is None else created_at,
        priority=priority,
        deadline=deadline,
        labels=labels or {},
        warnings=("a word outside the vocabulary",),
    )


def queued(sequence: int) -> bytes:
    return b"queued %d" % sequence


def news(sequence: int) -> bytes:
    return b"news %d" % sequence


def submit(store: Store, *numbers: int) -> list[JobRecord]:
    return [store.jobs.create(submission(number), [queued])[0] for number in numbers]


def lease(store: Store, owner: str = "gateway", *, now: int = 1000, ttl: int = 10 * SECOND) -> Claim:
    """A lease of the next job, which there must be."""
    claim = store.leases.lease_next(owner, now=now, ttl=ttl, kinds=KINDS)
    assert claim is not None
    return claim


def sequences(events: list[EventRecord]) -> list[int]:
    return [event.sequence for event in events]
