"""The cluster process: a Ray of its own on this machine, and the Serve applications on it."""

import argparse
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

import ray
from ray import serve
from ray.serve import RunTarget
from ray.serve.config import gRPCOptions

from kinoform.media.provenance.options import add_signing_options, signing_from
from kinoform.models.services import SERVICES, ServiceName
from kinoform.policy.settings import add_policy_options, policies_from
from kinoform_cluster.app import QUIET, ServiceArgs, build
from kinoform_cluster.folder import DataFolder
from kinoform_cluster.ports import usable_port
from kinoform_cluster.processes import adopt_orphans, sweep
from kinoform_cluster.settings import LOOPBACK

SERVICER = "kinoform_proto.engine.v1.engine_pb2_grpc.add_EngineServiceServicer_to_server"
TRY_AGAIN = os.EX_TEMPFAIL
"""Exit status when Ray did not come up."""
OBJECT_STORE_BYTES = 100 * 2**20
"""Little: blobs go through the asset store."""


def main() -> None:
    """Serves until SIGTERM."""
    options = _parser().parse_args()
    stop = threading.Event()
    adopt_orphans()
    try:
        _start(options)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        stop.wait()
        serve.shutdown()
    finally:
        ray.shutdown()
        sweep()
        shutil.rmtree(options.temp, ignore_errors=True)


def _start(options: argparse.Namespace) -> None:
    folder = DataFolder(options.data)
    # Counted, not measured: every replica that may come has to find room.
    _start_ray(options.temp, cpus=max(os.cpu_count() or 1, options.replicas * len(options.service)))
    serve.start(
        proxy_location="HeadOnly",
        # Without an HTTP port Serve starts no proxy at all.
        http_options={"host": LOOPBACK, "port": usable_port(LOOPBACK, 0)},
        grpc_options=gRPCOptions(port=options.port, grpc_servicer_functions=[SERVICER], enable_reflection=False),
        logging_config=QUIET,
    )
    # All at once: each takes its time to load its model.
    serve.run_many([_target(service, options, folder) for service in options.service])


def _target(service: ServiceName, options: argparse.Namespace, folder: DataFolder) -> RunTarget:
    args = ServiceArgs(
        service=service,
        assets=str(folder.assets),
        token_file=str(folder.token_file),
        models=options.model,
        depth_model=options.depth_model,
        signing=signing_from(options, folder.signing),
        policy=policies_from(options),
        threads=options.threads,
        max_replicas=options.replicas,
    )
    return RunTarget(build(args), name=service, route_prefix=f"/{service}")


def _start_ray(temp: Path, *, cpus: int) -> None:
    try:
        ray.init(
            address="local",
            num_cpus=cpus,
            include_dashboard=False,
            object_store_memory=OBJECT_STORE_BYTES,
            namespace="kinoform",
            _node_ip_address=LOOPBACK,
            _temp_dir=str(temp),
        )
    # Ray waits 30 s for its node, and has no error of its own for a machine too busy for that.
    except Exception as error:  # noqa: BLE001
        print(f"Ray did not start: {error}", file=sys.stderr)
        sys.exit(TRY_AGAIN)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m kinoform_cluster.cluster")
    parser.add_argument("--port", type=int, required=True, help="of Serve's gRPC proxy")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--temp", type=Path, required=True, help="for Ray's files; removed at the end")
    parser.add_argument("--service", action="append", choices=SERVICES, required=True)
    parser.add_argument("--model", action="append", default=[])
    parser.add_argument("--depth-model")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--replicas", type=int, default=1)
    add_signing_options(parser)
    add_policy_options(parser)
    return parser


if __name__ == "__main__":
    main()
