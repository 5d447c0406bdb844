"""The suite on Ray, started as people start it, and killed piece by piece in the middle of jobs."""

import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import any_pb2
from google.rpc import code_pb2

from kinoform.conditioning.files import write_prepared
from kinoform.conditioning.tasks import CutOut
from kinoform_proto.conditioning.v1.conditioning_pb2 import ConditioningSpec
from kinoform_proto.engine.v1 import engine_pb2
from kinoform_proto.engine.v1.engine_pb2_grpc import EngineServiceStub
from kinoform_proto.job.v1 import job_pb2
from kinoform_proto.video.v1.video_pb2 import GenerateVideoRequest
from tests.conditioning.conditioning_peer import CUT_OUT, disc, png
from tests.kinoform_cluster.suite import Client, Suite, denoised, run_through, stage_begun
from tests.kinoform_cluster.tiny_suite import tiny_suite
from tests.video.tiny_model import write_tiny_model

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(900)]

STEPS = 120
SEED = 7


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    folder = tmp_path_factory.mktemp("suite")
    environment, models = tiny_suite(folder / "weights")
    models += ["--model", f"tiny=kino-mini:{write_tiny_model(folder / 'tiny')}"]
    started = Suite("--runtime", "ray", "--data", str(folder / "data"), *models, environment=environment)
    yield started
    if started.process.poll() is None:
        started.stop()


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, str]:
    """Outputs of the undisturbed run, filled in by the first test."""
    return {}


async def test_a_clip_is_made_and_every_event_told_once(suite: Suite, undisturbed: dict[str, str]) -> None:
    assert suite.first_line.startswith("ready grpc://127.0.0.1:")
    async with Client.of(suite) as client:
        job = await client.generate(seed=SEED, steps=STEPS)
        events = [event async for event in client.watch(job)]
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert {event.WhichOneof("event") for event in events} >= {"progress", "preview", "checkpoint_saved", "output"}
        undisturbed.update(await client.outputs(job))
        assert set(undisturbed) == {"video", "poster"}


@pytest.mark.parametrize("token", ["", "guess"])
async def test_rays_port_runs_nothing_for_who_does_not_know_the_token(suite: Suite, token: str) -> None:
    gateway = suite.find("-m kinoform.gateway").cmdline()
    request = any_pb2.Any()
    request.Pack(GenerateVideoRequest(parent="projects/default"))
    start = engine_pb2.Start(job="projects/default/jobs/x", attempt=1, request=request, token=token)
    start.keep_alive_timeout.seconds = 10
    async with grpc.aio.insecure_channel(gateway[gateway.index("--engine") + 1]) as channel:
        call = EngineServiceStub(channel).Run(
            iter([engine_pb2.RunRequest(start=start)]), metadata=(("application", "video"),)
        )
        heard = [response async for response in call]
    assert [response.WhichOneof("event") for response in heard] == ["failed"]
    assert heard[0].failed.error.code == code_pb2.PERMISSION_DENIED


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param(("kinoform.gateway",), id="gateway"),
        pytest.param(("ray::ServeReplica:video",), id="replica"),
        pytest.param(("ray::ProxyActor",), id="proxy"),
        pytest.param(("kinoform_cluster.cluster",), id="cluster"),
    ],
)
async def test_a_job_survives_kill_9_in_the_same_bytes(
    suite: Suite, undisturbed: dict[str, str], marks: tuple[str, ...]
) -> None:
    def kill() -> None:
        os.kill(suite.find(*marks).pid, signal.SIGKILL)

    async with Client.of(suite) as client:
        job = await client.generate(seed=SEED, steps=STEPS)
        events = await run_through(client, job, when=denoised(STEPS // 3), act=kill)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        assert sum(event.HasField("output") for event in events) == len(undisturbed)
        ended = await client.get(job)
        assert ended.attempt > 1
        assert events[-1].state_changed.state == job_pb2.Job.STATE_SUCCEEDED
        assert await client.outputs(job) == undisturbed


async def test_a_mesh_survives_the_death_of_its_replica_while_its_surface_is_made(suite: Suite) -> None:
    def kill() -> None:
        os.kill(suite.find("ray::ServeReplica:mesh").pid, signal.SIGKILL)

    async with Client.of(suite) as client:
        jobs = [await client.generate_mesh(seed=1) for _ in range(2)]
        await run_through(client, jobs[0], when=stage_begun(job_pb2.Progress.STAGE_SURFACE), act=kill)
        async for _ in client.watch(jobs[1]):
            pass
        killed, other = [await client.outputs(job) for job in jobs]
        assert (await client.get(jobs[0])).attempt > 1
        assert killed == other
        assert set(killed) == {"glb", "poster"}


async def test_a_material_is_made_beside_them(suite: Suite) -> None:
    async with Client.of(suite) as client:
        job = await client.generate_material(seed=1)
        async for _ in client.watch(job):
            pass
        assert set(await client.outputs(job)) == {"material", "poster", "swatch", "glb"}


async def test_a_picture_survives_the_death_of_its_replica_and_the_mesh_that_waits_for_it_is_made(
    suite: Suite, tmp_path: Path
) -> None:
    def kill() -> None:
        os.kill(suite.find("ray::ServeReplica:conditioning").pid, signal.SIGKILL)

    pixels = disc()
    picture, mask = write_prepared(pixels, CutOut(hardness=0), tmp_path)
    spec = ConditioningSpec(cut_out=CUT_OUT)
    spec.image.inline = png(pixels)
    async with Client.of(suite) as client:
        handle = await client.prepare(spec)
        mesh = await client.generate_mesh(seed=1, conditioning=handle.name)
        await run_through(client, handle.job, when=stage_begun(job_pb2.Progress.STAGE_ENCODE), act=kill)
        async for _ in client.watch(mesh):
            pass
        ended = await client.get(handle.job)
        assert ended.attempt > 1
        expected = {file.role: hashlib.sha256(file.path.read_bytes()).hexdigest() for file in (picture, mask)}
        assert {output.role: output.content_sha256 for output in ended.outputs} == expected
        assert set(await client.outputs(mesh)) == {"glb", "poster"}


def test_sigterm_leaves_no_process(suite: Suite) -> None:
    assert suite.stop(signal.SIGTERM) == []
    assert suite.process.returncode == 0
