"""The suite in one process."""

from pathlib import Path

import grpc
import pytest

from kinoform_proto.job.v1 import job_pb2
from tests.kinoform_cluster.suite import Client, Suite, denoised
from tests.kinoform_cluster.tiny_suite import tiny_suite
from tests.video.tiny_model import write_tiny_model

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(600)]


async def test_a_job_stopped_by_sigterm_goes_on_after_a_restart_in_the_same_bytes(tmp_path: Path) -> None:
    arguments = ("--runtime", "local", "--service", "video", "--data", str(tmp_path / "data"))
    arguments += ("--model", f"tiny=kino-mini:{write_tiny_model(tmp_path / 'tiny')}")
    first = Suite(*arguments)
    async with Client.of(first) as client:
        undisturbed = await client.generate(seed=3, steps=60)
        stopped_at = [event async for event in client.watch(undisturbed)][-1]
        assert stopped_at.state_changed.state == job_pb2.Job.STATE_SUCCEEDED
        job = await client.generate(seed=3, steps=60)
        seen = []
        async for event in client.watch(job):
            seen.append(event.sequence)
            if denoised(20)(event):
                break
        assert first.stop() == []
        assert first.process.returncode == 0
    second = Suite(*arguments)
    try:
        async with Client.of(second) as client:
            rest = [event.sequence async for event in client.watch(job, after=seen[-1])]
            assert seen + rest == list(range(1, len(seen) + len(rest) + 1))
            assert await client.outputs(job) == await client.outputs(undisturbed)
            assert (await client.get(job)).attempt == 2
    finally:
        second.stop()


async def test_all_services_answer_behind_one_port(tmp_path: Path) -> None:
    environment, models = tiny_suite(tmp_path / "tiny")
    suite = Suite("--runtime", "local", "--data", str(tmp_path / "data"), *models, environment=environment)
    try:
        async with Client.of(suite) as client:
            jobs = [await client.generate_mesh(seed=1), await client.generate_material(seed=1)]
            again = [await client.generate_mesh(seed=1), await client.generate_material(seed=1)]
            for job in (*jobs, *again):
                async for _ in client.watch(job):
                    pass
            mesh, material = [await client.outputs(job) for job in jobs]
            assert (set(mesh), set(material)) == ({"glb", "poster"}, {"material", "poster", "swatch", "glb"})
            assert [await client.outputs(job) for job in again] == [mesh, material]
    finally:
        assert suite.stop() == []


async def test_no_log_tells_what_was_asked_for(tmp_path: Path) -> None:
    data, mark = tmp_path / "data", "mandrake"
    arguments = ("--runtime", "local", "--service", "video", "--data", str(data))
    arguments += ("--model", f"tiny=kino-mini:{write_tiny_model(tmp_path / 'tiny')}")
    with (tmp_path / "stderr").open("wb") as log:
        suite = Suite(*arguments, log=log)
        try:
            async with Client.of(suite) as client:
                job = await client.generate(seed=1, steps=2, prompt=f"a penguin {mark}")
                assert [event async for event in client.watch(job)]
                assert await client.outputs(job)
                with pytest.raises(grpc.aio.AioRpcError):  # too many steps, and another word for it
                    await client.generate(seed=1, steps=10_000, prompt=f"a {mark}")
        finally:
            suite.stop()
    written = {path: path.read_bytes() for path in (tmp_path / "stderr", *(data / "logs").rglob("*")) if path.is_file()}
    assert b"gateway started" in written[tmp_path / "stderr"]
    assert [path for path, text in written.items() if mark.encode() in text] == []
