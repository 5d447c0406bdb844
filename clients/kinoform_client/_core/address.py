"""Where the server is, and who says so."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address

from kinoform_client.errors import invalid

DEFAULT_ADDRESS = "grpc://127.0.0.1:50051"


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed server address."""

    target: str
    """What gRPC dials: `host:port`."""
    tls: bool

    def __str__(self) -> str:
        return f"{'grpcs' if self.tls else 'grpc'}://{self.target}"

    @property
    def loopback(self) -> bool:
        """The server is on this machine."""
        host = self.target.rpartition(":")[0].strip("[]")
        if host == "localhost":
            return True
        try:
            return ip_address(host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Settings:
    """Address, key and where each came from."""

    address: Address
    address_source: str
    """`argument`, `KINOFORM_ADDRESS` or `default`."""
    api_key: str | None
    api_key_source: str
    """`argument`, `KINOFORM_API_KEY` or `none`."""


def parse_address(text: str) -> Address:
    """`grpc://host:port`, `grpcs://host:port` (TLS) or `host:port`. Raises InvalidArgumentError."""
    scheme, separator, rest = text.strip().rpartition("://")
    if scheme not in ("", "grpc", "grpcs") or (separator and not scheme):
        raise invalid("address", f"must begin with grpc:// or grpcs://, got {text!r}")
    host, _, port = rest.rstrip("/").rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise invalid("address", f"must be grpc://HOST:PORT, got {text!r}")
    return Address(f"{host}:{port}", scheme == "grpcs")


def settings(
    address: str | None = None, api_key: str | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Arguments first, then KINOFORM_ADDRESS and KINOFORM_API_KEY, then the default."""
    source, text = "argument", address
    if not text:
        source, text = "KINOFORM_ADDRESS", environment.get("KINOFORM_ADDRESS")
    if not text:
        source, text = "default", DEFAULT_ADDRESS
    key_source, key = "argument", api_key
    if not key:
        key_source, key = "KINOFORM_API_KEY", environment.get("KINOFORM_API_KEY")
    if not key:
        key_source, key = "none", None
    return Settings(parse_address(text), source, key, key_source)
