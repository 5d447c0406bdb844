"""The audit log: who did what, when, and how it ended. Only appended to; each entry carries the hash of the one before.

So a changed, removed or reordered entry shows. The end of the log can be cut by whoever owns the database unless a head
(sequence and hash) was kept elsewhere: `verify` takes such heads as anchors.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa

from kinoform.store import tenancy_schema as schema
from kinoform.store.database import Database
from kinoform.store.errors import StoreError

GENESIS = "0" * 64
"""Hash before the first entry."""
PAGE = 1000
_audit = schema.audit.c
_head = schema.audit_head.c


class AuditBroken(StoreError):
    """The log is not what was written."""

    def __init__(self, sequence: int, detail: str) -> None:
        super().__init__(sequence, detail)
        self.sequence = sequence
        self.detail = detail

    def __str__(self) -> str:
        return f"audit entry {self.sequence}: {self.detail}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What is written of a call. Holds nothing that a request says in free text."""

    at: int
    """Microseconds since 1970, UTC."""
    principal: str
    """`key:ID`, `jwt:SUBJECT`, …; empty where nobody was recognised."""
    key_id: str = ""
    method: str
    """`/kinoform.video.v1.VideoService/GenerateVideo`"""
    resource: str
    """`projects/{p}` or a name below it; empty if the request named none."""
    outcome: str
    """BEGUN, or the name of the status code that the call ended with."""
    request_id: str = ""
    peer: str = ""
    """Address of the caller."""
    intent: str = ""
    """The same random text in the BEGUN entry of a call and in that of its end."""
    suppressed: int = 0
    """Refused calls since the entry before that were too many to be written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An act in its place in the chain."""

    sequence: int
    act: Act
    previous_hash: str
    hash: str

    def to_json(self) -> str:
        """One line."""
        whole = {"sequence": self.sequence, **asdict(self.act), "previous_hash": self.previous_hash, "hash": self.hash}
        return json.dumps(whole, ensure_ascii=False, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain."""

    sequence: int
    hash: str


def entry_hash(sequence: int, act: Act, previous_hash: str) -> str:
    """SHA-256 of the entry's canonical JSON: sorted keys, no spaces, ASCII."""
    whole: Mapping[str, object] = {"sequence": sequence, "previous_hash": previous_hash, **asdict(act)}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class Audit:
    """Appends, reads, checks. All methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, acts: Sequence[Act]) -> Head:
        """Add acts to the chain, all or none; what this returned is stored."""
        with self._database.write() as transaction:
            # The locked row makes all gateways write one after the other: the chain never forks.
            query = sa.select(_head.sequence, _head.hash).where(_head.id == 1).with_for_update()
            head = Head(*transaction.connection.execute(query).one())
            rows = []
            for act in acts:
                previous, head = head, _after(head, act)
                chained = {"sequence": head.sequence, "previous_hash": previous.hash, "hash": head.hash}
                rows.append(asdict(act) | chained)
            transaction.connection.execute(sa.insert(schema.audit), rows)
            moved = sa.update(schema.audit_head).where(_head.id == 1).values(sequence=head.sequence, hash=head.hash)
            transaction.connection.execute(moved)
        return head

    def head(self) -> Head:
        """The end of the chain as it stands."""
        with self._database.read() as connection:
            return Head(*connection.execute(sa.select(_head.sequence, _head.hash).where(_head.id == 1)).one())

    def entries(self, after: int = 0) -> Iterator[Entry]:
        """All entries above a sequence number, in order, read page by page."""
        while True:
            query = sa.select(schema.audit).where(_audit.sequence > after).order_by(_audit.sequence).limit(PAGE)
            with self._database.read() as connection:
                page = [_entry(row) for row in connection.execute(query).mappings()]
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1].sequence

    def verify(self, anchors: Sequence[Head] = ()) -> Head:
        """Check the whole chain; returns its end. Raises AuditBroken at the first entry that is wrong.

        anchors: heads kept from earlier; they must still be in the chain.
        """
        wanted: dict[int, set[str]] = defaultdict(set)
        for head in (self.head(), *anchors):
            wanted[head.sequence].add(head.hash)
        last = Head(0, GENESIS)
        for entry in self.entries():
            if entry.sequence != last.sequence + 1:
                raise AuditBroken(last.sequence + 1, "is missing")
            if entry.previous_hash != last.hash or entry.hash != entry_hash(entry.sequence, entry.act, last.hash):
                raise AuditBroken(entry.sequence, "was changed")
            last = Head(entry.sequence, entry.hash)
            if wanted.pop(last.sequence, {last.hash}) != {last.hash}:
                raise AuditBroken(last.sequence, "is not the one that was written then")
        if cut := [sequence for sequence in wanted if sequence > last.sequence]:
            raise AuditBroken(min(cut), "is missing")
        return last


def _after(head: Head, act: Act) -> Head:
    return Head(head.sequence + 1, entry_hash(head.sequence + 1, act, head.hash))


def _entry(row: sa.RowMapping) -> Entry:
    fields = dict(row)
    sequence, previous, own = fields.pop("sequence"), fields.pop("previous_hash"), fields.pop("hash")
    return Entry(sequence, Act(**fields), previous, own)
