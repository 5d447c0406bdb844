"""Deletes a project with all that is known of it."""

from dataclasses import dataclass

import sqlalchemy as sa

from kinoform.store import schema
from kinoform.store.assets import AssetStore
from kinoform.store.errors import StoreError
from kinoform.store.open import Store
from kinoform.store.records import TERMINAL
from kinoform.store.tenancy_schema import quotas, retention, runs

_AT_ONCE = 500


class StillBusy(StoreError):
    """Jobs of the project have not ended."""

    def __init__(self, project: str, unended: int) -> None:
        super().__init__(project, unended)
        self.project = project
        self.unended = unended

    def __str__(self) -> str:
        return f"projects/{self.project} has {self.unended} jobs that have not ended: cancel them first"


@dataclass(frozen=True, slots=True)
class Erased:
    """What was deleted."""

    jobs: int
    assets: int
    bytes: int
    """Of blobs that no other project has."""


def erase(store: Store, blobs: AssetStore, project: str) -> Erased:
    """Delete a project's jobs, events, states, files, uploads, quotas and terms. What the audit log says of it stays.

    Blocks. Raises StillBusy: nothing is deleted then.
    """
    digests: set[str] = set()
    uploads: list[str] = []
    with store.database.write() as transaction:
        connection = transaction.connection
        mine = sa.select(schema.jobs.c.name).where(schema.jobs.c.project == project)
        unended = connection.execute(mine.where(schema.jobs.c.state.not_in(TERMINAL))).scalars().all()
        if unended:
            raise StillBusy(project, len(unended))
        for states in (schema.checkpoints, schema.kept_states):
            digests.update(connection.execute(sa.select(states.c.sha256).where(states.c.job.in_(mine))).scalars())
        jobs = connection.execute(sa.delete(schema.jobs).where(schema.jobs.c.project == project)).rowcount
        gone = sa.delete(schema.assets).where(schema.assets.c.project == project).returning(schema.assets.c.sha256)
        files = connection.execute(gone).scalars().all()
        digests.update(files)
        begun = sa.delete(schema.uploads).where(schema.uploads.c.project == project).returning(schema.uploads.c.id)
        uploads += connection.execute(begun).scalars()
        for table in (quotas, retention, runs):
            connection.execute(sa.delete(table).where(table.c.project == project))
    for upload in uploads:
        blobs.abort(upload)
    size = _drop(store, blobs, sorted(digests))
    store.database.scrub()
    return Erased(jobs=jobs, assets=len(files), bytes=size)


def _drop(store: Store, blobs: AssetStore, digests: list[str]) -> int:
    size = 0
    for first in range(0, len(digests), _AT_ONCE):
        for digest in store.assets.unreferenced(digests[first : first + _AT_ONCE]):
            size += blobs.size(digest) or 0
            blobs.delete(digest)
    return size
