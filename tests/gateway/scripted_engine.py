"""A generation service that follows a script: it speaks the true `Run` protocol, and can die, stall, fail, let go."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, status_pb2

from kinoform.media.provenance.credit import SIDECAR_TYPE
from kinoform.media.provenance.sign import EMBEDS, TRIAL, Signer
from kinoform.store.assets import AssetStore, Blob
from kinoform_proto.engine.v1 import engine_pb2, engine_pb2_grpc
from kinoform_proto.engine.v1.engine_pb2 import Released, RunResponse
from kinoform_proto.type.v1.report_pb2 import ConditioningReport, MaterialReport, MeshReport, TextureInfo

STEPS = 6
MEDIA_TYPES = {
    "video": "video/mp4",
    "poster": "image/png",
    "glb": "model/gltf-binary",
    "material": "application/zip",
    "picture": "image/png",
}
ROLES = {
    "kinoform.video.v1.GenerateVideoRequest": ("video", "poster"),
    "kinoform.mesh.v1.GenerateMeshRequest": ("glb", "poster"),
    "kinoform.mesh.v1.ProcessMeshRequest": ("glb",),
    "kinoform.mesh.v1.TextureMeshRequest": ("glb", "poster"),
    "kinoform.mesh.v1.RenderTurntableRequest": ("video", "poster"),
    "kinoform.material.v1.GenerateMaterialRequest": ("material", "poster"),
    "kinoform.conditioning.v1.CreateConditioningRequest": ("picture",),
}
"""What each type of request makes."""
MESH_REPORT = MeshReport(
    triangles=12,
    vertices=24,
    watertight=True,
    manifold="NoError",
    volume_m3=0.125,
    size_m=(0.5, 0.5, 0.5),
    uv_min=(0.0, 0.25),
    uv_max=(1.0, 0.75),
    textures=[TextureInfo(role="base_colour", width=512, height=512)],
    findings=["NODE_EMPTY"],
)
CONDITIONING_REPORT = ConditioningReport(width=8, height=8, coverage=0.25)
MATERIAL_REPORT = MaterialReport(size=512, size_m=1.5, tileability_x=1.1, tileability_y=0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What becomes of one stream. The numbers are steps; 0 is before the first."""

    step_s: float = 0.005
    checkpoint_every: int = 2
    dies_at: int | None = None
    falls_silent_at: int | None = None
    fails_at: int | None = None
    fails_with: status_pb2.Status | None = None
    releases_at: tuple[int, Released.Reason.ValueType] | None = None
    holds_at: int | None = None
    """Waits there, with heartbeats, for a command or for `ScriptedEngine.go`."""
    dies_after_outputs: bool = False
    deaf: bool = False
    """Hears no command."""
    warns: str = ""


@dataclass
class ScriptedEngine(engine_pb2_grpc.EngineServiceServicer):
    """Streams take the scripts in order; later ones run undisturbed."""

    blobs: AssetStore
    scripts: list[Script] = field(default_factory=list)
    starts: list[engine_pb2.Start] = field(default_factory=list)
    applications: list[str] = field(default_factory=list)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    holding: asyncio.Event = field(default_factory=asyncio.Event)
    server: grpc.aio.Server | None = None
    signers: list[Signer] = field(default_factory=list)
    """Of the first attempt, of the second, …: what takes no credentials in gets them beside it."""

    async def serve(self, port: int = 0) -> int:
        """Listen; returns the port."""
        self.server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
        engine_pb2_grpc.add_EngineServiceServicer_to_server(self, self.server)
        port = self.server.add_insecure_port(f"127.0.0.1:{port}")
        await self.server.start()
        return port

    async def stop(self) -> None:
        """Break all streams and stop listening."""
        if self.server is not None:
            await self.server.stop(0)

    async def Run(
        self, request_iterator: AsyncIterator[engine_pb2.RunRequest], context: grpc.aio.ServicerContext
    ) -> AsyncIterator[RunResponse]:
        start = (await anext(request_iterator)).start
        self.starts.append(start)
        self.applications += [str(value) for key, value in context.invocation_metadata() if key == "application"]
        script = self.scripts.pop(0) if self.scripts else Script()
        stream = _Stream(self, script, start, context)
        hearing = asyncio.create_task(stream.hear(request_iterator))
        try:
            async for response in stream.responses():
                yield response
        finally:
            hearing.cancel()
            await asyncio.wait([hearing])


@dataclass
class _Stream:
    engine: ScriptedEngine
    script: Script
    start: engine_pb2.Start
    context: grpc.aio.ServicerContext
    told: str = ""
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    async def hear(self, commands: AsyncIterator[engine_pb2.RunRequest]) -> None:
        async for command in commands:
            kind = command.WhichOneof("command")
            if kind in ("cancel", "pause") and not self.script.deaf:
                self.told = kind
                self.stirred.set()

    async def responses(self) -> AsyncIterator[RunResponse]:
        yield RunResponse(accepted=engine_pb2.Accepted())
        if self.script.warns:
            yield RunResponse(warning=engine_pb2.Warned(message=self.script.warns))
        yield _progress("encode", 0)
        first = self._resumed()
        for step in range(first, STEPS + 1):
            async for response in self._step(step, fresh=step > first):
                yield response
                if response.WhichOneof("event") in ("released", "failed"):
                    return
        for response in self._outputs():
            yield response
        if self.script.dies_after_outputs:
            await self.context.abort(grpc.StatusCode.INTERNAL, "The actor died unexpectedly")
        yield RunResponse(finished=engine_pb2.Finished())

    async def _step(self, step: int, *, fresh: bool) -> AsyncIterator[RunResponse]:
        script = self.script
        await asyncio.sleep(script.step_s)
        if fresh:
            yield _progress("denoise", step)
            if step % script.checkpoint_every == 0 or step in self.start.keep_steps:
                yield self._checkpoint(step)
                yield self._preview(step)
            if step == self.start.pause_at:
                yield self._preview(step)
                yield self._checkpoint(step)
                yield _released(Released.REASON_PAUSED)
                return
        if script.dies_at == step:
            await self.context.abort(grpc.StatusCode.INTERNAL, "The actor died unexpectedly")
        if script.falls_silent_at == step:
            await asyncio.sleep(60)
        if script.fails_at == step:
            error = status_pb2.Status(code=code_pb2.OUT_OF_RANGE, message="latents are not finite")
            yield RunResponse(failed=engine_pb2.Failed(error=script.fails_with or error))
        if script.releases_at is not None and script.releases_at[0] == step:
            yield _released(script.releases_at[1])
        if script.holds_at == step:
            self.engine.holding.set()
            while not (self.engine.go.is_set() or self.stirred.is_set()):
                yield RunResponse(heartbeat=engine_pb2.Heartbeat())
                await asyncio.sleep(0.02)
        if self.told == "cancel":
            yield _released(Released.REASON_CANCELLED)
        elif self.told == "pause":
            yield self._checkpoint(step)
            yield _released(Released.REASON_PAUSED)

    def _resumed(self) -> int:
        if self.start.HasField("origin") and not self.start.HasField("checkpoint"):
            return int(self.engine.blobs.read(self.start.origin.sha256).decode().split("@")[1])
        if not self.start.HasField("checkpoint"):
            return 0
        job, step = self.engine.blobs.read(self.start.checkpoint.sha256).decode().split("@")
        assert job == self.start.job
        return int(step)

    def _checkpoint(self, step: int) -> RunResponse:
        blob = self.engine.blobs.put_bytes(f"{self.start.job}@{step}".encode(), "application/octet-stream")
        kept = step in self.start.keep_steps
        return RunResponse(checkpoint=engine_pb2.CheckpointStored(step=step, state=_blob(blob), kept=kept))

    def _preview(self, step: int) -> RunResponse:
        blob = self.engine.blobs.put_bytes(f"preview {self.start.job} {step}".encode(), "image/png")
        return RunResponse(preview=engine_pb2.PreviewReady(step=step, image=_blob(blob), frames=1))

    def _outputs(self) -> list[RunResponse]:
        return [self._output(role) for role in ROLES[self.start.request.TypeName()]]

    def _output(self, role: str) -> RunResponse:
        blob = self.engine.blobs.put_bytes(made_of(self.start.request, role), MEDIA_TYPES[role])
        output = engine_pb2.OutputStored(role=role, blob=_blob(blob), display_name=f"{role}.bin")
        if role == "glb":
            output.mesh.CopyFrom(MESH_REPORT)
        elif role == "material":
            output.material.CopyFrom(MATERIAL_REPORT)
        elif role == "picture":
            output.conditioning.CopyFrom(CONDITIONING_REPORT)
        if self.engine.signers and blob.media_type not in EMBEDS:
            signer = self.engine.signers[min(self.start.attempt, len(self.engine.signers)) - 1]
            output.content_sha256 = blob.sha256
            output.credentials.CopyFrom(_blob(self._credentials(signer, blob)))
        return RunResponse(output=output)

    def _credentials(self, signer: Signer, blob: Blob) -> Blob:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            path.write_bytes(self.engine.blobs.read(blob.sha256))
            beside = signer.sign(path, blob.media_type, TRIAL).sidecar
            assert beside is not None
            return self.engine.blobs.put_bytes(beside.read_bytes(), SIDECAR_TYPE)


def made_of(request: any_pb2.Any, role: str) -> bytes:
    """The file that a request makes: it hangs on nothing else."""
    return role.encode() + hashlib.sha256(request.value).digest()


def _progress(stage: str, step: int) -> RunResponse:
    return RunResponse(progress=engine_pb2.StepDone(stage=stage, step=step, steps=STEPS))


def _released(reason: Released.Reason.ValueType) -> RunResponse:
    return RunResponse(released=Released(reason=reason))


def _blob(blob: Blob) -> engine_pb2.Blob:
    return engine_pb2.Blob(sha256=blob.sha256, size_bytes=blob.size, media_type=blob.media_type)
