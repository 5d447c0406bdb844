"""A certificate authority for tests, and signers that it vouches for."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kinoform.media.provenance.identity import SigningFiles

PEM = serialization.Encoding.PEM
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
_BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class Authority:
    """Signs certificates of signers."""

    def __init__(self, name: str = "Test Authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self.certificate = (
            _begun(self._name, self._name, self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signer=False), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.anchors = self.certificate.public_bytes(PEM).decode()
        """PEM."""

    def signing(
        self, folder: Path, *, key: Key | None = None, name: str = "Test Studio", usages: Sequence[object] | None = None
    ) -> SigningFiles:
        """Key and chain of a signer, in the folder. usages: other extended key usages than C2PA's."""
        key = key or ec.generate_private_key(ec.SECP256R1())
        allowed = [ExtendedKeyUsageOID.EMAIL_PROTECTION] if usages is None else list(usages)
        leaf = (
            _begun(_name(name), self._name, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signer=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage(allowed), critical=False)  # type: ignore[arg-type]
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        folder.mkdir(exist_ok=True)
        files = SigningFiles(key=folder / "key.pem", certificate=folder / "chain.pem")
        files.key.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        files.certificate.write_bytes(leaf.public_bytes(PEM) + self.certificate.public_bytes(PEM))
        return files


def _begun(name: x509.Name, issuer: x509.Name, key: Key) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_BEGIN + datetime.timedelta(days=3650))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, f"{common_name} Ltd"), (NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


def _usage(*, signer: bool) -> x509.KeyUsage:
    no = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only"), False
    )
    return x509.KeyUsage(
        digital_signature=signer, key_cert_sign=not signer, crl_sign=not signer, decipher_only=False, **no
    )
