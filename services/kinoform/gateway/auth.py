"""API keys: who may call. Off unless a key file is given."""

import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path

from kinoform.gateway.errors import Unauthenticated

Metadata = Iterable[tuple[str, str | bytes]]


class ApiKeys:
    """The keys that this server accepts, kept as digests."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [_digest(key) for key in keys]

    def check(self, metadata: Metadata) -> None:
        """Raises Unauthenticated unless the call's metadata carry one of the keys."""
        offered = _offered(metadata)
        if offered is None:
            raise Unauthenticated
        digest = _digest(offered)
        # Every key is compared, so that the time tells nothing about which one was near.
        if not any([hmac.compare_digest(digest, known) for known in self._digests]):  # noqa: C419
            raise Unauthenticated


def read_keys(path: Path) -> ApiKeys:
    """The keys in a file, one a line; empty lines and lines that begin with # count for nothing."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return ApiKeys(line for line in lines if line and not line.startswith("#"))


def _offered(metadata: Metadata) -> str | None:
    values = {key.lower(): value if isinstance(value, str) else value.decode() for key, value in metadata}
    if "x-api-key" in values:
        return values["x-api-key"]
    scheme, _, key = values.get("authorization", "").partition(" ")
    return key if scheme.lower() == "bearer" and key else None


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
