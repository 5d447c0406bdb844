"""The public keys that sign tokens: a JWKS from a file or an address."""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPMessage
from ipaddress import ip_address
from pathlib import Path
from threading import Lock
from typing import IO, Any
from urllib.parse import urlsplit

import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from kinoform.gateway.errors import KeysOutOfReach

_log = structlog.get_logger("kinoform.gateway.access")

ALGORITHMS: Mapping[tuple[str, str], str] = {
    ("RSA", ""): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
"""By a key's type and curve. The key says how it signs, never the token: nothing here verifies `none` or HS256."""
REFRESH_S = 300.0
"""Age at which keys are read again."""
USELESS_S = 3600.0
"""Age at which they count no more, should they stay out of reach."""
UNKNOWN_S = 30.0
"""Least time between two reads for the sake of a key id that is not there: anybody can make one up."""
MOST_BYTES = 2**20
FEWEST_RSA_BITS = 2048
ANSWER_S = 5.0


class BadJwks(ValueError):
    """No keys can be taken from there."""

    def __init__(self, source: str, detail: str) -> None:
        super().__init__(source, detail)
        self.source = source
        self.detail = detail

    def __str__(self) -> str:
        return f"--jwks {self.source}: {self.detail}"


class Jwks:
    """Keys by their id, read again from time to time. May be used from any thread; its methods block."""

    def __init__(self, fetch: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        """fetch: the JSON; raises OSError. clock: seconds that never go back."""
        self._fetch = fetch
        self._clock = clock
        self._turn = Lock()
        self._keys: Mapping[str, PyJWK] = {}
        self._read_at: float | None = None
        self._tried_at: float | None = None

    def find(self, key_id: str) -> PyJWK | None:
        """The key of that id; None if there is none. Raises KeysOutOfReach."""
        with self._turn:
            age = self._age(self._read_at)
            wanted = age > REFRESH_S or key_id not in self._keys
            if wanted and self._age(self._tried_at) > UNKNOWN_S:
                self._refresh()
            if self._age(self._read_at) > USELESS_S:
                raise KeysOutOfReach
            return self._keys.get(key_id)

    def _age(self, at: float | None) -> float:
        return float("inf") if at is None else self._clock() - at

    def _refresh(self) -> None:
        self._tried_at = self._clock()
        try:
            self._keys = keys_in(self._fetch())
            self._read_at = self._tried_at
        except (OSError, ValueError) as error:
            _log.warning("JWKS not read", error=str(error))


def keys_in(text: bytes) -> Mapping[str, PyJWK]:
    """The usable keys of a JWKS, by id; those of other kinds are left out. Raises ValueError for what is no JWKS."""
    match json.loads(text):
        case {"keys": [*entries]}:
            return {entry["kid"]: key for entry in entries if (key := _usable(entry)) is not None}
    raise ValueError("not a JWKS: it has no list `keys`")


def jwks_from(source: str) -> Jwks:
    """Keys in a file, or at an https address (http on this machine alone). Raises BadJwks."""
    parts = urlsplit(source)
    if parts.scheme == "https" or (parts.scheme == "http" and _loopback(parts.hostname or "")):
        return Jwks(lambda: _download(source))
    if parts.scheme == "http":
        raise BadJwks(source, "must be https, unless it is on this machine: whoever is in between could sign tokens")
    path = Path(source)
    try:
        keys_in(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadJwks(source, str(error)) from error
    return Jwks(path.read_bytes)


def _usable(entry: Any) -> PyJWK | None:
    match entry:
        case {"kty": str(kty), "kid": str()} if "d" not in entry and entry.get("use", "sig") == "sig":
            algorithm = ALGORITHMS.get((kty, str(entry.get("crv", ""))))
        case _:
            return None
    if algorithm is None or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        key = PyJWK(entry, algorithm)
    except PyJWTError:
        return None
    weak = isinstance(key.key, RSAPublicKey) and key.key.key_size < FEWEST_RSA_BITS
    return None if weak else key


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class _StayThere(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None  # a redirect could lead away from https


def _download(address: str) -> bytes:
    with urllib.request.build_opener(_StayThere).open(address, timeout=ANSWER_S) as answer:
        text: bytes = answer.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise OSError(f"more than {MOST_BYTES} bytes")
    return text
