"""Rows of the job store as lines of gzipped JSON, and back, the same for every database."""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, BinaryIO

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from kinoform.store import schema
from kinoform.store.open import MIGRATIONS  # brings the modules of all tables

TABLES = tuple(table for table in schema.metadata.sorted_tables if table is not schema.uploads)
"""What is backed up; those that others refer to come first. Uploads that have not ended are begun again by callers."""
REFERRING = (schema.checkpoints, schema.kept_states, schema.assets)
"""Tables that name blobs: what goes soonest comes first."""
Values = Mapping[str, Any]
_AT_ONCE = 100
_GZIP = 31
"""zlib's word for gzip's format with the largest window; it writes no time, so equal rows make equal files."""


class Unreadable(ValueError):
    """Bytes that are no rows of the table."""


class Dumping:
    """One table on its way into a file."""

    def __init__(self, table: sa.Table) -> None:
        self.table = table
        self.rows = 0
        self.refers: dict[str, None] = {}
        """SHA-256 of the blobs that rows name, in their order."""
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        """Digest of the bytes so far."""
        return self._digest.hexdigest()

    def chunks(self, connection: sa.Connection) -> Iterator[bytes]:
        """The file."""
        packer = zlib.compressobj(wbits=_GZIP)
        for line in self._lines(connection):
            yield self._counted(packer.compress(line))
        yield self._counted(packer.flush())

    def _lines(self, connection: sa.Connection) -> Iterator[bytes]:
        query = sa.select(self.table).order_by(*self.table.primary_key)
        for row in connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings():
            self.rows += 1
            if self.table in REFERRING:
                self.refers[row["sha256"]] = None
            yield to_line(self.table, row)

    def _counted(self, chunk: bytes) -> bytes:
        self._digest.update(chunk)
        return chunk


def to_line(table: sa.Table, row: sa.RowMapping) -> bytes:
    """A row; bytes become base64."""
    values = dict(row)
    for name in _binary(table):
        if values[name] is not None:
            values[name] = base64.b64encode(values[name]).decode()
    return json.dumps(values).encode() + b"\n"


def read_lines(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """What the lines of a file say, of whatever version. Raises Unreadable."""
    try:
        with gzip.open(file) as lines:
            for line in lines:
                yield json.loads(line)
    except (EOFError, gzip.BadGzipFile, zlib.error, ValueError) as error:
        raise Unreadable(str(error)) from error


def to_row(table: sa.Table, values: dict[str, Any]) -> Values:
    """A row, of what its line says. Raises Unreadable."""
    if set(values) != set(table.columns.keys()):
        raise Unreadable(f"a row has the columns {sorted(values)}")
    try:
        return values | {
            name: base64.b64decode(values[name], validate=True) for name in _binary(table) if values[name] is not None
        }
    except (TypeError, ValueError) as error:
        raise Unreadable(str(error)) from error


def in_batches(rows: Iterable[Values]) -> Iterator[list[Values]]:
    """Some at once: fewer statements, and no more memory than they need."""
    batch: list[Values] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


@cache
def head() -> str:
    """Revision of this version's tables: the last migration."""
    return str(ScriptDirectory(str(MIGRATIONS)).get_current_head())


def _binary(table: sa.Table) -> list[str]:
    return [column.name for column in table.columns if isinstance(column.type, sa.LargeBinary)]
