"""What a gateway is told on its command line wherever it is started: by itself, or by `kinoform serve`."""

import argparse
import ssl
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kinoform.gateway.access.config import AccessConfig, BadAccess
from kinoform.gateway.access.jwks import jwks_from
from kinoform.gateway.access.key_file import read_keys
from kinoform.gateway.arguments import Refused
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.terms import TERMS, terms_from
from kinoform.store.quotas import Limits

Options = Mapping[str, Mapping[str, Any]]
"""How argparse is to read each."""

_ACCESS: Options = {
    "--api-keys": {"type": Path, "metavar": "FILE", "help": "keys that open all projects, one a line"},
    "--jwks": {"default": "", "metavar": "URL-or-FILE", "help": "take tokens that these keys have signed"},
    "--jwt-issuer": {"default": "", "metavar": "ISS", "help": "`iss` of tokens"},
    "--jwt-audience": {"default": "", "metavar": "AUD", "help": "`aud` of tokens"},
    "--tls": {"nargs": 2, "type": Path, "metavar": ("CERT", "KEY"), "help": "serve TLS with these PEM files"},
    "--tls-client-ca": {"type": Path, "metavar": "FILE", "help": "demand certificates signed by these (PEM)"},
    "--no-reflection": {"action": "store_true", "help": "do not tell which services there are"},
}
_LIMITS: Options = {
    "--queued-jobs": {"type": int, "metavar": "N", "help": "jobs that wait at once"},
    "--compute-seconds-per-day": {"type": int, "metavar": "N", "help": "running time of jobs in one day, UTC"},
    "--storage-bytes": {"type": int, "metavar": "N", "help": "assets and open uploads together"},
    "--requests-per-minute": {"type": int, "metavar": "N", "help": "calls of one principal"},
}
_ROOM: Options = {
    "--max-running": {"type": int, "default": 8, "metavar": "N", "help": "jobs of one kind run at once (default 8)"},
    "--max-upload-bytes": {"type": int, "default": 16 * 2**30, "metavar": "N", "help": "of a file (default 16 GiB)"},
    "--conditionings-bytes": {
        "type": int,
        "default": 10 * 2**30,
        "metavar": "N",
        "help": "kept of a project (default 10 GiB)",
    },
}
_GROUPS: tuple[tuple[str, str, Options], ...] = (
    ("access", "Keys made by `kinoform admin key create` count as well.", _ACCESS),
    ("limits", "Of projects without limits of their own; none by default.", _LIMITS),
    ("retention", "Of projects without terms of their own; for ever by default.", TERMS),
    ("room", "Of this gateway.", _ROOM),
)


def add_gateway_options(parser: argparse.ArgumentParser) -> None:
    """`--api-keys`, `--tls` and all that `with_options` reads."""
    for title, description, options in _GROUPS:
        group = parser.add_argument_group(title, description)
        for option, how in options.items():
            group.add_argument(option, **how)


def gateway_options(arguments: Sequence[str]) -> argparse.Namespace:
    """These options alone, as somebody typed them."""
    parser = argparse.ArgumentParser()
    add_gateway_options(parser)
    return parser.parse_args(arguments)


def gateway_arguments(given: argparse.Namespace) -> list[str]:
    """The command line that is read as the same options. Raises Refused, BadAccess, BadJwks for what can't be taken."""
    check_options(given)
    return [part for _, _, options in _GROUPS for option, how in options.items() for part in _typed(given, option, how)]


def with_options(config: GatewayConfig, given: argparse.Namespace) -> GatewayConfig:
    """The gateway as the command line wants it. Raises Refused, BadAccess, BadJwks."""
    check_options(given)
    return replace(
        config,
        api_keys=given.api_keys,
        access=_access(given),
        limits=_limits(given),
        terms=terms_from(given),
        reflection=not given.no_reflection,
        tls=tuple(given.tls) if given.tls else None,
        max_running=given.max_running,
        max_upload_bytes=given.max_upload_bytes,
        conditionings_bytes=given.conditionings_bytes,
    )


def check_options(given: argparse.Namespace) -> None:
    """Look at them before anything is started with them. Raises Refused, BadAccess, BadJwks."""
    _access(given)
    _limits(given)
    terms_from(given)
    for option in _ROOM:
        if (value := getattr(given, _name(option))) < 1:
            raise Refused(option, str(value), "1 or more")
    if given.tls_client_ca and not given.tls:
        raise BadAccess("--tls-client-ca", "needs --tls: certificates are shown in TLS only")
    if given.tls:
        _readable("--tls", *given.tls, rule="a certificate chain and its private key, PEM")
    if given.tls_client_ca:
        _readable("--tls-client-ca", given.tls_client_ca, rule="certificates of authorities, PEM")
    if given.api_keys:
        try:
            read_keys(given.api_keys)
        except (OSError, ValueError) as error:
            raise Refused("--api-keys", f"{given.api_keys} ({error})", "a file of keys, one a line") from error
    if given.jwks:
        jwks_from(given.jwks)


def _access(given: argparse.Namespace) -> AccessConfig:
    return AccessConfig(
        jwks=given.jwks, issuer=given.jwt_issuer, audience=given.jwt_audience, client_ca=given.tls_client_ca
    )


def _limits(given: argparse.Namespace) -> Limits:
    values = {_name(option): getattr(given, _name(option)) for option in _LIMITS}
    for option in _LIMITS:
        if (value := values[_name(option)]) is not None and value < 0:
            raise Refused(option, str(value), "0 or more")
    return Limits(**values)


def _name(option: str) -> str:
    return option[2:].replace("-", "_")


def _readable(option: str, first: Path, key: Path | None = None, *, rule: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        if key is None:
            context.load_verify_locations(first)
        else:
            # A password that nobody gives: without one OpenSSL asks on the terminal.
            context.load_cert_chain(first, key, password="")
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise Refused(option, f"{first}{'' if key is None else f' {key}'} ({error})", rule) from error


def _typed(given: argparse.Namespace, option: str, how: Mapping[str, Any]) -> Iterator[str]:
    value = getattr(given, _name(option))
    if value is False or value == how.get("default"):  # what 0 is not
        return
    yield option
    for each in value if isinstance(value, list) else [] if value is True else [value]:
        # The reader may stand in another folder.
        yield str(each.expanduser().absolute() if isinstance(each, Path) else each)
