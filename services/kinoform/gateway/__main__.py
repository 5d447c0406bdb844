"""`python -m kinoform.gateway`: a gateway in a process of its own."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.logs import configure
from kinoform.gateway.server import BadAddress, build
from kinoform.models.registry import DEFAULT_MODELS, BadRegistration, catalogue
from kinoform.store.errors import StoreError

EXIT_BAD_START = 2
_log_forms = ("json", "console")


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    arguments = _parser().parse_args()
    configure(arguments.log)
    try:
        return asyncio.run(serve(_config(arguments), arguments.grace))
    except (BadAddress, BadRegistration, StoreError, OSError, ValueError) as error:
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


def _config(arguments: argparse.Namespace) -> GatewayConfig:
    data: Path = arguments.data.absolute()
    data.mkdir(parents=True, exist_ok=True)
    token = arguments.engine_token_file.read_text().strip() if arguments.engine_token_file else ""
    models = catalogue(arguments.model)
    return GatewayConfig(
        listen=arguments.listen,
        engine=arguments.engine,
        engine_token=token,
        database=arguments.database or f"sqlite:///{data / 'jobs.db'}",
        assets=arguments.assets or str(data / "assets"),
        cards={name: entry.card for name, entry in models.items()},
        default_models=DEFAULT_MODELS,
        api_keys=arguments.api_keys,
        tls=tuple(arguments.tls) if arguments.tls else None,
        max_running=arguments.max_running,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kinoform.gateway", description="Kinoform's public gRPC server.")
    parser.add_argument("--listen", default="127.0.0.1:50051", metavar="HOST:PORT", help="port 0 picks a free one")
    parser.add_argument("--engine", required=True, metavar="HOST:PORT", help="address of the generation services")
    parser.add_argument("--engine-token-file", type=Path, metavar="FILE", help="secret shared with them")
    parser.add_argument("--data", required=True, type=Path, metavar="DIR", help="folder of the job and asset stores")
    parser.add_argument("--database", metavar="URL", help="job store elsewhere: postgresql+psycopg://…")
    parser.add_argument("--assets", metavar="URL", help="asset store elsewhere: any fsspec URL")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=FAMILY:PATH", help="offer a model more")
    parser.add_argument("--api-keys", type=Path, metavar="FILE", help="accept only callers with one of these keys")
    parser.add_argument("--tls", nargs=2, type=Path, metavar=("CERT", "KEY"), help="serve TLS with these PEM files")
    parser.add_argument(
        "--max-running", type=int, default=8, metavar="N", help="jobs of one kind run at once (default 8)"
    )
    parser.add_argument("--grace", type=float, default=20.0, metavar="S", help="seconds for draining at SIGTERM")
    parser.add_argument("--log", choices=_log_forms, default="console")
    return parser


if __name__ == "__main__":
    sys.exit(main())
