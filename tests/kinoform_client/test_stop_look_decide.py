"""Pausing, looking, continuing and forking, by SDK and command line, on the real suite."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kinoform_client import Client, InvalidArgumentError, JobHandle, JobPausedError, JobState, NotFoundError, Preview
from tests.kinoform_client.real_suite import KINOFORM, RealSuite, tiny_environment
from tests.kinoform_client.test_end_to_end import PATIENT

pytestmark = [pytest.mark.slow, pytest.mark.alone]
STEPS = 8


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return tiny_environment(tmp_path_factory.mktemp("weights"))


@pytest.fixture(scope="module")
def suite(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealSuite]:
    suite = RealSuite(environment, tmp_path_factory.mktemp("data"))
    yield suite
    suite.stop()


@pytest.fixture
def client(suite: RealSuite) -> Iterator[Client]:
    with Client(suite.address, retry=PATIENT) as client:
        yield client


def digests(job: JobHandle) -> dict[str, str]:
    return {output.role: output.sha256 for output in job.result().job.outputs}


def test_a_paused_clip_is_looked_at_continued_and_forked(client: Client) -> None:
    undisturbed = digests(client.videos.generate("a penguin", seed=7, steps=STEPS))
    job = client.videos.generate("a penguin", seed=7, steps=STEPS, pause_at=5, keep_steps=(2,))
    looks = [event.step for event in job.watch() if isinstance(event, Preview)]
    assert (looks[-1], job.wait().state, job.job.kept_steps) == (5, JobState.PAUSED, (2, 5))
    assert list(job.watch(after=job.job.last_sequence)) == []
    with pytest.raises(JobPausedError, match="paused after step 5"):
        job.result()
    with pytest.raises(InvalidArgumentError):
        job.resume(pause_at=4)
    job.resume()
    assert digests(job) == undisturbed

    same = job.fork(step=2)
    assert (same.job.lineage is not None, digests(same) == undisturbed) == (True, True)
    other = job.fork(step=2, prompt_tail="over snow", guidance=6.0, remaining_steps=9, labels={"take": "2"})
    assert digests(other) != undisturbed
    assert other.job.progress.steps == 11
    assert other.job.request["spec"]["prompt"]["text"] == "a penguin, over snow"
    with pytest.raises(NotFoundError, match="kept are 2, 5"):
        job.fork(step=3)


def test_meshes_and_materials_are_forked_alike(client: Client) -> None:
    for job in (
        client.meshes.generate("a chair", seed=7, triangles=300, steps=4, keep_steps=(2,)),
        client.materials.generate("red brick", seed=7, steps=4, keep_steps=(2,)),
    ):
        made = digests(job)
        assert digests(job.fork()) == made
        assert digests(job.fork(guidance=9.0)) != made


def test_the_command_line_pauses_continues_and_forks(
    suite: RealSuite, environment: dict[str, str], tmp_path: Path
) -> None:
    def run(*arguments: str) -> str:
        command = [*KINOFORM, "--address", suite.address, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    name, look = run("video", "generate", "a cat", "--seed", "3", "--steps", "8", "--pause-at", "5").split()
    assert (tmp_path / look).read_bytes().startswith(b"\x89PNG")
    assert run("job", "continue", name, "-o", "cat.mp4").split() == ["cat.mp4"]
    assert run("job", "fork", name, "--prompt-tail", "over snow", "-o", "other.mp4").split() == ["other.mp4"]
    assert (tmp_path / "cat.mp4").read_bytes() != (tmp_path / "other.mp4").read_bytes()
    shown = json.loads(run("job", "show", name, "--json"))
    assert shown["kept_steps"] == [5]
