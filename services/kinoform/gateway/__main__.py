"""`python -m kinoform.gateway`: a gateway in a process of its own."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.logs import configure
from kinoform.gateway.options import add_gateway_options, with_options
from kinoform.gateway.server import BadAddress, build
from kinoform.media.provenance.errors import ProvenanceError
from kinoform.models.depth_folder.identity import identity_of
from kinoform.models.registry import DEFAULT_MODELS, BadRegistration, catalogue
from kinoform.models.services import SERVICES
from kinoform.policy.settings import add_policy_options, policies_from
from kinoform.store.errors import StoreError

EXIT_BAD_START = 2
_log_forms = ("json", "console")


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
    """What the command line asks for; makes the data folder. Raises BadRegistration, BadDepthModel, Refused,
    BadAccess, BadJwks, OSError.
    """
    data: Path = arguments.data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    token = arguments.engine_token_file.read_text().strip() if arguments.engine_token_file else ""
    services = arguments.service or SERVICES
    models = {name: entry.card for name, entry in catalogue(arguments.model).items() if entry.card.kind in services}
    config = GatewayConfig(
        listen=arguments.listen,
        health_listen=arguments.health_listen,
        engine=arguments.engine,
        engine_token=token,
        database=arguments.database or f"sqlite:///{data / 'jobs.db'}",
        assets=arguments.assets or str(data / "assets"),
        cards=models,
        services=services,
        default_models=DEFAULT_MODELS,
        policy=policies_from(arguments),
        trust_anchors=arguments.trust_anchors,
        depth_model=identity_of(arguments.depth_model) if arguments.depth_model else "",
    )
    return with_options(config, arguments)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m kinoform.gateway", description="Kinoform's public gRPC server.")
    options.add_argument("--listen", default="127.0.0.1:50051", metavar="HOST:PORT", help="port 0 picks a free one")
    options.add_argument("--health-listen", metavar="HOST:PORT", help="grpc.health.v1 alone, in the clear: for probes")
    options.add_argument("--engine", required=True, metavar="HOST:PORT", help="address of the generation services")
    options.add_argument("--engine-token-file", type=Path, metavar="FILE", help="secret shared with them")
    options.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder of the job and asset stores")
    options.add_argument("--database", metavar="URL", help="job store elsewhere: postgresql+psycopg://…")
    options.add_argument("--assets", metavar="URL", help="asset store elsewhere: any fsspec URL")
    options.add_argument("--model", action="append", default=[], metavar="NAME=FAMILY:PATH", help="offer a model more")
    options.add_argument(
        "--service", action="append", choices=SERVICES, help="offer what this service makes; repeatable (default: all)"
    )
    options.add_argument("--trust-anchors", type=Path, metavar="FILE", help="authorities of trusted signers, PEM")
    options.add_argument("--depth-model", type=Path, metavar="DIR", help="that of the conditioning service, if any")
    add_gateway_options(options)
    add_policy_options(options)
    options.add_argument("--grace", type=float, default=20.0, metavar="S", help="seconds for draining at SIGTERM")
    options.add_argument("--log", choices=_log_forms, default="console")
    return options


if __name__ == "__main__":
    sys.exit(main())
