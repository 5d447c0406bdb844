"""A suite started as people start it, and a plain client of its public API."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Self

import grpc
import psutil

from kinoform_proto.conditioning.v1 import conditioning_pb2, conditioning_pb2_grpc
from kinoform_proto.job.v1 import job_pb2, job_pb2_grpc
from kinoform_proto.material.v1 import material_pb2, material_pb2_grpc
from kinoform_proto.mesh.v1 import mesh_pb2, mesh_pb2_grpc
from kinoform_proto.video.v1 import video_pb2, video_pb2_grpc


class Suite:
    """`python -m kinoform_cluster serve …`, until it says that it is ready."""

    def __init__(
        self, *arguments: str, environment: Mapping[str, str] = os.environ, log: IO[bytes] | None = None
    ) -> None:
        """log: where its stderr goes; None is the tests' own."""
        command = [sys.executable, "-m", "kinoform_cluster", "serve", "--port", "0", *arguments]
        environment = {**environment, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        self.address = self.first_line.strip().removeprefix("ready grpc://")

    def find(self, *marks: str) -> psutil.Process:
        """The one process below the suite whose command line holds all the marks."""
        found = self.find_all(*marks)
        assert len(found) == 1, (marks, found)
        return found[0]

    def find_all(self, *marks: str) -> list[psutil.Process]:
        """The processes below the suite whose command line holds all the marks."""
        return [one for one in self.processes() if all(mark in " ".join(_command(one)) for mark in marks)]

    def processes(self) -> list[psutil.Process]:
        """Everything below the suite's process."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> list[psutil.Process]:
        """Sends the signal, waits for the end, and returns those that are left of what the suite had started."""
        everyone = self.processes()
        self.process.send_signal(number)
        self.process.wait(120)
        assert self.process.stdout is not None
        self.process.stdout.close()
        _, left = psutil.wait_procs(everyone, timeout=0.1 if number is signal.SIGTERM else 30)
        return left


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


@dataclass
class Client:
    """The public API, without the SDK's patience: every break is seen."""

    channel: grpc.aio.Channel

    @classmethod
    @asynccontextmanager
    async def of(cls, suite: Suite) -> AsyncIterator[Self]:
        """A client of the suite's gateway."""
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 300)]
        async with grpc.aio.insecure_channel(suite.address, options=options) as channel:
            yield cls(channel)

    async def generate(
        self,
        *,
        seed: int,
        steps: int,
        large: bool = False,
        request_id: str | None = None,
        prompt: str = "a penguin walks",
    ) -> str:
        """Submits a clip of the model `tiny`; the job's name. large: so large that every stage takes its time."""
        request_id = request_id or str(uuid.uuid4())
        request = video_pb2.GenerateVideoRequest(parent="projects/default", request_id=request_id)
        request.spec.model = "tiny"
        request.spec.prompt.text = prompt
        request.spec.sampling.seed, request.spec.sampling.steps = seed, steps
        if large:
            request.spec.frames = 16
            request.spec.size.width = request.spec.size.height = 128
            request.spec.file.view_size.width = request.spec.file.view_size.height = 768
        response = await video_pb2_grpc.VideoServiceStub(self.channel).GenerateVideo(request, wait_for_ready=True)
        return str(response.job.name)

    async def generate_mesh(self, *, seed: int, conditioning: str | None = None) -> str:
        """Submits a mesh of the default model; the job's name."""
        request = mesh_pb2.GenerateMeshRequest(parent="projects/default", request_id=str(uuid.uuid4()))
        request.spec.prompt.text = "a chair"
        if conditioning is not None:
            request.spec.image.conditioning = conditioning
        request.spec.sampling.seed = seed
        response = await mesh_pb2_grpc.MeshServiceStub(self.channel).GenerateMesh(request, wait_for_ready=True)
        return str(response.job.name)

    async def generate_material(self, *, seed: int) -> str:
        """Submits a material of the default model; the job's name."""
        request = material_pb2.GenerateMaterialRequest(parent="projects/default", request_id=str(uuid.uuid4()))
        request.spec.prompt.text = "red bricks"
        request.spec.sampling.seed = seed
        stub = material_pb2_grpc.MaterialServiceStub(self.channel)
        return str((await stub.GenerateMaterial(request, wait_for_ready=True)).job.name)

    async def prepare(self, spec: conditioning_pb2.ConditioningSpec) -> conditioning_pb2.Conditioning:
        """Has a picture prepared; the handle at once."""
        request = conditioning_pb2.CreateConditioningRequest(parent="projects/default", spec=spec)
        stub = conditioning_pb2_grpc.ConditioningServiceStub(self.channel)
        return (await stub.CreateConditioning(request, wait_for_ready=True)).conditioning

    async def watch(self, job: str, after: int = 0) -> AsyncIterator[job_pb2.JobEvent]:
        """Follows the job to its end, coming back with the last sequence seen after every break."""
        while True:
            request = job_pb2.WatchJobRequest(name=job, after_sequence=after)
            try:
                call = job_pb2_grpc.JobServiceStub(self.channel).WatchJob(request, wait_for_ready=True)
                async for response in call:
                    after = response.event.sequence
                    yield response.event
                return
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
                await asyncio.sleep(0.1)

    async def get(self, job: str) -> job_pb2.Job:
        request = job_pb2.GetJobRequest(name=job)
        return (await job_pb2_grpc.JobServiceStub(self.channel).GetJob(request, wait_for_ready=True)).job

    async def outputs(self, job: str) -> dict[str, str]:
        """Role to SHA-256, once the job has SUCCEEDED."""
        ended = await self.get(job)
        assert ended.state == job_pb2.Job.STATE_SUCCEEDED, ended
        return {output.role: output.sha256 for output in ended.outputs}


def denoised(step: int) -> Callable[[job_pb2.JobEvent], bool]:
    """Whether an event tells of that step or a later one."""
    return lambda event: event.progress.stage == job_pb2.Progress.STAGE_DENOISE and event.progress.step >= step


def stage_begun(stage: "job_pb2.Progress.Stage.ValueType") -> Callable[[job_pb2.JobEvent], bool]:
    """Whether an event tells of that stage."""
    return lambda event: event.progress.stage == stage


async def run_through(
    client: Client, job: str, *, when: Callable[[job_pb2.JobEvent], bool], act: Callable[[], None]
) -> list[job_pb2.JobEvent]:
    """Watches a job to its end and acts once, at the first event of that kind."""
    events: list[job_pb2.JobEvent] = []
    acted = False
    async for event in client.watch(job):
        events.append(event)
        if not acted and when(event):
            acted = True
            act()
    assert acted
    return events
