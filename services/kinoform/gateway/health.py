"""grpc.health.v1: whether this gateway can do its work."""

import asyncio
from collections.abc import Sequence

import structlog
from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer

from kinoform.gateway.engine_link import EngineLink
from kinoform.store.errors import StoreError
from kinoform.store.jobs import Jobs
from kinoform.store.records import JobState

_log = structlog.get_logger("kinoform.gateway.health")

CHECK_EVERY_S = 2.0
ENGINE_ANSWERS_S = 1.0
_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """Keeps the health service true: "" while the store and the engine answer, each service while the store does."""

    def __init__(self, jobs: Jobs, link: EngineLink, services: Sequence[str]) -> None:
        self.servicer = HealthServicer()
        self._jobs = jobs
        self._link = link
        self._services = services
        self._last: tuple[bool, bool] | None = None

    async def begin(self) -> None:
        """NOT_SERVING until the first check. Before the server starts: the servicer itself begins as SERVING."""
        for service in ("", *self._services):
            await self.servicer.set(service, _NOT_SERVING)

    async def run(self) -> None:
        """Check again and again, until cancelled."""
        while True:
            await self.check()
            await asyncio.sleep(CHECK_EVERY_S if self._last == (True, True) else CHECK_EVERY_S / 10)

    async def check(self) -> None:
        """Check once."""
        store, engine = await self._store_answers(), await self._link.reachable(ENGINE_ANSWERS_S)
        if (store, engine) != self._last:
            self._last = (store, engine)
            _log.info("health", store=store, engine=engine)
            for service in self._services:
                await self.servicer.set(service, _SERVING if store else _NOT_SERVING)
            await self.servicer.set("", _SERVING if store and engine else _NOT_SERVING)

    async def stop(self) -> None:
        """NOT_SERVING from now on, whatever comes."""
        await self.servicer.enter_graceful_shutdown()

    async def _store_answers(self) -> bool:
        try:
            await asyncio.to_thread(self._jobs.count, JobState.RUNNING)
        except StoreError:
            return False
        return True
