"""Checks backups, and restores them into empty stores."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from kinoform.store import schema, tenancy_schema
from kinoform.store.assets import AssetStore
from kinoform.store.backup.place import Manifest, Place
from kinoform.store.backup.tables import REFERRING, TABLES, Values, head, in_batches
from kinoform.store.errors import BackupDamaged, DigestMismatch, NotEmpty, NotFound, OtherVersion
from kinoform.store.open import Store
from kinoform.store.records import JobState

_jobs = schema.jobs.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A dump in which all is well."""

    manifest: Manifest
    blobs: int
    """That it refers to."""


def verify(place: Place, dump: str | None = None) -> Checked:
    """Check a dump, or the newest, and every blob that it refers to. Blocks.

    Raises NotFound, BackupDamaged with all that is wrong.
    """
    manifest, wanted = _checked(place, dump)
    bad = list(_bad_blobs(place.blobs, wanted))
    if bad:
        raise BackupDamaged(tuple(bad))
    return Checked(manifest=manifest, blobs=len(wanted))


def restore(place: Place, store: Store, blobs: AssetStore, *, now: int, dump: str | None = None) -> Checked:
    """Put a dump, or the newest, into stores that are empty. Blocks.

    Every table and blob is checked before a row is written; rows are written all, or none. Blobs of this dump may be
    in the asset store already: a restore that was cut off is begun again. now: microseconds since 1970. Raises
    NotFound, OtherVersion, NotEmpty, BackupDamaged with all that is wrong.
    """
    if place.blobs.place == blobs.place:
        raise ValueError(f"a backup must lie elsewhere than the asset store, got {blobs.place} for both")
    manifest, wanted = _checked(place, dump)
    if manifest.revision != head():
        raise OtherVersion(manifest.name, manifest.made_by, manifest.revision, head())
    if set(manifest.tables) != {table.name for table in TABLES}:
        raise BackupDamaged((f"dump {manifest.name} has the tables {', '.join(sorted(manifest.tables))}",))
    with store.database.snapshot() as connection:
        _demand_empty(connection)
    if foreign := next((blob.sha256 for blob in blobs.blobs() if blob.sha256 not in wanted), None):
        raise NotEmpty((f"blob {foreign} in {blobs.place}",))
    bad = list(_bad_copies(place.blobs, blobs, wanted))
    if bad:
        raise BackupDamaged(tuple(bad))
    with store.database.write() as transaction:
        _demand_empty(transaction.connection)
        _insert(transaction.connection, place, manifest)
        _end_leases(transaction.connection, now)
        _set_counters(transaction.connection)
        transaction.touch_queue()
    return Checked(manifest=manifest, blobs=len(wanted))


def _checked(place: Place, dump: str | None) -> tuple[Manifest, set[str]]:
    manifest = place.manifest(dump)
    bad = place.bad_tables(manifest)
    if bad:
        raise BackupDamaged(tuple(bad))
    return manifest, place.refers(manifest)


def _bad_blobs(blobs: AssetStore, wanted: set[str]) -> Iterator[str]:
    for sha256 in sorted(wanted):
        try:
            blobs.verify(sha256)
        except (NotFound, DigestMismatch) as error:
            yield str(error)


def _bad_copies(source: AssetStore, to: AssetStore, wanted: set[str]) -> Iterator[str]:
    for sha256 in sorted(wanted):
        if next(_bad_blobs(to, {sha256}), None) is not None:
            try:
                to.copy(source, sha256)
            except (NotFound, DigestMismatch) as error:
                yield str(error)


def _demand_empty(connection: sa.Connection) -> None:
    found = []
    for table in (*TABLES, schema.uploads):
        rows = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        if rows and table is not tenancy_schema.audit_head:
            found.append(f"{rows} rows of {table.name}")
    if found:
        raise NotEmpty(tuple(found))


def _insert(connection: sa.Connection, place: Place, manifest: Manifest) -> None:
    connection.execute(sa.delete(tenancy_schema.audit_head))  # every store has that row from the start
    origins: set[tuple[str, int]] = set()
    for table in TABLES:
        for rows in in_batches(place.rows(manifest, table)):
            if table is schema.jobs:
                origins |= {(row["name"], row["origin_step"]) for row in rows if row["origin_step"] is not None}
            kept = [row for row in rows if not _lost(table, row, manifest.left_out, origins)]
            if kept:
                connection.execute(sa.insert(table), kept)


def _lost(table: sa.Table, row: Values, left_out: frozenset[str], origins: set[tuple[str, int]]) -> bool:
    if table not in REFERRING or row["sha256"] not in left_out:
        return False
    # A fork that lost the state it began with must fail and say so; without the row it would begin with noise.
    return table is not schema.kept_states or (row["job"], row["step"]) not in origins


def _end_leases(connection: sa.Connection, now: int) -> None:
    """Nobody runs the restored jobs: gateways take them up at once, wherever the clock stands here."""
    running = sa.and_(_jobs.state == JobState.RUNNING, _jobs.lease_expires_at > now)
    connection.execute(sa.update(schema.jobs).where(running).values(lease_expires_at=now))


def _set_counters(connection: sa.Connection) -> None:
    """SQLite counts on from the highest id; PostgreSQL's counters know nothing of rows that came with theirs."""
    if connection.dialect.name != "postgresql":
        return
    for table in TABLES:
        column = table.autoincrement_column
        if column is not None:
            counter = sa.func.pg_get_serial_sequence(table.name, column.name)
            highest = sa.select(sa.func.coalesce(sa.func.max(column), 0) + 1).scalar_subquery()
            connection.execute(sa.select(sa.func.setval(counter, highest, False)))
