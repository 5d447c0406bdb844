"""The key that files are signed with, and its certificate."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from kinoform.media.provenance.errors import BadIdentity

KEY, CERTIFICATE = "signing key", "signing certificate"
_CURVES: dict[str, tuple[str, hashes.HashAlgorithm]] = {
    "secp256r1": ("ES256", hashes.SHA256()),
    "secp384r1": ("ES384", hashes.SHA384()),
    "secp521r1": ("ES512", hashes.SHA512()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningFiles:
    """What signing is told at start. Every machine that signs needs the files."""

    key: Path
    """Private key, PEM, not encrypted: P-256, P-384, P-521 or Ed25519."""
    certificate: Path
    """Its certificate and those that lead to the root, PEM, in this order."""
    tsa: str | None = None
    """URL of a timestamping authority (RFC 3161). Signed files then tell when, so no two signatures are alike."""
    prompts: bool = False
    """Put prompts into the credentials in words, not only their SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A signer whose signatures of equal bytes are equal."""

    algorithm: str
    """COSE's name: `ES256`, …"""
    chain: str
    """PEM."""
    sign: Callable[[bytes], bytes]
    """The raw signature, as COSE wants it."""
    secret: bytes
    """Known to whoever has the key: what is derived from it can't be guessed by others."""

    def derive(self, *parts: str) -> bytes:
        """32 bytes that look random, always the same for the same parts."""
        return hmac.digest(self.secret, "\n".join(parts).encode(), "sha256")


def read_identity(files: SigningFiles) -> Identity:
    """Reads key and certificate. Raises BadIdentity, also when they do not belong together."""
    key, chain = _key(files.key), _chain(files.certificate)
    if key.public_key() != chain[0].public_key():
        raise BadIdentity(CERTIFICATE, f"the first one in {files.certificate} is not that of the key in {files.key}")
    algorithm, sign = _signing(key)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Identity(
        algorithm=algorithm,
        chain="".join(each.public_bytes(serialization.Encoding.PEM).decode() for each in chain),
        sign=sign,
        secret=hmac.digest(der, b"kinoform: salts of content credentials", "sha256"),
    )


_Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def _key(path: Path) -> _Key:
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise BadIdentity(KEY, f"{path} can't be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise BadIdentity(KEY, f"{path} is no unencrypted private key in PEM") from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return key
    # RSA signs by PSS, with chance: equal jobs would end in other bytes.
    raise BadIdentity(KEY, f"{path} must be a P-256, P-384, P-521 or Ed25519 key")


def _chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except OSError as error:
        raise BadIdentity(CERTIFICATE, f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise BadIdentity(CERTIFICATE, f"{path} holds no certificate in PEM") from error


def _signing(key: _Key) -> tuple[str, Callable[[bytes], bytes]]:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ED25519", key.sign
    algorithm, digest = _CURVES[key.curve.name]
    length = (key.curve.key_size + 7) // 8
    by_rfc_6979 = ec.ECDSA(digest, deterministic_signing=True)

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(data, by_rfc_6979))
        return r.to_bytes(length, "big") + s.to_bytes(length, "big")

    return algorithm, sign


def fingerprint(identity: Identity) -> str:
    """SHA-256 of the certificate chain, hexadecimal."""
    return hashlib.sha256(identity.chain.encode()).hexdigest()
