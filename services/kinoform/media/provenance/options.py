"""Signing on command lines: what is typed, and how one process hands it to the next."""

import argparse
from pathlib import Path
from urllib.parse import urlsplit

from kinoform.media.provenance.development import development_paths
from kinoform.media.provenance.errors import BadIdentity
from kinoform.media.provenance.identity import CERTIFICATE, KEY, SigningFiles, read_identity


def add_signing_options(parser: argparse.ArgumentParser) -> None:
    """`--signing-key` and what goes with it."""
    group = parser.add_argument_group("content credentials (C2PA)", "every file that a job makes is signed")
    group.add_argument("--signing-key", type=Path, metavar="FILE", help="private key, PEM: P-256, P-384 or Ed25519")
    group.add_argument("--signing-certificate", type=Path, metavar="FILE", help="its chain, PEM, the key's own first")
    group.add_argument("--signing-tsa", type=_url, metavar="URL", help="timestamping authority (RFC 3161)")
    group.add_argument("--signing-prompts", action="store_true", help="sign prompts in words, not only their SHA-256")
    group.add_argument("--no-signing", action="store_true", help="leave files unsigned")


def signing_from(options: argparse.Namespace, development: Path) -> SigningFiles | None:
    """The files to sign with; None for not at all. Raises BadIdentity for some that do not do.

    development: folder of the certificate for those who name none; it need not be made yet.
    """
    if options.no_signing:
        return None
    given = {KEY: options.signing_key, CERTIFICATE: options.signing_certificate}
    missing = [what for what, path in given.items() if path is None]
    if len(missing) == 1:
        raise BadIdentity(missing[0], f"is needed: --{missing[0].replace(' ', '-')} FILE")
    chosen = development_paths(development) if missing else (options.signing_key, options.signing_certificate)
    key, certificate = (path.expanduser().absolute() for path in chosen)
    files = SigningFiles(key=key, certificate=certificate, tsa=options.signing_tsa, prompts=options.signing_prompts)
    if not missing:
        read_identity(files)
    return files


def signing_arguments(files: SigningFiles | None) -> list[str]:
    """The command line that `signing_from` reads as the same files."""
    if files is None:
        return ["--no-signing"]
    arguments = ["--signing-key", str(files.key), "--signing-certificate", str(files.certificate)]
    arguments += [] if files.tsa is None else ["--signing-tsa", files.tsa]
    return [*arguments, "--signing-prompts"] if files.prompts else arguments


def _url(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise argparse.ArgumentTypeError(f"must be http://… or https://…, got {text!r}")
    return text
