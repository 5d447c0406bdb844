"""The client: one connection, and the parts that speak through it."""

from __future__ import annotations

from types import TracebackType

from kinoform_client._core.address import Settings, settings
from kinoform_client._core.channel import HEALTH_METHOD, HEALTH_REQUEST, HEALTH_SERVING, key_metadata
from kinoform_client._core.retry import RetryPolicy
from kinoform_client._core.tls import File, tls
from kinoform_client.aio.assets import AsyncAssets
from kinoform_client.aio.calls import AsyncCaller
from kinoform_client.aio.conditioning_handle import AsyncConditioningHandle
from kinoform_client.aio.conditionings import AsyncConditionings
from kinoform_client.aio.handles import AsyncJobHandle
from kinoform_client.aio.jobs import AsyncJobs
from kinoform_client.aio.materials import AsyncMaterials
from kinoform_client.aio.meshes import AsyncMeshes
from kinoform_client.aio.models import AsyncModels
from kinoform_client.aio.transport import Channel, RpcError, Unary, connect, error_of, stubs
from kinoform_client.aio.videos import AsyncVideos


class AsyncClient:
    """A Kinoform server.

    async with AsyncClient("grpc://127.0.0.1:50051") as client:
        job = await client.videos.generate("a penguin moves to the left over a teal background")
        await job.download("penguin.mp4")
    """

    def __init__(
        self,
        address: str | None = None,
        *,
        api_key: str | None = None,
        project: str = "default",
        channel: Channel | None = None,
        ca: File | None = None,
        certificate: tuple[File, File] | None = None,
        retry: RetryPolicy | None = None,
        sidecars: bool = False,
    ) -> None:
        """Connects when first used. Left out, address and key come from KINOFORM_ADDRESS and KINOFORM_API_KEY.

        address: `grpc://host:port`, `grpcs://host:port` (TLS) or `host:port`; grpc://127.0.0.1:50051 by default.
        channel: a channel of the caller's own, used instead of one to the address and left open.
        ca: PEM file of the authorities to trust with grpcs; else KINOFORM_CA, else the system's.
        certificate: PEM files of a certificate and its key to show to the server; else KINOFORM_CERTIFICATE and
            KINOFORM_KEY, else none.
        sidecars: save a job's file together with its credentials, `FILE.c2pa`, where its format takes none in.
        """
        self.settings: Settings = settings(address, api_key)
        self._own_channel = channel is None
        server = self.settings.address
        self._channel = connect(server, tls(server, ca, certificate)) if channel is None else channel
        self._caller = AsyncCaller(
            stubs(self._channel),
            project=project,
            metadata=key_metadata(self.settings.api_key),
            policy=retry or RetryPolicy(),
        )
        self.jobs = AsyncJobs(self._caller)
        self.assets = AsyncAssets(self._caller, sidecars=sidecars)
        self.models = AsyncModels(self._caller)
        self.conditionings = AsyncConditionings(self._caller, self.jobs, self.assets)
        self.videos = AsyncVideos(self._caller, self.jobs, self.assets)
        self.meshes = AsyncMeshes(self._caller, self.jobs, self.assets)
        self.materials = AsyncMaterials(self._caller, self.jobs, self.assets)

    async def job(self, name: str) -> AsyncJobHandle:
        """A job that was submitted earlier, in hand again. Raises NotFoundError."""
        return AsyncJobHandle(self.jobs, self.assets, await self.jobs.get(name))

    async def conditioning(self, name: str) -> AsyncConditioningHandle:
        """A conditioning that was created earlier, in hand again. Raises NotFoundError."""
        record = await self.conditionings.get(name)
        return AsyncConditioningHandle(self._caller, self.jobs, self.assets, record)

    async def serving(self, timeout: float = 5.0) -> bool:
        """The server answers that a request would succeed now. Not tried again. Raises KinoformError."""
        check: Unary[bytes, bytes] = self._channel.unary_unary(HEALTH_METHOD)
        try:
            return bool(await check(HEALTH_REQUEST, timeout=timeout) == HEALTH_SERVING)
        except RpcError as error:
            raise error_of(error) from error

    async def close(self) -> None:
        """Closes the connection, unless the caller brought it along."""
        if self._own_channel:
            await self._channel.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
