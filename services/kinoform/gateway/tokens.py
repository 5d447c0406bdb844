"""Page tokens: opaque to callers, and good only for the listing that they came from."""

import base64
import binascii
import hashlib
import json

from google.protobuf.message import Message

from kinoform.gateway.errors import BadRequest, Violation
from kinoform.store.records import Cursor

_VERSION = 1


def fingerprint(*parts: Message | str) -> str:
    """Digest of what a listing was asked for: a token must come back with the same."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part.SerializeToString(deterministic=True)
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()[:16]


def encode(cursor: Cursor | None, listing: str) -> str:
    """The token of the next page; empty for None. listing: `fingerprint` of the request."""
    if cursor is None:
        return ""
    body = json.dumps([_VERSION, listing, cursor.created_at, cursor.name]).encode()
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def decode(token: str, listing: str) -> Cursor | None:
    """Where the page begins; None for the first. Raises BadRequest for a token of another listing, or none at all."""
    if not token:
        return None
    try:
        body = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        raise _refused("is not a token of this server") from None
    match body:
        case [int(version), str(), int(), str()] if version != _VERSION:
            raise _refused(f"is of version {version}; begin again at the first page")
        case [int(), str(asked), int(created_at), str(name)]:
            if asked != listing:
                raise _refused("belongs to a listing with other fields; begin again at the first page")
            return Cursor(created_at=created_at, name=name)
    raise _refused("is not a token of this server")


def _refused(description: str) -> BadRequest:
    return BadRequest([Violation("page_token", description)])
