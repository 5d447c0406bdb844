"""The other side of a `Run` stream, as the gateway's dispatcher is, and a service for it to talk to."""

import atexit
import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import ErrorInfo

from kinoform.media.provenance.sign import Signer
from kinoform.models.services import ServiceName
from kinoform.policy.judge import Policies
from kinoform.serving.bench import Bench, Benches
from kinoform.serving.blobs import Blobs
from kinoform.serving.config import Rhythm
from kinoform.serving.denoise import Tools
from kinoform.serving.pools import Pools
from kinoform.serving.service import AnyService, Service, Trade
from kinoform.serving.servicer import EngineServicer
from kinoform.store.assets import AssetStore
from kinoform_proto.engine.v1 import engine_pb2 as pb
from kinoform_proto.engine.v1.engine_pb2_grpc import EngineServiceStub, add_EngineServiceServicer_to_server

TOKEN = "open sesame"
EAGER = Rhythm(checkpoint_gap_s=0.0, checkpoint_share=1.0)


def begin(
    request: Message,
    *,
    job: str = "projects/p/jobs/j",
    attempt: int = 1,
    patience_s: float = 300.0,
    token: str = TOKEN,
    inputs: Mapping[str, str] | None = None,
) -> pb.Start:
    """The command that begins a run. inputs: SHA-256 by field path."""
    packed, patience = AnyMessage(), Duration()
    packed.Pack(request)
    patience.FromTimedelta(timedelta(seconds=patience_s))
    blobs = {name: pb.Blob(sha256=sha256) for name, sha256 in (inputs or {}).items()}
    return pb.Start(job=job, attempt=attempt, request=packed, inputs=blobs, keep_alive_timeout=patience, token=token)


def at_step(step: int, stage: str = "denoise") -> Callable[[pb.RunResponse], bool]:
    """Whether an event tells of that step or a later one."""
    return lambda event: event.progress.stage == stage and event.progress.step >= step


@dataclass
class Stream:
    """One open stream, and what was heard on it."""

    call: grpc.aio.StreamStreamCall[pb.RunRequest, pb.RunResponse]
    heard: list[pb.RunResponse] = field(default_factory=list)

    async def say(self, **command: pb.KeepAlive | pb.Pause | pb.Cancel | pb.SetPriority) -> None:
        await self.call.write(pb.RunRequest(**command))  # type: ignore[arg-type]

    async def until(self, wanted: Callable[[pb.RunResponse], bool]) -> pb.RunResponse:
        """Listens until an event is the wanted one."""
        while (event := await self.call.read()) is not grpc.aio.EOF:
            self.heard.append(event)
            if wanted(event):
                return event
        raise AssertionError(f"the stream ended; heard {[one.WhichOneof('event') for one in self.heard]}")

    async def last(self) -> pb.RunResponse:
        """Listens to the end."""
        while (event := await self.call.read()) is not grpc.aio.EOF:
            self.heard.append(event)
        return self.heard[-1]

    def of(self, kind: str) -> list[pb.RunResponse]:
        return [event for event in self.heard if event.WhichOneof("event") == kind]

    def steps(self, stage: str = "denoise") -> list[int]:
        """What was told of a stage."""
        return [event.progress.step for event in self.of("progress") if event.progress.stage == stage]

    @property
    def checkpoint(self) -> pb.Blob:
        """The newest that was told of."""
        return self.of("checkpoint")[-1].checkpoint.state

    @property
    def outputs(self) -> dict[str, str]:
        """Role to SHA-256."""
        return {event.output.role: event.output.blob.sha256 for event in self.of("output")}


@dataclass
class Served:
    """A service behind a real port."""

    service: AnyService
    store: AssetStore
    stub: EngineServiceStub
    kind: ServiceName

    def stream(self) -> Stream:
        return Stream(self.stub.Run(metadata=(("application", self.kind),)))

    async def open(self, start: pb.Start) -> Stream:
        stream = self.stream()
        await stream.call.write(pb.RunRequest(start=start))
        return stream

    async def outputs(self, start: pb.Start) -> dict[str, str]:
        """Of an undisturbed run: role to SHA-256."""
        stream = await self.open(start)
        last = await stream.last()
        assert last.WhichOneof("event") == "finished", last
        for sha256 in stream.outputs.values():
            assert hashlib.sha256(self.store.read(sha256)).hexdigest() == sha256
        return stream.outputs

    async def refusal(self, request: pb.RunRequest) -> tuple[int, str, str]:
        """How a run fails: (code, reason, field)."""
        stream = self.stream()
        await stream.call.write(request)
        last = await stream.last()
        assert last.WhichOneof("event") == "failed", last
        error, info = last.failed.error, ErrorInfo()
        assert error.details[0].Unpack(info)
        assert info.domain == "kinoform"
        assert "Traceback" not in str(error)
        return error.code, info.reason, info.metadata["field"]


@asynccontextmanager
async def several_served(
    trades: Mapping[ServiceName, Trade[Any]],
    assets: Path,
    *,
    rhythm: Rhythm = EAGER,
    max_jobs: int = 8,
    signer: Signer | None = None,
    policies: Policies | None = None,
) -> AsyncIterator[dict[ServiceName, Served]]:
    """Services on one plain gRPC server."""
    store = AssetStore(str(assets))
    services = {
        kind: Service(trade, tools(store, rhythm, signer, policies), token=TOKEN, max_jobs=max_jobs)
        for kind, trade in trades.items()
    }
    server = grpc.aio.server()
    add_EngineServiceServicer_to_server(EngineServicer({**services}), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = EngineServiceStub(channel)
        try:
            yield {kind: Served(service, store, stub, kind) for kind, service in services.items()}
        finally:
            for service in services.values():
                await service.close(grace_s=5.0)
            await server.stop(None)


@asynccontextmanager
async def served(
    kind: ServiceName,
    trade: Trade[Any],
    assets: Path,
    *,
    rhythm: Rhythm = EAGER,
    max_jobs: int = 8,
    signer: Signer | None = None,
    policies: Policies | None = None,
) -> AsyncIterator[Served]:
    """One service on a plain gRPC server."""
    async with several_served(
        {kind: trade}, assets, rhythm=rhythm, max_jobs=max_jobs, signer=signer, policies=policies
    ) as peers:
        yield peers[kind]


class KeptBenches(Benches):
    """Leaves its process to the next service: starting one takes as long as many a test."""

    _left: ClassVar[list[Bench]] = []

    def __init__(self) -> None:
        super().__init__()
        self._idle = self._left

    def close(self) -> None:
        """At exit."""

    @classmethod
    def end(cls) -> None:
        """Ends the process. Its thread is gone by then."""
        for bench in cls._left:
            if bench._process is not None:
                bench._process.kill()


atexit.register(KeptBenches.end)


def tools(store: AssetStore, rhythm: Rhythm, signer: Signer | None = None, policies: Policies | None = None) -> Tools:
    """What a service works with."""
    policies = policies or Policies()
    return Tools(
        blobs=Blobs(store, signer, policies), pools=Pools(), benches=KeptBenches(), rhythm=rhythm, policies=policies
    )
