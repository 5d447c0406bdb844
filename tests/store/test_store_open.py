"""Opening a store: tables, durability, URLs."""

import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from kinoform.store import schema
from kinoform.store.errors import StatementRefused, StoreUnavailable
from kinoform.store.open import open_store


def test_the_migrations_make_the_tables_of_the_schema(empty_url: str) -> None:
    store = open_store(empty_url)
    with store.database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    store.close()


def test_several_processes_may_open_an_empty_database_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(open_store, [empty_url] * 4))
    for store in stores:
        store.close()


def test_sqlite_survives_a_power_loss(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/jobs.db")
    with store.database.read() as connection:
        settings = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    store.close()
    assert settings == ["wal", 2]


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql+pymysql://localhost/x"])
def test_a_store_that_would_lose_jobs_is_refused(url: str) -> None:
    with pytest.raises((ValueError, sa.exc.NoSuchModuleError)):
        open_store(url)


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        open_store(f"postgresql+psycopg://nobody@/nothing?host={tmp_path}")
    (tmp_path / "jobs.db").mkdir()
    with pytest.raises(StoreUnavailable):
        open_store(f"sqlite:///{tmp_path}/jobs.db")


def test_errors_of_the_database_tell_no_values(url: str) -> None:
    store = open_store(url)
    with pytest.raises(StatementRefused) as refused, store.database.write() as transaction:
        transaction.connection.execute(sa.insert(schema.jobs), [{"name": "mandrake"}])
    said = "".join(traceback.format_exception(refused.value)).replace('{"name": "mandrake"}', "")
    assert "mandrake" not in said
    store.close()
