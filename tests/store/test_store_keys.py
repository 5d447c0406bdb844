"""API keys: made, found, rotated, revoked; nothing that is stored opens anything."""

import pytest
import sqlalchemy as sa

from kinoform.store.errors import NotFound, WrongState
from kinoform.store.keys import BadKeySetting, KeyRecord, Role, parse
from kinoform.store.open import Store
from kinoform.store.tenancy_schema import api_keys
from tests.store.samples import SECOND


def found(store: Store, key_id: str) -> KeyRecord:
    return next(record for record in store.keys.list() if record.id == key_id)


def secret_of(key: str) -> str:
    parts = parse(key)
    assert parts is not None
    return parts[1]


def test_a_key_opens_and_the_store_holds_nothing_that_does(store: Store) -> None:
    record, key = store.keys.create(["p", "q"], Role.VIEWER, label="a render farm", now=1)
    assert parse(key) == (record.id, secret_of(key))
    assert found(store, record.id) == record
    assert record.accepts(secret_of(key), 2)
    assert not record.accepts(secret_of(key)[:-1], 2)
    assert not record.accepts("", 2)
    assert not record.accepts(record.digest, 2)
    with store.database.read() as connection:
        [row] = connection.execute(sa.select(api_keys)).all()
    assert secret_of(key) not in str(row)


def test_a_key_expires_on_time(store: Store) -> None:
    record, key = store.keys.create(["p"], Role.MEMBER, now=1, expires_at=10)
    assert [record.accepts(secret_of(key), now) for now in (9, 10)] == [True, False]


def test_a_rotated_key_opens_for_the_grace_time_alone(store: Store) -> None:
    record, before = store.keys.create(["p"], Role.MEMBER, now=1)
    after = store.keys.rotate(record.id, now=10, grace=5)
    rotated = found(store, record.id)
    assert [rotated.accepts(secret_of(before), now) for now in (14, 15)] == [True, False]
    assert rotated.accepts(secret_of(after), 15)
    last = store.keys.rotate(record.id, now=11, grace=5)
    again = found(store, record.id)
    assert [again.accepts(secret_of(key), 12) for key in (before, after, last)] == [False, True, True]


def test_a_revoked_key_opens_nothing_and_stays_revoked(store: Store) -> None:
    record, key = store.keys.create(["*"], Role.ADMIN, now=1)
    newer = store.keys.rotate(record.id, now=2, grace=SECOND)
    assert store.keys.revoke(record.id, now=3).revoked_at == 3
    assert store.keys.revoke(record.id, now=4).revoked_at == 3
    gone = found(store, record.id)
    assert not gone.accepts(secret_of(key), 3)
    assert not gone.accepts(secret_of(newer), 3)
    with pytest.raises(WrongState):
        store.keys.rotate(record.id, now=5, grace=0)


def test_an_unknown_key_is_said_to_be_so(store: Store) -> None:
    with pytest.raises(NotFound):
        store.keys.revoke("0" * 16, now=1)


@pytest.mark.parametrize("projects", [[], ["*", "p"], ["P"], ["projects/p"], ["p\n"], [""]])
def test_a_key_for_no_project_is_refused(store: Store, projects: list[str]) -> None:
    with pytest.raises(BadKeySetting) as refused:
        store.keys.create(projects, Role.MEMBER, now=1)
    assert refused.value.field == "project"


@pytest.mark.parametrize("text", ["", "kf", "kf_", "kf_a", "kf_a_", "kf__b", "sk_a_b", "a.b.c"])
def test_what_is_no_key_is_none(text: str) -> None:
    assert parse(text) is None
