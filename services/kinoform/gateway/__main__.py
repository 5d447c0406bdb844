"""`python -m kinoform.gateway`: a gateway in a process of its own."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from kinoform.gateway.access.config import AccessConfig
from kinoform.gateway.admin.retention import add_terms, terms_from
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.logs import configure
from kinoform.gateway.server import BadAddress, build
from kinoform.media.provenance.errors import ProvenanceError
from kinoform.models.depth_folder.identity import identity_of
from kinoform.models.registry import DEFAULT_MODELS, BadRegistration, catalogue
from kinoform.models.services import SERVICES
from kinoform.policy.settings import add_policy_options, policies_from
from kinoform.store.errors import StoreError
from kinoform.store.quotas import Limits

EXIT_BAD_START = 2
_log_forms = ("json", "console")
LIMITS = {
    "queued_jobs": "jobs that wait at once",
    "compute_seconds_per_day": "running time of jobs in one day, UTC",
    "storage_bytes": "assets and open uploads together",
    "requests_per_minute": "calls of one principal",
}


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    arguments = parser().parse_args()
    configure(arguments.log)
    try:
        return asyncio.run(serve(config_from(arguments), arguments.grace))
    except (BadAddress, BadRegistration, ProvenanceError, StoreError, OSError, ValueError) as error:
        print(f"kinoform gateway: {error}", file=sys.stderr)
        return EXIT_BAD_START


async def serve(config: GatewayConfig, grace_s: float) -> int:
    """Serve until SIGTERM or SIGINT, then drain; the process's exit status."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    gateway = build(config)
    await gateway.start()
    await stop.wait()
    await gateway.drain(grace_s)
    return 0


def config_from(arguments: argparse.Namespace) -> GatewayConfig:
    """What the command line asks for; makes the data folder. Raises BadRegistration, BadDepthModel, OSError."""
    data: Path = arguments.data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    token = arguments.engine_token_file.read_text().strip() if arguments.engine_token_file else ""
    services = arguments.service or SERVICES
    models = {name: entry.card for name, entry in catalogue(arguments.model).items() if entry.card.kind in services}
    return GatewayConfig(
        listen=arguments.listen,
        engine=arguments.engine,
        engine_token=token,
        database=arguments.database or f"sqlite:///{data / 'jobs.db'}",
        assets=arguments.assets or str(data / "assets"),
        cards=models,
        services=services,
        default_models=DEFAULT_MODELS,
        api_keys=arguments.api_keys,
        access=AccessConfig(
            jwks=arguments.jwks,
            issuer=arguments.jwt_issuer,
            audience=arguments.jwt_audience,
            client_ca=arguments.tls_client_ca,
        ),
        limits=Limits(
            queued_jobs=arguments.queued_jobs,
            compute_seconds_per_day=arguments.compute_seconds_per_day,
            storage_bytes=arguments.storage_bytes,
            requests_per_minute=arguments.requests_per_minute,
        ),
        terms=terms_from(arguments),
        reflection=not arguments.no_reflection,
        tls=tuple(arguments.tls) if arguments.tls else None,
        policy=policies_from(arguments),
        trust_anchors=arguments.trust_anchors,
        max_running=arguments.max_running,
        max_upload_bytes=arguments.max_upload_bytes,
        depth_model=identity_of(arguments.depth_model) if arguments.depth_model else "",
        conditionings_bytes=arguments.conditionings_bytes,
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m kinoform.gateway", description="Kinoform's public gRPC server.")
    options.add_argument("--listen", default="127.0.0.1:50051", metavar="HOST:PORT", help="port 0 picks a free one")
    options.add_argument("--engine", required=True, metavar="HOST:PORT", help="address of the generation services")
    options.add_argument("--engine-token-file", type=Path, metavar="FILE", help="secret shared with them")
    options.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder of the job and asset stores")
    options.add_argument("--database", metavar="URL", help="job store elsewhere: postgresql+psycopg://…")
    options.add_argument("--assets", metavar="URL", help="asset store elsewhere: any fsspec URL")
    options.add_argument("--model", action="append", default=[], metavar="NAME=FAMILY:PATH", help="offer a model more")
    options.add_argument(
        "--service", action="append", choices=SERVICES, help="offer what this service makes; repeatable (default: all)"
    )
    _access_options(options.add_argument_group("access", "Keys made by `kinoform admin key create` count as well."))
    _limit_options(options.add_argument_group("limits", "Of projects without limits of their own; none by default."))
    add_terms(options.add_argument_group("retention", "Of projects without terms of their own; for ever by default."))
    options.add_argument("--trust-anchors", type=Path, metavar="FILE", help="authorities of trusted signers, PEM")
    options.add_argument(
        "--max-running", type=int, default=8, metavar="N", help="jobs of one kind run at once (default 8)"
    )
    options.add_argument("--depth-model", type=Path, metavar="DIR", help="that of the conditioning service, if any")
    options.add_argument(
        "--conditionings-bytes", type=int, default=10 * 2**30, metavar="N", help="kept of a project (default 10 GiB)"
    )
    options.add_argument(
        "--max-upload-bytes", type=int, default=16 * 2**30, metavar="N", help="of one file (default 16 GiB)"
    )
    add_policy_options(options)
    options.add_argument("--grace", type=float, default=20.0, metavar="S", help="seconds for draining at SIGTERM")
    options.add_argument("--log", choices=_log_forms, default="console")
    return options


def _access_options(options: argparse._ArgumentGroup) -> None:
    options.add_argument("--api-keys", type=Path, metavar="FILE", help="keys that open all projects, one a line")
    options.add_argument("--jwks", default="", metavar="URL-or-FILE", help="take tokens that these keys have signed")
    options.add_argument("--jwt-issuer", default="", metavar="ISS", help="`iss` of tokens")
    options.add_argument("--jwt-audience", default="", metavar="AUD", help="`aud` of tokens")
    options.add_argument("--tls", nargs=2, type=Path, metavar=("CERT", "KEY"), help="serve TLS with these PEM files")
    options.add_argument("--tls-client-ca", type=Path, metavar="FILE", help="demand certificates signed by these (PEM)")
    options.add_argument("--no-reflection", action="store_true", help="do not tell which services there are")


def _limit_options(options: argparse._ArgumentGroup) -> None:
    for name, meaning in LIMITS.items():
        options.add_argument(f"--{name.replace('_', '-')}", type=int, metavar="N", help=meaning)


if __name__ == "__main__":
    sys.exit(main())
