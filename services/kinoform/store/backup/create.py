"""Makes backups, beside everything that runs."""

from dataclasses import dataclass, replace
from importlib.metadata import version

from kinoform.store.asset_records import Assets
from kinoform.store.assets import AssetStore
from kinoform.store.backup.place import Manifest, Place
from kinoform.store.backup.tables import REFERRING, TABLES, Dumping, head
from kinoform.store.errors import DigestMismatch, NotFound
from kinoform.store.open import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What was backed up."""

    manifest: Manifest
    blobs: int
    """That the dump refers to and the backup holds."""
    new: int
    """Of them, those that earlier dumps had not brought."""
    new_bytes: int
    damaged: tuple[str, ...]
    """What is wrong with blobs that had to be left out. Those deleted meanwhile are left out, too, and not here."""


def create(store: Store, blobs: AssetStore, place: Place, *, now: int) -> Created:
    """Dump one state of the job store, and copy all blobs that it refers to and that are not there yet. Blocks.

    now: microseconds since 1970; the dump is named by it. The dump counts when all of it is there. Raises ValueError
    when both places are one.
    """
    if place.blobs.place == blobs.place:
        raise ValueError(f"a backup must lie elsewhere than the asset store, got {blobs.place} for both")
    begun = Manifest(taken_at=now, made_by=version("kinoform"), revision=head(), tables={}, left_out=frozenset())
    dumpings = {table: Dumping(table) for table in TABLES}
    with store.database.snapshot() as connection:
        tables = {table.name: place.add_table(begun.name, dumping, connection) for table, dumping in dumpings.items()}
    copying = _Copying(store.assets, blobs, place.blobs)
    # What may go at any time goes first; each once.
    for sha256 in dict.fromkeys(sha256 for table in REFERRING for sha256 in dumpings[table].refers):
        copying.take(sha256)
    manifest = replace(begun, tables=tables, left_out=frozenset(copying.left_out))
    place.complete(manifest)
    return copying.created(manifest)


class _Copying:
    """Blobs on their way into a backup."""

    def __init__(self, assets: Assets, source: AssetStore, to: AssetStore) -> None:
        self._assets = assets
        self._source = source
        self._to = to
        self._held = self._new = self._bytes = 0
        self._damaged: list[str] = []
        self.left_out: list[str] = []

    def take(self, sha256: str) -> None:
        """Copy it, or note why not."""
        trouble, wanted = self._trouble(sha256), True
        if isinstance(trouble, NotFound):
            # Who deletes a blob has forgotten before what referred to it. Where something still does, or does again,
            # the blob may have been stored anew since.
            wanted = not self._assets.unreferenced([sha256])
            trouble = self._trouble(sha256) if wanted else trouble
        if trouble is not None:
            self.left_out.append(sha256)
            if wanted:
                self._damaged.append(str(trouble))

    def created(self, manifest: Manifest) -> Created:
        """All of it."""
        return Created(
            manifest=manifest,
            blobs=self._held + self._new,
            new=self._new,
            new_bytes=self._bytes,
            damaged=tuple(self._damaged),
        )

    def _trouble(self, sha256: str) -> NotFound | DigestMismatch | None:
        if self._to.exists(sha256):
            self._held += 1
            return None
        try:
            self._bytes += self._to.copy(self._source, sha256)
        except (NotFound, DigestMismatch) as error:
            return error
        self._new += 1
        return None
