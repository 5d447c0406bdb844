"""API keys in a file: the simple form, for one team. Each opens all projects."""

import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path

from kinoform.gateway.access.principal import Principal
from kinoform.store.keys import EVERY_PROJECT, Role


class KeyFile:
    """The keys of a file, kept as digests."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = [_digest(key) for key in keys]

    def principal(self, token: str) -> Principal | None:
        """Whose key it is; None for a stranger's."""
        digest = _digest(token)
        # Every key is compared, so that the time tells nothing about which one was near.
        if not any([hmac.compare_digest(digest, known) for known in self._digests]):  # noqa: C419
            return None
        return Principal(name=f"file:{digest[:8]}", projects=frozenset({EVERY_PROJECT}), role=Role.ADMIN)


def read_keys(path: Path) -> KeyFile:
    """The keys in a file, one a line; empty lines and lines that begin with # count for nothing."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return KeyFile(line for line in lines if line and not line.startswith("#"))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()
