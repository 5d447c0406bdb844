"""SDK and command line on the real suite: gateway, engine, stores and media, with a tiny model of random weights."""

import hashlib
import io
import json
import subprocess
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from kinoform_client import (
    AlreadyExistsError,
    AsyncClient,
    Client,
    ClipCondition,
    ConditioningHandle,
    InvalidArgumentError,
    JobCancelledError,
    JobHandle,
    JobState,
    MaterialReport,
    MeshReport,
    ModelKind,
    NotFoundError,
    OutputFile,
    Preview,
    Progress,
    RetryPolicy,
)
from tests.conditioning.conditioning_peer import disc
from tests.kinoform_client.real_suite import KINOFORM, RealSuite, tiny_environment

pytestmark = [pytest.mark.slow, pytest.mark.alone]
PATIENT = RetryPolicy(total_s=90, patience_s=400)


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


def test_a_clip_from_a_prompt_is_the_clip_that_was_asked_for(client: Client, tmp_path: Path) -> None:
    job = client.videos.generate("a penguin", seed=7, frames=6, width=48, height=32, fps="24000/1001", steps=4)
    path = job.download(tmp_path / "penguin.mp4")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (48, 32, Fraction(24000, 1001))
        assert len(list(container.decode(video=0))) == 6
    with Image.open(io.BytesIO(job.output("poster").read())) as poster:
        assert poster.size == (48, 32)
    assert job.job.request["spec"]["sampling"] == {"seed": 7, "steps": 4, "guidance": 3.0}


def test_a_mesh_from_a_prompt_is_changed_and_shown(client: Client, tmp_path: Path) -> None:
    needs(client, ModelKind.MESH)
    job = client.meshes.generate("a chair", seed=7, triangles=300, height_m=0.9, formats=("glb", "stl"))
    path = job.download(tmp_path / "chair.glb")
    report = job.output("glb").report
    assert isinstance(report, MeshReport)
    assert (report.watertight, report.findings) == (True, ())
    assert report.size_m[1] == pytest.approx(0.9, rel=1e-3)
    assert len(job.output("glb").to_trimesh().faces) == report.triangles <= 300
    assert job.output("poster").to_numpy().shape[2] == 3
    again = client.meshes.generate("a chair", seed=7, triangles=300, height_m=0.9, formats=("glb", "stl")).result()
    assert [output.sha256 for output in again.job.outputs] == [output.sha256 for output in job.job.outputs]
    small = client.meshes.process(path, triangles=100, formats="ply").result()
    assert len(small.output("ply").to_trimesh().faces) <= 100
    film = client.meshes.turntable(job.output("glb"), frames=6, size=64).download(tmp_path / "chair.mp4")
    with av.open(str(film)) as container:
        assert len(list(container.decode(video=0))) == 6


def test_a_material_from_a_prompt_tiles_and_covers_a_mesh(client: Client, tmp_path: Path) -> None:
    needs(client, ModelKind.MATERIAL)
    job = client.materials.generate("red brick", seed=7, size_m=0.5)
    maps = job.maps()
    report = job.output("material").report
    assert isinstance(report, MaterialReport)
    assert (report.size_m, report.findings) == (0.5, ())
    assert {"base_colour", "normal", "roughness", "metallic", "height"} <= maps.keys()
    assert {values.shape[:2] for values in maps.values()} == {(report.size, report.size)}
    assert {str(values.dtype) for values in maps.values()} == {"uint16"}
    textured = client.meshes.texture(job.output("glb"), material=job.output("material"), texture_size=256).result()
    covered = textured.output("glb").report
    assert isinstance(covered, MeshReport)
    assert covered.textures[0].size == (256, 256)


def test_the_same_seed_gives_the_same_bytes(client: Client) -> None:
    jobs = [client.videos.generate("a penguin", seed=seed, steps=4) for seed in (1, 1, 2)]
    first, again, other = [job.result().output("video").read() for job in jobs]
    assert first == again != other


async def test_a_watch_tells_the_whole_story(suite: RealSuite) -> None:
    async with AsyncClient(suite.address, retry=PATIENT) as client:
        job = await client.videos.generate("a zebra", steps=40)
        live = [event async for event in job.watch()]
        assert [event async for event in job.watch()] == live
        assert [event.sequence for event in live] == list(range(1, len(live) + 1))
        steps = [event.step for event in live if isinstance(event, Progress)]
        assert steps == sorted(steps)
        assert steps[-1] == 40
        for event in live:
            if isinstance(event, Preview):
                Image.open(io.BytesIO(event.image)).verify()
        record = await job.refresh()
        assert record.state is JobState.SUCCEEDED
        assert "zebra" in record.warnings[0]


def test_a_picture_becomes_the_first_frame_inline_and_uploaded(client: Client, tmp_path: Path) -> None:
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    Image.new("RGB", (64, 64), (200, 30, 30)).save(small)
    Image.effect_noise((1200, 1200), 90).save(large)
    assert large.stat().st_size > 1 << 20
    for picture in (small, large):
        job = client.videos.generate("a penguin", image=picture, steps=3).result()
        assert job.job.request["spec"]["image"]["asset"].startswith("projects/default/assets/")
    names = [asset.display_name for asset in client.assets.list()]
    assert "large.png" in names


def test_one_cut_out_is_a_clips_mask_and_a_meshs_picture(client: Client, tmp_path: Path) -> None:
    photo = tmp_path / "photo.png"
    Image.fromarray(disc()).save(photo)
    cut_out = client.conditionings.create("cut_out", photo)

    def led_by(mask: ConditioningHandle | OutputFile) -> JobHandle:
        conditions = [ClipCondition("mask", mask, steps=(0, 0.8))]
        return client.videos.generate("a penguin", conditions=conditions, steps=6, seed=3, format="png")

    waiting = [led_by(cut_out), client.meshes.generate(image=cut_out, steps=2, resolution=32, triangles=500)]
    clip, _ = (job.result() for job in waiting)
    (mask,) = (output for output in cut_out.result().outputs if output.role == "mask")
    assert client.conditionings.create("cut_out", photo).conditioning == cut_out.conditioning
    plain = client.videos.generate("a penguin", steps=6, seed=3, format="png").result()
    same = led_by(mask).result()
    videos = [job.output("video").record.sha256 for job in (clip, same, plain)]
    assert videos[0] == videos[1] != videos[2]


def test_bad_requests_name_their_fields_and_leave_no_job(client: Client, tmp_path: Path) -> None:
    before = [job.name for job in client.jobs.list()]
    picture = tmp_path / "cut.png"
    Image.effect_noise((64, 64), 90).save(picture)
    picture.write_bytes(picture.read_bytes()[:1000])
    with pytest.raises(InvalidArgumentError) as caught:
        client.videos.generate("", frames=0, guidance=float("nan"))
    assert {bad.field for bad in caught.value.violations} == {
        "spec.prompt.text",
        "spec.frames",
        "spec.sampling.guidance",
    }
    for field, bad in {
        "spec.image": {"image": picture},
        "spec.frames": {"frames": 1_000_000},
        "spec.prompt.text": {"negative_prompt": "x"},
        "spec.model": {"model": "nope"},
    }.items():
        prompt = "x" * 10_000_000 if field == "spec.prompt.text" else "x"
        with pytest.raises((InvalidArgumentError, NotFoundError), match=field if field != "spec.model" else "nope"):
            client.videos.generate(prompt, **bad)  # type: ignore[arg-type]
    assert [job.name for job in client.jobs.list()] == before


def test_a_request_id_belongs_to_one_request(client: Client) -> None:
    name = "6b1f5f0e-6f8c-4a3e-9a31-0d1f2c3b4a59"
    first = client.videos.generate("a penguin", seed=1, steps=2, request_id=name)
    assert client.videos.generate("a penguin", seed=1, steps=2, request_id=name).name == first.name
    with pytest.raises(AlreadyExistsError):
        client.videos.generate("a cat", seed=1, steps=2, request_id=name)


def test_files_come_back_as_they_went(client: Client, tmp_path: Path) -> None:
    data = bytes(range(256)) * 12_345
    (tmp_path / "in.bin").write_bytes(data)
    asset = client.assets.upload(tmp_path / "in.bin")
    assert asset.sha256 == hashlib.sha256(data).hexdigest()
    assert client.assets.download(asset.name, tmp_path / "out.bin").read_bytes() == data
    assert client.assets.verify(asset.name).asset == asset


def test_a_cancelled_job_can_be_tried_again(client: Client) -> None:
    job = client.videos.generate("a penguin", seed=3, steps=400)
    job.cancel()
    with pytest.raises(JobCancelledError):
        job.result(timeout=30)
    assert job.retry().state in (JobState.QUEUED, JobState.RUNNING)
    job.cancel()
    assert job.wait(30).state is JobState.CANCELLED
    job.delete()
    with pytest.raises(NotFoundError):
        job.refresh()


def test_the_command_line_makes_frames(suite: RealSuite, tmp_path: Path) -> None:
    command = [*KINOFORM, "--address", suite.address, "video", "generate", "a penguin", "--steps", "3"]
    result = subprocess.run([*command, "-o", "frames/", "--json"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["state"] == "SUCCEEDED"
    frames = sorted((tmp_path / "frames").iterdir())
    assert [path.name for path in frames] == [f"frame_{number:04d}.png" for number in range(1, 5)]
    with Image.open(frames[0]) as frame:
        assert (frame.size, frame.mode) == ((32, 32), "RGB")


def test_a_watch_and_a_clip_survive_a_suite_that_is_killed(suite: RealSuite, client: Client) -> None:
    undisturbed = client.videos.generate("a penguin", seed=9, steps=150).result().job.outputs[0].sha256
    job = client.videos.generate("a penguin", seed=9, steps=150)
    seen: list[int] = []
    killer: threading.Thread | None = None

    def kill_and_start() -> None:
        suite.kill()
        suite.start()

    for event in job.watch():
        seen.append(event.sequence)
        if killer is None and isinstance(event, Progress) and event.step >= 20:
            killer = threading.Thread(target=kill_and_start)
            killer.start()
    assert killer is not None
    killer.join()
    assert seen == list(range(1, len(seen) + 1))
    assert job.result().job.outputs[0].sha256 == undisturbed
    assert job.job.attempt >= 2


def test_the_demo_leaves_clips_a_sheet_and_a_page(environment: dict[str, str], tmp_path: Path) -> None:
    command = [*KINOFORM, "demo", "--runtime", "local", "--steps", "2", "-o", "out"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    out = tmp_path / "out"
    clips = ["clip-1.mp4", "clip-2.mp4", "clip-3.mp4", "clip-from-picture.mp4"]
    lines = [line.rpartition("/")[2] for line in result.stdout.splitlines()]
    assert (lines[:4], lines[-2:]) == (clips, ["contact-sheet.png", "index.html"])
    for name in clips:
        with av.open(str(out / name)) as container:
            assert len(list(container.decode(video=0))) == 4
    page = (out / "index.html").read_text()
    assert page.count("<video ") == sum(line.endswith(".mp4") for line in lines)
    assert "http://" not in page
    assert "https://" not in page
    assert "a penguin moves to the left over a teal background" in page


def needs(client: Client, kind: ModelKind) -> None:
    if not any(model.kind is kind for model in client.models.list()):
        pytest.skip(f"the suite offers no {kind} model")
