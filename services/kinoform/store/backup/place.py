"""Where backups lie: dumps, each with a manifest, and the blobs that they share."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from kinoform.store.assets import CHUNK, AssetStore
from kinoform.store.backup.tables import REFERRING, Dumping, Unreadable, Values, read_lines, to_row
from kinoform.store.errors import BackupDamaged, NotFound
from kinoform.store.files import Files

FORMAT = 1
"""Of manifests and table files."""


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table as it was dumped."""

    rows: int
    sha256: str
    """Digest of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one dump holds."""

    taken_at: int
    """Microseconds since 1970, UTC."""
    made_by: str
    """Version of Kinoform."""
    revision: str
    """Of the tables."""
    tables: Mapping[str, TableFile]
    left_out: frozenset[str]
    """SHA-256 of blobs that rows name and that could not be had: those rows are not restored."""
    format: int = FORMAT

    @property
    def name(self) -> str:
        """Of the dump: names sort as their times do."""
        seconds, rest = divmod(self.taken_at, 1_000_000)
        return f"{datetime.fromtimestamp(seconds, UTC):%Y%m%dT%H%M%S}.{rest:06d}Z"

    def to_json(self) -> bytes:
        """The file."""
        return json.dumps(asdict(self) | {"left_out": sorted(self.left_out)}, indent=1).encode()

    @classmethod
    def from_json(cls, data: bytes) -> "Manifest":
        """Raises Unreadable."""
        try:
            values = json.loads(data)
            if values["format"] != FORMAT:
                raise Unreadable(f"its format is {values['format']!r}, this version reads {FORMAT}")
            tables = {name: TableFile(**file) for name, file in values.pop("tables").items()}
            found = cls(tables=tables, left_out=frozenset(values.pop("left_out")), **values)
            found.name  # noqa: B018 - whatever can't be a time shows here
            if not {table.name for table in REFERRING} <= set(tables):
                raise Unreadable(f"it names the tables {', '.join(sorted(tables))}")
        except Unreadable:
            raise
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, OSError) as error:
            raise Unreadable(f"{type(error).__name__}: {error}") from error
        return found


class Place:
    """A folder of backups. One process at a time may write there. Raises StoreFull and StoreUnavailable everywhere."""

    def __init__(self, url: str) -> None:
        """url: a local folder, or any fsspec URL."""
        self.blobs = AssetStore(url)
        self._files = Files(url)

    def dumps(self) -> list[str]:
        """Names of those that are complete, oldest first."""
        return [name for name in self.begun() if self._complete(name)]

    def begun(self) -> list[str]:
        """Names of all dumps, oldest first; those that were killed are among them."""
        return sorted(self._files.folders("dumps"))

    def manifest(self, name: str | None = None) -> Manifest:
        """Of the dump of that name, or of the newest that is complete. Raises NotFound, BackupDamaged."""
        if name is None:
            name = next((each for each in reversed(self.begun()) if self._complete(each)), None)
        if name is None or name not in self.begun():
            raise NotFound(f"a complete dump in {self.blobs.place}" if name is None else f"dump {name}")
        path = _manifest(name)
        try:
            with closing(self._files.open(path)) as file:
                found = Manifest.from_json(file.read())
        except Unreadable as error:
            raise BackupDamaged((f"{path}: {error}",)) from error
        if found.name != name:
            raise BackupDamaged((f"{path}: it is of dump {found.name}",))
        return found

    def add_table(self, name: str, dumping: Dumping, connection: sa.Connection) -> TableFile:
        """Write a table's file into a dump."""
        self._files.write(_table(name, dumping.table.name), dumping.chunks(connection))
        return TableFile(dumping.rows, dumping.sha256)

    def complete(self, manifest: Manifest) -> None:
        """Write the manifest: from now on the dump counts."""
        self._files.write(_manifest(manifest.name), [manifest.to_json()])

    def drop(self, name: str) -> None:
        """Delete a dump; its blobs stay."""
        self._files.delete(_manifest(name))  # first: what is half deleted must not count
        self._files.delete(f"dumps/{name}")

    def bad_tables(self, manifest: Manifest) -> list[str]:
        """Files of the dump's tables that are not what was written, each with what is wrong."""
        found = (self._trouble(_table(manifest.name, name), file) for name, file in manifest.tables.items())
        return [trouble for trouble in found if trouble is not None]

    def rows(self, manifest: Manifest, table: sa.Table) -> Iterator[Values]:
        """The dumped rows of a table. Raises BackupDamaged."""
        for values in self._lines(manifest, table):
            try:
                yield to_row(table, values)
            except Unreadable as error:
                raise BackupDamaged((f"{_table(manifest.name, table.name)}: {error}",)) from error

    def refers(self, manifest: Manifest) -> set[str]:
        """SHA-256 of all blobs that belong to a dump, of whatever revision. Raises BackupDamaged."""
        return {values["sha256"] for table in REFERRING for values in self._lines(manifest, table)} - manifest.left_out

    def _complete(self, name: str) -> bool:
        return self._files.size(_manifest(name)) is not None

    def _lines(self, manifest: Manifest, table: sa.Table) -> Iterator[dict[str, Any]]:
        path = _table(manifest.name, table.name)
        try:
            with closing(self._files.open(path)) as file:
                yield from read_lines(file)
        except (Unreadable, NotFound) as error:
            raise BackupDamaged((f"{path}: {error}",)) from error

    def _trouble(self, path: str, wanted: TableFile) -> str | None:
        digest = hashlib.sha256()
        try:
            with closing(self._files.open(path)) as file:
                while chunk := file.read(CHUNK):
                    digest.update(chunk)
        except NotFound:
            return f"{path}: it is missing"
        return None if digest.hexdigest() == wanted.sha256 else f"{path}: its SHA-256 is not {wanted.sha256}"


def _manifest(name: str) -> str:
    return f"dumps/{name}/manifest.json"


def _table(dump: str, name: str) -> str:
    return f"dumps/{dump}/{name}.jsonl.gz"
