"""The other side of a `Run` stream, as the gateway's dispatcher is, and a service for it to talk to."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration

from kinoform.models.registry import Registration
from kinoform.store.assets import AssetStore
from kinoform.video.blobs import Blobs
from kinoform.video.build import start_engine
from kinoform.video.config import Rhythm
from kinoform.video.maker import Tools
from kinoform.video.models import ClipFamily, Models
from kinoform.video.pools import Pools
from kinoform.video.service import VideoService
from kinoform.video.servicer import VideoServicer
from kinoform_proto.engine.v1 import engine_pb2 as pb
from kinoform_proto.engine.v1.engine_pb2_grpc import EngineServiceStub, add_EngineServiceServicer_to_server
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest, VideoFile, VideoSpec
from tests.video.tiny_model import tiny_card

TOKEN = "open sesame"
STEPS = 12
EAGER = Rhythm(checkpoint_gap_s=0.0)


def spec(prompt: str = "a penguin", *, seed: int = 1, frames: int = 4, steps: int = STEPS) -> VideoSpec:
    """A resolved clip that a tiny kino-mini makes in a blink."""
    made = VideoSpec(model="tiny", frames=frames)
    made.prompt.text = prompt
    made.size.width, made.size.height = 32, 32
    made.frame_rate.numerator, made.frame_rate.denominator = 8, 1
    made.sampling.seed, made.sampling.steps, made.sampling.guidance = seed, steps, 3.0
    made.file.format = VideoFile.FORMAT_MP4
    return made


def start(
    made: VideoSpec, *, job: str = "projects/p/jobs/j", attempt: int = 1, patience_s: float = 30.0, token: str = TOKEN
) -> pb.Start:
    """The command that begins a run."""
    request, patience = AnyMessage(), Duration()
    request.Pack(GenerateVideoRequest(parent="projects/p", spec=made))
    patience.FromTimedelta(timedelta(seconds=patience_s))
    return pb.Start(job=job, attempt=attempt, request=request, keep_alive_timeout=patience, token=token)


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

    service: VideoService
    store: AssetStore
    stub: EngineServiceStub

    async def open(self, begin: pb.Start) -> Stream:
        stream = Stream(self.stub.Run())
        await stream.call.write(pb.RunRequest(start=begin))
        return stream

    async def clip(self, begin: pb.Start) -> dict[str, str]:
        """The outputs of an undisturbed run."""
        stream = await self.open(begin)
        last = await stream.last()
        assert last.WhichOneof("event") == "finished", last
        for sha256 in stream.outputs.values():
            assert hashlib.sha256(self.store.read(sha256)).hexdigest() == sha256
        return stream.outputs


@asynccontextmanager
async def served(
    family: ClipFamily, assets: Path, *, rhythm: Rhythm = EAGER, max_jobs: int = 8
) -> AsyncIterator[Served]:
    """A video service with one model, on a plain gRPC server."""
    store = AssetStore(str(assets))
    registration = Registration("tiny", "memory", tiny_card("tiny"))
    models = Models({"tiny": registration}, lambda _: family, start_engine)
    tools = Tools(models=models, blobs=Blobs(store), pools=Pools(), rhythm=rhythm)
    service = VideoService(tools, token=TOKEN, max_jobs=max_jobs)
    server = grpc.aio.server()
    add_EngineServiceServicer_to_server(VideoServicer(service), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        try:
            yield Served(service, store, EngineServiceStub(channel))
        finally:
            await service.close(grace_s=5.0)
            await server.stop(None)
