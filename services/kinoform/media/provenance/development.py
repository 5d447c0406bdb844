"""A certificate for those who have none: it shows how signed files look, and nobody trusts it."""

import datetime
import os
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kinoform.media.provenance.identity import SigningFiles

SUBJECT = "Kinoform DEVELOPMENT - not trusted"
YEARS = 10
_PEM = serialization.Encoding.PEM


def development_paths(folder: Path) -> tuple[Path, Path]:
    """Where key and certificate lie in that folder."""
    return folder / "development.key", folder / "development.pem"


def development_files(folder: Path) -> SigningFiles:
    """The development certificate in that folder; made if there is none. Raises OSError.

    One process at a time: whoever holds the data folder.
    """
    key_file, certificate_file = development_paths(folder)
    if not certificate_file.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key, chain = issue(SUBJECT, now=datetime.datetime.now(datetime.UTC))
        # The certificate last, and at once: a start that is killed between the two makes both anew.
        _write(key_file, _private_pem(key))
        _write(certificate_file, b"".join(each.public_bytes(_PEM) for each in chain))
    return SigningFiles(key=key_file, certificate=certificate_file)


def issue(subject: str, *, now: datetime.datetime) -> tuple[ec.EllipticCurvePrivateKey, list[x509.Certificate]]:
    """A key with its certificate and that of an authority made for it alone, whose own key is forgotten."""
    authority_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority_name, name = _name(f"{subject}, authority"), _name(subject)
    authority = (
        _begun(authority_name, authority_name, authority_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    # What C2PA's certificate profile asks of a claim signer.
    leaf = (
        _begun(name, authority_name, key, now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    return key, [leaf, authority]


def _begun(
    name: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=365 * YEARS))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, SUBJECT),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
