"""The audit log: whatever is done to it shows."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from kinoform.store.audit import Act, AuditBroken, Head, entry_hash
from kinoform.store.errors import StoreError
from kinoform.store.open import Store, open_store
from kinoform.store.tenancy_schema import audit, audit_head


def act(number: int) -> Act:
    return Act(
        at=number,
        principal="key:ü",
        key_id="ü",
        method="/kinoform.job.v1.JobService/CancelJob",
        resource=f"projects/p/jobs/{number}",
        outcome="OK",
    )


def tamper(store: Store, *statements: sa.Executable) -> None:
    """What somebody can do who owns the database."""
    with store.database.write() as transaction:
        for trigger in ("audit_append_only ON audit", "audit_no_update", "audit_no_delete"):
            if ("ON" in trigger) == (transaction.connection.dialect.name == "postgresql"):
                transaction.connection.execute(sa.text(f"DROP TRIGGER IF EXISTS {trigger}"))
        for statement in statements:
            transaction.connection.execute(statement)


@pytest.fixture
def log(empty_url: str) -> Store:
    store = open_store(empty_url)
    store.audit.append([act(1), act(2)])
    store.audit.append([act(3), act(4), act(5)])
    return store


def change(column: str, value: object) -> sa.Executable:
    return sa.update(audit).where(audit.c.sequence == 3).values({column: value})


def number(old: int, new: int) -> sa.Executable:
    return sa.update(audit).where(audit.c.sequence == old).values(sequence=new)


def forged() -> Sequence[sa.Executable]:
    """Entry 3 with a fitting hash of its own."""
    false = act(99)
    previous = sa.select(audit.c.hash).where(audit.c.sequence == 2).scalar_subquery()
    return [
        sa.update(audit)
        .where(audit.c.sequence == 3)
        .values(resource=false.resource, at=99, previous_hash=previous, hash=entry_hash(3, false, "0" * 64))
    ]


DEEDS: dict[str, tuple[Callable[[], Sequence[sa.Executable]], int]] = {
    **{
        f"changed {column}": (lambda column=column, value=value: [change(column, value)], 3)  # type: ignore[misc]
        for column, value in {
            "at": 0,
            "principal": "key:other",
            "key_id": "other",
            "method": "/x",
            "resource": "projects/q",
            "outcome": "NOT_FOUND",
            "request_id": "x",
            "peer": "ipv4:1.2.3.4:5",
            "intent": "x",
            "suppressed": 1,
            "previous_hash": "0" * 64,
            "hash": "0" * 64,
        }.items()
    },
    "removed": (lambda: [sa.delete(audit).where(audit.c.sequence == 3)], 3),
    "removed, the rest moved up": (
        lambda: [sa.delete(audit).where(audit.c.sequence == 3), number(4, 3), number(5, 4)],
        3,
    ),
    "reordered": (lambda: [number(3, 9), number(4, 3), number(9, 4)], 3),
    "cut at the beginning": (lambda: [sa.delete(audit).where(audit.c.sequence == 1)], 1),
    "cut at the end": (lambda: [sa.delete(audit).where(audit.c.sequence == 5)], 5),
    "forged": (forged, 3),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_was_done_to_the_log_is_found(log: Store, deed: str) -> None:
    statements, place = DEEDS[deed]
    assert log.audit.verify().sequence == 5
    tamper(log, *statements())
    with pytest.raises(AuditBroken) as broken:
        log.audit.verify()
    assert broken.value.sequence == place
    log.close()


def test_a_log_cut_together_with_its_head_is_found_by_an_anchor(log: Store) -> None:
    kept = log.audit.head()
    [*_, fourth, _] = log.audit.entries()
    cut = sa.delete(audit).where(audit.c.sequence == 5)
    tamper(log, cut, sa.update(audit_head).values(sequence=4, hash=fourth.hash))
    assert log.audit.verify() == Head(4, fourth.hash)
    with pytest.raises(AuditBroken) as broken:
        log.audit.verify([kept])
    assert broken.value.sequence == 5
    log.audit.append([act(6)])
    with pytest.raises(AuditBroken):
        log.audit.verify([kept])
    log.close()


def test_the_database_itself_refuses_to_change_an_entry(empty_url: str) -> None:
    store = open_store(empty_url)
    store.audit.append([act(1)])
    for statement in (sa.update(audit).values(outcome="OK"), sa.delete(audit)):
        with pytest.raises((DatabaseError, StoreError)), store.database.write() as transaction:
            transaction.connection.execute(statement)
    assert store.audit.verify().sequence == 1
    store.close()


def test_several_gateways_write_one_chain(store: Store, url: str) -> None:
    others = [open_store(url) for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        for each in (store, *others):
            for place in range(10):
                pool.submit(each.audit.append, [act(place)] * 3)
    assert store.audit.verify().sequence == 120
    for other in others:
        other.close()
