"""API keys in the job store: who may call, in which projects, as what."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from kinoform.store.database import Database
from kinoform.store.errors import NotFound, WrongState
from kinoform.store.rows import Row
from kinoform.store.tenancy_schema import api_keys

EVERY_PROJECT = "*"
PREFIX = "kf"
_PROJECT = re.compile(r"[a-z0-9-]{1,63}")
_ID_BYTES, _SECRET_BYTES = 8, 32
_keys = api_keys.c


class Role(StrEnum):
    """What a caller may do in his projects. Each may do what those before it may."""

    VIEWER = "viewer"
    """Read and download."""
    MEMBER = "member"
    """Make, change and delete."""
    ADMIN = "admin"
    """Whatever else is offered to callers."""

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Role).index(self)


class BadKeySetting(ValueError):
    """A key can't be made so."""

    def __init__(self, field: str, value: str, rule: str) -> None:
        super().__init__(field, value, rule)
        self.field = field
        self.value = value
        self.rule = rule

    def __str__(self) -> str:
        return f"{self.field} must be {self.rule}, got {self.value!r}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRecord:
    """A key, but for its secret. Times are microseconds since 1970, UTC."""

    id: str
    projects: tuple[str, ...]
    """Project ids; or `*` alone, for all."""
    role: Role
    label: str
    digest: str
    created_at: int
    former_digest: str | None = None
    """Of the secret before the last rotation."""
    former_until: int | None = None
    expires_at: int | None = None
    revoked_at: int | None = None
    last_used_at: int | None = None
    """To within an hour."""

    def accepts(self, secret: str, now: int) -> bool:
        """Whether the secret opens it now."""
        found = digest_of(secret)
        current = hmac.compare_digest(found, self.digest)
        former = hmac.compare_digest(found, self.former_digest or "")
        in_grace = self.former_until is not None and now < self.former_until
        return self.alive(now) and (current or (former and in_grace))

    def alive(self, now: int) -> bool:
        """Neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def digest_of(secret: str) -> str:
    """SHA-256, hexadecimal."""
    # Slow hashes guard passwords, which can be guessed. This secret is 256 random bits: nobody can try them all at any
    # speed, and a slow hash would let strangers keep the gateway busy.
    return hashlib.sha256(secret.encode()).hexdigest()


def parse(key: str) -> tuple[str, str] | None:
    """Id and secret of `kf_<id>_<secret>`; None for anything else."""
    parts = key.split("_", 2)
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == PREFIX and parts[1] and parts[2] else None


class Keys:
    """Makes, finds and ends keys. All methods block."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self, projects: Collection[str], role: Role, *, label: str = "", now: int, expires_at: int | None = None
    ) -> tuple[KeyRecord, str]:
        """A new key, and its whole text, which nobody can ever read again. Raises BadKeySetting."""
        record = KeyRecord(
            id=secrets.token_hex(_ID_BYTES),
            projects=_checked(projects),
            role=role,
            label=label,
            digest=digest_of(secret := secrets.token_urlsafe(_SECRET_BYTES)),
            created_at=now,
            expires_at=expires_at,
        )
        values = {
            "id": record.id,
            "projects": list(record.projects),
            "role": role.value,
            "label": label,
            "digest": record.digest,
            "created_at": now,
            "expires_at": expires_at,
        }
        with self._database.write() as transaction:
            transaction.connection.execute(sa.insert(api_keys).values(values))
        return record, f"{PREFIX}_{record.id}_{secret}"

    def list(self) -> Sequence[KeyRecord]:
        """All keys that were ever made, oldest first."""
        with self._database.read() as connection:
            found = connection.execute(sa.select(api_keys).order_by(_keys.created_at, _keys.id)).mappings()
            return [_record(row) for row in found]

    def rotate(self, key_id: str, *, now: int, grace: int) -> str:
        """A new secret; the one before opens for `grace` microseconds more. Raises NotFound, WrongState."""
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        with self._database.write() as transaction:
            record = _locked(transaction.connection, key_id)
            if not record.alive(now):
                raise WrongState(key_id, "revoked or expired", "rotate")
            values = {"digest": digest_of(secret), "former_digest": record.digest, "former_until": now + grace}
            transaction.connection.execute(sa.update(api_keys).where(_keys.id == key_id).values(values))
        return f"{PREFIX}_{key_id}_{secret}"

    def revoke(self, key_id: str, *, now: int) -> KeyRecord:
        """End a key for good; one that was revoked before stays as it is. Raises NotFound."""
        with self._database.write() as transaction:
            record = _locked(transaction.connection, key_id)
            if record.revoked_at is None:
                ended = sa.update(api_keys).where(_keys.id == key_id).values(revoked_at=now)
                transaction.connection.execute(ended)
            return _locked(transaction.connection, key_id)

    def used(self, key_id: str, *, at: int) -> None:
        """Remember when a key was used."""
        with self._database.write() as transaction:
            transaction.connection.execute(sa.update(api_keys).where(_keys.id == key_id).values(last_used_at=at))


def _checked(projects: Collection[str]) -> tuple[str, ...]:
    if not projects or (EVERY_PROJECT in projects and len(projects) > 1):
        raise BadKeySetting("project", ", ".join(projects), f"one or more projects, or {EVERY_PROJECT} alone")
    for project in projects:
        if project != EVERY_PROJECT and not _PROJECT.fullmatch(project):
            raise BadKeySetting("project", project, f"1 to 63 of a-z, 0-9 and -, or {EVERY_PROJECT}")
    return tuple(dict.fromkeys(projects))


def _locked(connection: sa.Connection, key_id: str) -> KeyRecord:
    query = sa.select(api_keys).where(_keys.id == key_id).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(f"key {key_id}")
    return _record(row)


def _record(row: Row) -> KeyRecord:
    return KeyRecord(**{**row, "projects": tuple(row["projects"]), "role": Role(row["role"])})
