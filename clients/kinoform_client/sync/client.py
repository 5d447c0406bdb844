# Written by clients/unasync.py from clients/kinoform_client/aio/client.py: change that file, not this one.
"""The client: one connection, and the parts that speak through it."""

from __future__ import annotations

from types import TracebackType

from kinoform_client._core.address import Settings, settings
from kinoform_client._core.channel import HEALTH_METHOD, HEALTH_REQUEST, HEALTH_SERVING, key_metadata
from kinoform_client._core.retry import RetryPolicy
from kinoform_client._core.tls import File, tls
from kinoform_client.sync.assets import Assets
from kinoform_client.sync.calls import Caller
from kinoform_client.sync.conditioning_handle import ConditioningHandle
from kinoform_client.sync.conditionings import Conditionings
from kinoform_client.sync.handles import JobHandle
from kinoform_client.sync.jobs import Jobs
from kinoform_client.sync.materials import Materials
from kinoform_client.sync.meshes import Meshes
from kinoform_client.sync.models import Models
from kinoform_client.sync.transport import Channel, RpcError, Unary, connect, error_of, stubs
from kinoform_client.sync.videos import Videos


class Client:
    """A Kinoform server.

    with Client("grpc://127.0.0.1:50051") as client:
        job = client.videos.generate("a penguin moves to the left over a teal background")
        job.download("penguin.mp4")
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
        self._caller = Caller(
            stubs(self._channel),
            project=project,
            metadata=key_metadata(self.settings.api_key),
            policy=retry or RetryPolicy(),
        )
        self.jobs = Jobs(self._caller)
        self.assets = Assets(self._caller, sidecars=sidecars)
        self.models = Models(self._caller)
        self.conditionings = Conditionings(self._caller, self.jobs, self.assets)
        self.videos = Videos(self._caller, self.jobs, self.assets)
        self.meshes = Meshes(self._caller, self.jobs, self.assets)
        self.materials = Materials(self._caller, self.jobs, self.assets)

    def job(self, name: str) -> JobHandle:
        """A job that was submitted earlier, in hand again. Raises NotFoundError."""
        return JobHandle(self.jobs, self.assets, self.jobs.get(name))

    def conditioning(self, name: str) -> ConditioningHandle:
        """A conditioning that was created earlier, in hand again. Raises NotFoundError."""
        record = self.conditionings.get(name)
        return ConditioningHandle(self._caller, self.jobs, self.assets, record)

    def serving(self, timeout: float = 5.0) -> bool:
        """The server answers that a request would succeed now. Not tried again. Raises KinoformError."""
        check: Unary[bytes, bytes] = self._channel.unary_unary(HEALTH_METHOD)
        try:
            return bool(check(HEALTH_REQUEST, timeout=timeout) == HEALTH_SERVING)
        except RpcError as error:
            raise error_of(error) from error

    def close(self) -> None:
        """Closes the connection, unless the caller brought it along."""
        if self._own_channel:
            self._channel.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
