"""Opens the job store that a URL names."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import URL, make_url

from kinoform.store.asset_records import Assets
from kinoform.store.audit import Audit
from kinoform.store.database import Database
from kinoform.store.errors import StoreUnavailable
from kinoform.store.events import Events
from kinoform.store.jobs import Jobs
from kinoform.store.kept_states import KeptStates
from kinoform.store.keys import Keys
from kinoform.store.leases import Leases
from kinoform.store.notify import Notifier, Watcher
from kinoform.store.quotas import UNLIMITED, Limits, Quotas
from kinoform.store.retention import FOREVER, Retention, Terms
from kinoform.store.upload_records import Uploads
from kinoform.store.watch_sqlite import SqliteWatcher

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The job store: what Kinoform remembers of jobs and assets. All of it may be used from any thread."""

    jobs: Jobs
    events: Events
    leases: Leases
    kept: KeptStates
    assets: Assets
    uploads: Uploads
    keys: Keys
    audit: Audit
    quotas: Quotas
    retention: Retention
    notifier: Notifier
    database: Database

    def close(self) -> None:
        """Stop the watcher thread and close all connections."""
        self.notifier.close()
        self.database.close()


def open_store(url: str, defaults: Limits = UNLIMITED, terms: Terms = FOREVER) -> Store:
    """Open a store, making or migrating its tables first.

    url: sqlite:////absolute/path.db or postgresql+psycopg://user@host/database. defaults, terms: of projects that
    have none of their own. Raises StoreUnavailable, ValueError.
    """
    parsed = make_url(url)
    engine = _engine(parsed)
    try:
        migrate(engine)
    except sa.exc.OperationalError as error:
        raise StoreUnavailable(str(error.orig)) from error
    notifier = Notifier(_watcher(parsed))
    database = Database(engine, notifier)
    notifier.start()
    return Store(
        jobs=Jobs(database, defaults),
        kept=KeptStates(database),
        events=Events(database),
        leases=Leases(database),
        assets=Assets(database, defaults),
        uploads=Uploads(database, defaults),
        keys=Keys(database),
        audit=Audit(database),
        quotas=Quotas(database),
        retention=Retention(database, terms),
        notifier=notifier,
        database=database,
    )


def migrate(engine: sa.Engine) -> None:
    """Bring the tables up to this version. Two processes may do it at once."""
    if _up_to_date(engine):
        return
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    writing = engine.execution_options(kinoform_begin="IMMEDIATE")
    with writing.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _up_to_date(engine: sa.Engine) -> bool:
    """Whether there is nothing to do: found out in a fraction of the time that alembic takes to be set up."""
    newest = max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))
    with engine.begin() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return False
        return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [newest]


_BUSY_S = 30
"""How long a statement waits for another process's transaction."""
_MIGRATION_LOCK = 0x6B696E6F


def _engine(url: URL) -> sa.Engine:
    # Parameters are hidden: an error would carry prompts and digests into the logs.
    if url.get_backend_name() == "postgresql":
        return sa.create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True, hide_parameters=True)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise ValueError(f"a job store is sqlite:////path or postgresql+psycopg://…, got {url.render_as_string()}")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    _use_wal(url.database)
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_S}, hide_parameters=True)
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _use_wal(path: str) -> None:
    """Let readers and a writer work at the same time; the file remembers it."""
    deadline = time.monotonic() + _BUSY_S
    while True:
        try:
            with closing(sqlite3.connect(path, timeout=_BUSY_S)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            # The switch does not wait for other connections as statements do.
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise StoreUnavailable(f"{path}: {error}") from error
            time.sleep(0.01)


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    connection.isolation_level = None  # the driver would begin transactions late and at its own will
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")  # what callers delete is overwritten, not just unlinked
    connection.execute("PRAGMA foreign_keys=ON")


def _begin_sqlite(connection: sa.Connection) -> None:
    kind = connection.get_execution_options().get("kinoform_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {kind}")


def _watcher(url: URL) -> Watcher:
    if url.get_backend_name() == "sqlite":
        return SqliteWatcher(str(url.database))
    from kinoform.store.watch_postgres import PostgresWatcher  # only who uses PostgreSQL needs its driver

    return PostgresWatcher(url.set(drivername="postgresql").render_as_string(hide_password=False))
