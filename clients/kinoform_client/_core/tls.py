"""Whom to trust with grpcs, and what to show."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kinoform_client._core.address import Address
from kinoform_client.errors import invalid

File = str | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """PEM texts; None: the system's authorities, or no certificate."""

    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = None


def tls(
    address: Address,
    ca: File | None = None,
    certificate: tuple[File, File] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Tls:
    """Arguments first, then KINOFORM_CA, and KINOFORM_CERTIFICATE with KINOFORM_KEY. Raises InvalidArgumentError."""
    for name, given in (("ca", ca), ("certificate", certificate)):
        if given is not None and not address.tls:
            raise invalid(name, f"needs a grpcs:// address, got {address}")
    if not address.tls:
        return Tls()
    ca = ca or environment.get("KINOFORM_CA") or None
    chain, key = certificate or (environment.get("KINOFORM_CERTIFICATE"), environment.get("KINOFORM_KEY"))
    if bool(chain) != bool(key):
        raise invalid("certificate", "KINOFORM_CERTIFICATE and KINOFORM_KEY need each other")
    return Tls(ca=_read("ca", ca), certificate=_read("certificate", chain), key=_read("certificate", key))


def _read(name: str, path: File | None) -> bytes | None:
    if not path:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise invalid(name, f"can't be read: {error}") from error
