"""The way to the generation services."""

import asyncio
from typing import cast

import grpc
from google.protobuf import any_pb2
from google.protobuf.duration_pb2 import Duration

from kinoform.gateway.conditions import ROLES, Conditions
from kinoform.gateway.convert import timestamp
from kinoform.gateway.resolve.requests import media_inputs, sampling_of, unpacked
from kinoform.store.asset_records import Assets
from kinoform.store.assets import AssetStore
from kinoform.store.records import Claim
from kinoform_proto.engine.v1 import engine_pb2, engine_pb2_grpc
from kinoform_proto.type.v1.type_pb2 import MediaInput

_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
)
CHECKPOINT_TYPE = "application/vnd.kinoform.checkpoint"

Call = grpc.aio.StreamStreamCall[engine_pb2.RunRequest, engine_pb2.RunResponse]


class EngineLink:
    """One channel to the engine address."""

    def __init__(self, address: str, token: str) -> None:
        self._channel = grpc.aio.insecure_channel(address, options=_OPTIONS)
        self._run = _stub(self._channel).Run
        self.token = token

    async def reachable(self, timeout_s: float) -> bool:
        """Whether the address answers, now or within the time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._channel.channel_ready()
        except TimeoutError:
            return False
        return True

    def run(self, kind: str) -> Call:
        """Open a job's stream to the application that runs this kind of job. Commands are written to it."""
        return self._run(metadata=(("application", kind),))

    async def close(self) -> None:
        """Close the channel, and with it all streams."""
        await self._channel.close()


def _stub(channel: grpc.aio.Channel) -> "engine_pb2_grpc.EngineServiceAsyncStub":
    # The stub is one class; only its type tells the asyncio channel's one from the other.
    return cast("engine_pb2_grpc.EngineServiceAsyncStub", engine_pb2_grpc.EngineServiceStub(channel))


class StartMaker:
    """Builds the command that begins a run."""

    def __init__(
        self, assets: Assets, blobs: AssetStore, conditions: Conditions, token: str, keep_alive_s: float
    ) -> None:
        self._assets = assets
        self._conditions = conditions
        self._blobs = blobs
        self._token = token
        self._keep_alive = Duration()
        self._keep_alive.FromNanoseconds(int(keep_alive_s * 1e9))

    def start(self, claim: Claim) -> engine_pb2.RunRequest:
        """The job with its checkpoint and inputs. Blocks.

        Raises NotFound for an input deleted meanwhile; NotReady and Unusable for conditionings.
        """
        asked = claim.record.submission
        request = any_pb2.Any.FromString(asked.request)
        start = engine_pb2.Start(
            job=asked.name,
            attempt=claim.lease.attempt,
            request=request,
            priority=asked.priority,
            inputs=self._inputs(request),
            pause_at=claim.record.status.pause_at or 0,
            keep_steps=self._keep_steps(request),
            keep_alive_timeout=self._keep_alive,
            token=self._token,
        )
        if asked.deadline is not None:
            start.deadline.CopyFrom(timestamp(asked.deadline))
        # Without its checkpoint's bytes the job begins again, and ends in the same bytes a little later.
        if claim.checkpoint is not None and self._blobs.exists(claim.checkpoint.sha256):
            blob = engine_pb2.Blob(sha256=claim.checkpoint.sha256, media_type=CHECKPOINT_TYPE)
            start.checkpoint.CopyFrom(blob)
        if claim.origin is not None:
            start.origin.CopyFrom(engine_pb2.Blob(sha256=claim.origin.sha256, media_type=CHECKPOINT_TYPE))
        return engine_pb2.RunRequest(start=start)

    def _keep_steps(self, packed: any_pb2.Any) -> list[int]:
        request = unpacked(packed)
        sampling = None if request is None else sampling_of(request)
        return [] if sampling is None else list(sampling.keep_steps)

    def _inputs(self, packed: any_pb2.Any) -> dict[str, engine_pb2.Blob]:
        request = unpacked(packed)
        return {} if request is None else {path: self._blob(path, given) for path, given in media_inputs(request)}

    def _blob(self, path: str, given: MediaInput) -> engine_pb2.Blob:
        name = given.asset
        if given.WhichOneof("source") == "conditioning":
            name = self._conditions.output(given.conditioning, ROLES[path.rpartition(".")[2]]).asset
        record = self._assets.get(name)
        return engine_pb2.Blob(sha256=record.sha256, size_bytes=record.size, media_type=record.media_type)
