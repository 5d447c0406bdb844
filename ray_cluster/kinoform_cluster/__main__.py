"""`python -m kinoform_cluster serve`: the whole suite on this machine."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path

from kinoform.gateway.access.config import BadAccess
from kinoform.gateway.access.jwks import BadJwks
from kinoform.gateway.arguments import Refused
from kinoform.gateway.options import add_gateway_options, gateway_arguments
from kinoform.media.provenance.check import read_anchors
from kinoform.media.provenance.development import development_files, development_paths
from kinoform.media.provenance.errors import ProvenanceError
from kinoform.media.provenance.options import add_signing_options, signing_from
from kinoform.models.depth_folder.identity import BadDepthModel, identity_of
from kinoform.models.registry import BadRegistration, catalogue
from kinoform.models.services import SERVICES
from kinoform.policy.errors import BadPolicy
from kinoform.policy.settings import add_policy_options, policies_from
from kinoform_cluster.errors import NotServable, ServeError
from kinoform_cluster.folder import DataFolder, occupied
from kinoform_cluster.ports import usable_port
from kinoform_cluster.services import chosen
from kinoform_cluster.settings import LOOPBACK, Settings, default_data

USAGE, FAILURE = 2, 1
UNUSABLE = (BadAccess, BadDepthModel, BadJwks, BadPolicy, BadRegistration, NotServable, ProvenanceError, Refused)
"""What was asked for can't be served."""


def main() -> int:
    """Serves until SIGTERM or Ctrl-C. The only line on stdout is `ready grpc://HOST:PORT`, or `grpcs://`."""
    options = _parser().parse_args()
    # The supervisor forks; gRPC's own handling of that does nothing for it but complain.
    os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("kinoform").setLevel(logging.INFO)
    logging.getLogger("kinoform_cluster").setLevel(logging.INFO)
    try:
        settings = _settings(options)
        asyncio.run(_serve(options.runtime, settings))
    except UNUSABLE as error:
        print(f"kinoform serve: {error}", file=sys.stderr)
        return USAGE
    except (ServeError, OSError) as error:
        print(f"kinoform serve: {error}", file=sys.stderr)
        return FAILURE
    return 0


async def _serve(runtime: str, settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    with occupied(settings.data) as folder:
        if settings.signing is not None and settings.signing.key == development_paths(folder.signing)[0]:
            development_files(folder.signing)
        # One runtime is a light process without torch, the other never needs Ray.
        if runtime == "ray":
            from kinoform_cluster.supervisor import serve_on_ray

            await serve_on_ray(settings, folder, stop)
        else:
            from kinoform_cluster.local import serve_locally

            await serve_locally(settings, folder, stop)


def _settings(options: argparse.Namespace) -> Settings:
    offered, data = catalogue(options.model), options.data.expanduser().resolve()
    return Settings(
        host=options.host,
        port=usable_port(options.host, options.port),
        data=data,
        models=tuple(options.model),
        depth_model=options.depth_model and _depth_model(options.depth_model),
        database=options.database,
        threads=options.threads or max(1, (os.cpu_count() or 1) // options.replicas),
        replicas=options.replicas,
        signing=signing_from(options, DataFolder(data).signing),
        trust_anchors=options.trust_anchors and _anchors(options.trust_anchors),
        policy=policies_from(options),
        services=chosen(options.service, offered),
        gateway=tuple(gateway_arguments(options)),
    )


def _depth_model(folder: Path) -> Path:
    """The folder, once it is known to hold one. Raises BadDepthModel."""
    identity_of(folder)
    return folder.expanduser().resolve()


def _anchors(path: Path) -> Path:
    """The file, once it is known to hold some. Raises BadTrustAnchors."""
    read_anchors(path)
    return path.expanduser().resolve()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="kinoform", description="Serves the whole suite on this machine.")
    commands = parser.add_subparsers(required=True, metavar="serve")
    serve = commands.add_parser("serve", help="gateway and generation services, until SIGTERM or Ctrl-C")
    serve.add_argument(
        "--runtime", choices=("ray", "local"), default="ray", help="Ray Serve, or one process without it"
    )
    serve.add_argument("--host", default=LOOPBACK, help="where the gateway listens (default: %(default)s)")
    serve.add_argument("--port", type=int, default=50051, help="0 for any free one (default: %(default)s)")
    serve.add_argument("--data", type=Path, default=default_data(), help="data folder (default: %(default)s)")
    serve.add_argument("--model", action="append", default=[], metavar="NAME=FAMILY:PATH", help="may be repeated")
    serve.add_argument("--depth-model", type=Path, metavar="DIR", help="folder of transformers, for conditionings")
    serve.add_argument(
        "--service",
        action="append",
        default=[],
        choices=SERVICES,
        help="start only this one; may be repeated (default: all whose default model is installed)",
    )
    serve.add_argument("--database", metavar="URL", help="job store (default: SQLite in the data folder)")
    serve.add_argument("--threads", type=_positive, help="of torch in a replica (default: the cores, shared out)")
    serve.add_argument(
        "--replicas", type=_positive, default=1, help="of each service at the most, on Ray (default: %(default)s)"
    )
    add_gateway_options(serve)
    add_signing_options(serve)
    add_policy_options(serve)
    serve.add_argument("--trust-anchors", type=Path, metavar="FILE", help="authorities of trusted signers, PEM")
    return parser


def _positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
