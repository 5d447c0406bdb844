"""The Serve applications, one of each service: their faces behind Serve's gRPC port."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from pydantic import BaseModel
from ray import serve
from ray.exceptions import RayError
from ray.serve import Application
from ray.serve.config import AutoscalingConfig
from ray.serve.schema import LoggingConfig

from kinoform.media.provenance.identity import SigningFiles
from kinoform.models.services import ServiceName
from kinoform.policy.settings import PolicySettings
from kinoform.serving.config import ServiceConfig
from kinoform_cluster.services import build_service
from kinoform_proto.engine.v1.engine_pb2 import RunRequest, RunResponse

GRACE_S = 20.0
HEALTH_PERIOD_S = 5.0
HEALTH_TIMEOUT_S = 30.0
"""Long: loading a second model may keep the machine busy."""

QUIET = LoggingConfig(log_level="WARNING", enable_access_log=False)


class ServiceArgs(BaseModel):
    """Arguments of an application in a Serve config file."""

    service: ServiceName
    """Which one. The application has its name: that is how calls find it."""
    assets: str
    """URL or folder of the asset store."""
    token_file: str
    models: list[str] = []
    """`NAME=FAMILY:PATH` each, besides the embedded ones."""
    depth_model: str | None = None
    """Folder of a depth model as transformers saves it, for conditionings. Start gateways with the same."""
    signing: SigningFiles | None = None
    """`key` and `certificate`, files that every replica sees; left out, outputs are not signed."""
    policy: PolicySettings = PolicySettings()
    """`image_safety` and `own`; start gateways with the same."""
    threads: int = 1
    max_jobs: int = 16
    """In one replica."""
    min_replicas: int = 1
    max_replicas: int = 1
    target_jobs: int = 4
    """More in one replica call for another."""
    cpus: float = 1
    gpus: float = 0


class Replica:
    """One replica of a service. What needs torch is imported here alone: the processes that deploy it stay light."""

    # Serve awaits it, in the event loop that the methods run in.
    async def __init__(self, service: ServiceName, config: ServiceConfig) -> None:  # type: ignore[misc]
        from kinoform.serving.servicer import run

        self._service, self._run = await build_service(service, config), run

    async def Run(self, requests: AsyncIterator[RunRequest]) -> AsyncIterator[RunResponse]:
        """`EngineService.Run`. Serve finds it by its bare name."""
        async with aclosing(self._run(self._service, _until_gone(requests))) as responses:
            async for response in responses:
                yield response

    def check_health(self) -> None:
        """Raises EngineClosed when an engine has died; Serve then replaces the replica."""
        self._service.check_health()

    async def __del__(self) -> None:
        await self._service.close(grace_s=GRACE_S)


def build(args: ServiceArgs) -> Application:
    """The application, as Serve config files name it: `kinoform_cluster.app:build`."""
    config = ServiceConfig(
        assets=args.assets,
        token_file=Path(args.token_file),
        models=tuple(args.models),
        depth_model=None if args.depth_model is None else Path(args.depth_model),
        signing=args.signing,
        policy=args.policy,
        threads=args.threads,
        max_jobs=args.max_jobs,
    )
    autoscaling = AutoscalingConfig(
        min_replicas=args.min_replicas,
        max_replicas=args.max_replicas,
        target_ongoing_requests=args.target_jobs,
    )
    deployment = serve.deployment(
        Replica,
        name=args.service.capitalize(),
        # Room above the service's own limit, so that it can answer OVERLOADED and take over from a stale stream.
        max_ongoing_requests=2 * args.max_jobs,
        autoscaling_config=autoscaling,
        ray_actor_options={"num_cpus": args.cpus, "num_gpus": args.gpus},
        graceful_shutdown_timeout_s=GRACE_S,
        health_check_period_s=HEALTH_PERIOD_S,
        health_check_timeout_s=HEALTH_TIMEOUT_S,
        logging_config=QUIET,
    )
    return deployment.bind(args.service, config)


async def _until_gone(requests: AsyncIterator[RunRequest]) -> AsyncIterator[RunRequest]:
    try:
        async for request in requests:
            yield request
    except RayError:  # Serve's proxy died: to the service that is a caller who says no more
        return
