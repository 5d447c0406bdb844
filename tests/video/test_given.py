"""Clips that are led by pictures and clips, through a real service on a tiny kino-mini."""

import io
import zipfile
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from google.rpc import code_pb2
from PIL import Image

from kinoform.engine.family import Frames
from kinoform.media.video import VideoFormat, write_video
from kinoform.models.kino_mini.family import KinoMini
from kinoform_proto.engine.v1 import engine_pb2 as pb
from kinoform_proto.video.v1.video_pb2 import VideoFile, VideoSpec
from tests.models.tiny_kino import write_tiny_control, write_tiny_kino
from tests.serving.peer import Served
from tests.video.run_peer import spec, start, video_service

RNG = np.random.default_rng(5)
FOOTAGE = RNG.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
MATTE = np.zeros((4, 32, 32, 3), np.uint8)
for number, frame in enumerate(MATTE):  # a GIF of equal frames would have but one
    frame[8:20, 4 + number : 24 + number] = 255


@pytest.fixture(scope="module")
def kino(tmp_path_factory: pytest.TempPathFactory) -> KinoMini:
    return KinoMini.from_folder(write_tiny_control(write_tiny_kino(tmp_path_factory.mktemp("kino"))), name="tiny")


def clip_file(frames: Frames, folder: Path, ending: str) -> bytes:
    kinds = {"zip": VideoFormat.PNG, "mp4": VideoFormat.MP4, "webm": VideoFormat.WEBM, "gif": VideoFormat.GIF}
    path = folder / f"clip.{ending}"
    write_video(path, frames, Fraction(8), kinds[ending])
    return path.read_bytes()


def png(picture: Frames) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def wish() -> VideoSpec:
    made = spec(steps=4)
    made.file.format = VideoFile.FORMAT_PNG_SEQUENCE
    return made


def begin(peer: Served, made: VideoSpec, inputs: dict[str, bytes]) -> pb.Start:
    """The start of a run whose inputs are stored."""
    begun = start(made)
    for path, data in inputs.items():
        begun.inputs[path].sha256 = peer.store.put_bytes(data, "application/octet-stream").sha256
    return begun


async def frames_of(peer: Served, made: VideoSpec, inputs: dict[str, bytes]) -> Frames:
    outputs = await peer.outputs(begin(peer, made, inputs))
    with zipfile.ZipFile(io.BytesIO(peer.store.read(outputs["video"]))) as archive:
        return np.stack([np.asarray(Image.open(archive.open(name))) for name in sorted(archive.namelist())])


def masked(strength: float | None = None) -> VideoSpec:
    made = wish()
    condition = made.conditions.add()
    condition.mask.asset = "projects/p/assets/m"
    if strength is not None:
        condition.reach.strength = strength
    return made


def repainted() -> VideoSpec:
    made = wish()
    made.repaint.footage.asset = made.repaint.mask.asset = "projects/p/assets/m"
    return made


async def test_a_repaint_comes_out_of_the_file_with_every_kept_pixel_as_it_was(kino: KinoMini, tmp_path: Path) -> None:
    inputs = {
        "spec.repaint.footage": clip_file(FOOTAGE, tmp_path, "zip"),
        "spec.repaint.mask": clip_file(MATTE, tmp_path, "gif"),
    }
    async with video_service(kino, tmp_path / "store") as peer:
        made = await frames_of(peer, repainted(), inputs)
    keep = MATTE[..., 0] < 128
    np.testing.assert_array_equal(made[keep], FOOTAGE[keep])
    assert (made[~keep] != FOOTAGE[~keep]).any()


async def test_the_same_map_leads_alike_from_any_lossless_file(kino: KinoMini, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path / "store") as peer:
        led = [
            await frames_of(peer, masked(), {"spec.conditions[0].mask": clip_file(MATTE, tmp_path, ending)})
            for ending in ("zip", "gif")
        ]
        plain = await frames_of(peer, wish(), {})
    np.testing.assert_array_equal(*led)
    assert (led[0] != plain).any()


@pytest.mark.parametrize("ending", ["mp4", "webm"])
async def test_video_files_lead_too(kino: KinoMini, tmp_path: Path, ending: str) -> None:
    async with video_service(kino, tmp_path / "store") as peer:
        led = await frames_of(peer, masked(), {"spec.conditions[0].mask": clip_file(MATTE, tmp_path, ending)})
        assert (led != await frames_of(peer, wish(), {})).any()


async def test_strength_0_makes_the_same_file_as_no_condition(kino: KinoMini, tmp_path: Path) -> None:
    async with video_service(kino, tmp_path / "store") as peer:
        led = await frames_of(peer, masked(0), {"spec.conditions[0].mask": png(MATTE[0])})
        np.testing.assert_array_equal(led, await frames_of(peer, wish(), {}))


async def test_a_led_clip_goes_on_elsewhere_to_the_same_bytes(kino: KinoMini, tmp_path: Path) -> None:
    made, inputs = masked(), {"spec.conditions[0].mask": clip_file(MATTE, tmp_path, "zip")}
    made.sampling.steps = 12
    async with video_service(kino, tmp_path / "shared") as peer:
        undisturbed = await peer.outputs(begin(peer, made, inputs))
        first = await peer.open(begin(peer, made, inputs))
        await first.until(lambda event: event.progress.step == 5)
        await first.say(pause=pb.Pause())
        await first.last()
        again = begin(peer, made, inputs)
        again.attempt = 2
        again.checkpoint.CopyFrom(first.checkpoint)
        assert await peer.outputs(again) == undisturbed


@pytest.mark.parametrize(
    ("made", "inputs", "code", "field"),
    [
        (masked(), {"spec.conditions[0].mask": b"\x00\x00\x00\x18ftypmp42" + bytes(200)}, "BAD_MEDIA", "mask"),
        (masked(), {"spec.conditions[0].mask": b"PK\x03\x04" + bytes(40)}, "BAD_MEDIA", "mask"),
        (masked(), {"spec.conditions[0].mask": b"GIF89a" + bytes(40)}, "BAD_MEDIA", "mask"),
        (
            repainted(),
            {"spec.repaint.footage": png(FOOTAGE[0]), "spec.repaint.mask": b"\x1a\x45\xdf\xa3" + bytes(90)},
            "BAD_MEDIA",
            "mask",
        ),
    ],
)
async def test_hostile_footage_is_refused_by_its_field(
    kino: KinoMini, tmp_path: Path, made: VideoSpec, inputs: dict[str, bytes], code: str, field: str
) -> None:
    async with video_service(kino, tmp_path) as peer:
        status, reason, named = await peer.refusal(pb.RunRequest(start=begin(peer, made, inputs)))
    assert (status, reason) == (code_pb2.INVALID_ARGUMENT, code)
    assert named.endswith(field)


async def test_a_repaint_of_another_length_says_so(kino: KinoMini, tmp_path: Path) -> None:
    inputs = {"spec.repaint.footage": clip_file(FOOTAGE[:3], tmp_path, "zip"), "spec.repaint.mask": png(MATTE[0])}
    async with video_service(kino, tmp_path / "store") as peer:
        status, _, field = await peer.refusal(pb.RunRequest(start=begin(peer, repainted(), inputs)))
    assert (status, field) == (code_pb2.INVALID_ARGUMENT, "repaint.footage")
