"""The Ray runtime: a light process that keeps a cluster and a gateway alive, and leaves nothing behind."""

import asyncio
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from typing import Any

from kinoform.media.provenance.options import signing_arguments
from kinoform.policy.settings import policy_arguments
from kinoform_cluster.child import Child
from kinoform_cluster.errors import StartFailed
from kinoform_cluster.folder import DataFolder
from kinoform_cluster.ports import address, usable_port
from kinoform_cluster.processes import adopt_orphans, sweep
from kinoform_cluster.ready import Condition, all_answer, gateway_serves, until
from kinoform_cluster.settings import LOOPBACK, Settings

START_S = 600.0
"""A part that is not ready by then has failed."""
START_TRIES = 3
"""For a part that ended with EX_TEMPFAIL."""
GATEWAY_GRACE_S = 20.0
CLUSTER_GRACE_S = 30.0
BACKOFF_S = (0.1, 5.0)
"""Before a part is started again: the first time, and at the most."""
SETTLED_S = 60.0
"""A part that lived so long starts with the first backoff again."""

RAY_ENVIRONMENT = {
    "RAY_AUTH_MODE": "token",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_COLOR_PREFIX": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
_log = logging.getLogger(__name__)


async def serve_on_ray(settings: Settings, folder: DataFolder, stop: asyncio.Event) -> None:
    """Serves until `stop` is set. Raises StartFailed, PortBusy."""
    adopt_orphans()
    # Not below the data folder: Ray's sockets need a short path.
    with tempfile.TemporaryDirectory(prefix="kinoform-ray-", dir="/tmp", ignore_cleanup_errors=True) as temp:
        await _serve(settings, folder, temp, stop)


async def _serve(settings: Settings, folder: DataFolder, temp: str, stop: asyncio.Event) -> None:
    engine_port = usable_port(LOOPBACK, 0)
    cluster = _cluster(settings, folder, temp, engine_port)
    # Asked apart from callers: with TLS, and the more with client certificates, nothing here would be let in.
    health = address(LOOPBACK, usable_port(LOOPBACK, 0))
    gateway = _gateway(settings, folder, engine_port, health)
    try:
        for child, ready, where in (
            (cluster, all_answer(settings.services), address(LOOPBACK, engine_port)),
            (gateway, gateway_serves, health),
        ):
            if not await _started(child, ready, where, stop):
                return
        print(f"ready {settings.public}", flush=True)
        await _kept_alive(cluster, gateway, stop)
    finally:
        await gateway.stop(grace_s=GATEWAY_GRACE_S)
        await cluster.stop(grace_s=CLUSTER_GRACE_S)
        await asyncio.to_thread(sweep)


async def _started(child: Child, condition: Condition, where: str, stop: asyncio.Event) -> bool:
    """True once it is ready, False if the suite is to stop before. Raises StartFailed."""
    for tries_left in reversed(range(START_TRIES)):
        await child.start()
        ready, ended = asyncio.create_task(until(condition, where)), asyncio.create_task(child.ended())
        tasks = (ready, ended, asyncio.create_task(stop.wait()))
        await asyncio.wait(tasks, timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
        await _cancelled(tasks)
        if stop.is_set():
            return False
        if not ready.cancelled():
            ready.result()
            return True
        if ended.cancelled() or ended.result() != os.EX_TEMPFAIL or not tries_left:
            break
        _log.warning("the %s did not come up; trying again", child.name)
    raise StartFailed(child.name, f"see {child.log}\n{child.last_words()}")


async def _cancelled(tasks: Iterable["asyncio.Task[Any]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _kept_alive(cluster: Child, gateway: Child, stop: asyncio.Event) -> None:
    keepers = [
        asyncio.create_task(_keep_alive(cluster, sparing=gateway)),
        asyncio.create_task(_keep_alive(gateway, sparing=cluster)),
    ]
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait([*keepers, stopping], return_when=asyncio.FIRST_COMPLETED)
    await _cancelled([*keepers, stopping])
    for task in done:
        task.result()


async def _keep_alive(child: Child, *, sparing: Child) -> None:
    backoff_s, born = BACKOFF_S[0], time.monotonic()
    while True:
        status = await child.ended()
        if time.monotonic() - born > SETTLED_S:
            backoff_s = BACKOFF_S[0]
        _log.warning("the %s ended with status %d; starting it again in %.1f s", child.name, status, backoff_s)
        # What it left behind holds ports and memory.
        await asyncio.to_thread(sweep, sparing.pids)
        await asyncio.sleep(backoff_s)
        backoff_s, born = min(2 * backoff_s, BACKOFF_S[1]), time.monotonic()
        await child.start()


def _cluster(settings: Settings, folder: DataFolder, temp: str, engine_port: int) -> Child:
    command = [sys.executable, "-m", "kinoform_cluster.cluster", "--port", str(engine_port), "--temp", temp]
    command += ["--data", str(folder.root), "--threads", str(settings.threads), "--replicas", str(settings.replicas)]
    command += [*_models(settings), *_services(settings), *signing_arguments(settings.signing)]
    command += policy_arguments(settings.policy)
    environment = RAY_ENVIRONMENT | {"RAY_AUTH_TOKEN_PATH": str(folder.ray_token_file)}
    return Child("cluster", command, log=folder.logs / "cluster.log", environment=environment)


def _gateway(settings: Settings, folder: DataFolder, engine_port: int, health: str) -> Child:
    command = [sys.executable, "-m", "kinoform.gateway", "--listen", address(settings.host, settings.port)]
    command += ["--data", str(folder.root), "--engine", address(LOOPBACK, engine_port)]
    command += ["--engine-token-file", str(folder.token_file), *_models(settings), *_services(settings)]
    command += ["--health-listen", health, *settings.gateway, *policy_arguments(settings.policy)]
    if settings.trust_anchors is not None:
        command += ["--trust-anchors", str(settings.trust_anchors)]
    if settings.database is not None:
        command += ["--database", settings.database]
    return Child("gateway", command, log=folder.logs / "gateway.log", environment={})


def _services(settings: Settings) -> list[str]:
    return [part for service in settings.services for part in ("--service", service)]


def _models(settings: Settings) -> list[str]:
    depth = [] if settings.depth_model is None else ["--depth-model", str(settings.depth_model)]
    return [*(part for model in settings.models for part in ("--model", model)), *depth]
