"""Reliefs through the `Run` stream of a real server."""

from pathlib import Path

import numpy as np
import pytest
from google.rpc import code_pb2

from kinoform.media.material.png16 import png16_bytes
from kinoform.media.png import png_bytes
from kinoform_proto.engine.v1 import engine_pb2 as pb
from kinoform_proto.mesh.v1.mesh_pb2 import MESH_FORMAT_GLB
from tests.mesh.mesh_peer import carved, mesh_service
from tests.mesh.test_mesh_runs import EVERY_FORMAT, reports
from tests.serving.peer import begin

RAMP = np.tile(np.linspace(0, 65535, 41).round().astype(np.uint16), (21, 1))
COLOURS = np.random.default_rng(0).integers(0, 256, (300, 600, 3), dtype=np.uint8)


async def test_a_depth_picture_becomes_a_closed_plate_in_every_format(tmp_path: Path) -> None:
    async with mesh_service(tmp_path) as peer:
        inputs = {
            "spec.relief.image": peer.store.put_bytes(png16_bytes(RAMP, srgb=False), "image/png").sha256,
            "spec.relief.colour.image": peer.store.put_bytes(png_bytes(COLOURS), "image/png").sha256,
        }
        request = carved(*EVERY_FORMAT, coloured=True)
        stream = await peer.open(begin(request, inputs=inputs))
        assert (await stream.last()).WhichOneof("event") == "finished"
        found = reports(stream)
        assert set(stream.outputs) == {*found, "poster"}
        assert set(found) == {"glb", "usdz", "usdc", "obj", "ply", "stl", "3mf"}
        for report in found.values():
            assert report.watertight
            assert report.manifold == "NoError"
            assert list(report.size_m) == pytest.approx([0.2, 0.1, 0.03], rel=1e-5)
            assert report.volume_m3 == pytest.approx(0.2 * 0.1 * (0.01 + 0.02 / 2), rel=1e-4)
        (texture,) = found["glb"].textures
        assert (texture.role, texture.width, texture.height) == ("base_colour", 256, 128)
        again = begin(carved(MESH_FORMAT_GLB, coloured=True), job="projects/p/jobs/k", inputs=inputs)
        assert (await peer.outputs(again)).items() <= stream.outputs.items()


async def test_a_relief_has_no_more_samples_than_asked_for_and_no_texture_without_colours(tmp_path: Path) -> None:
    async with mesh_service(tmp_path) as peer:
        depth = peer.store.put_bytes(png16_bytes(RAMP, srgb=False), "image/png").sha256
        stream = await peer.open(begin(carved(resolution=11), inputs={"spec.relief.image": depth}))
        await stream.last()
        report = reports(stream)["glb"]
        assert report.triangles == 2 * 10 * 5 + 6 * (11 + 6 - 2)
        assert not report.textures


async def test_pictures_that_are_no_reliefs_are_refused_by_field(tmp_path: Path) -> None:
    async with mesh_service(tmp_path) as peer:
        good = peer.store.put_bytes(png16_bytes(RAMP, srgb=False), "image/png").sha256
        line = peer.store.put_bytes(png_bytes(COLOURS[:1]), "image/png").sha256
        rubbish = peer.store.put_bytes(b"rubbish", "image/png").sha256
        for inputs, field in (
            ({"spec.relief.image": line, "spec.relief.colour.image": good}, "spec.relief.image"),
            ({"spec.relief.image": rubbish, "spec.relief.colour.image": good}, "spec.relief.image"),
            ({"spec.relief.image": good, "spec.relief.colour.image": rubbish}, "spec.relief.colour.image"),
        ):
            refusal = await peer.refusal(pb.RunRequest(start=begin(carved(coloured=True), inputs=inputs)))
            assert refusal == (code_pb2.INVALID_ARGUMENT, "BAD_MEDIA", field)


async def test_a_relief_that_is_not_resolved_is_refused(tmp_path: Path) -> None:
    unresolved = carved()
    unresolved.spec.relief.ClearField("rise_m")
    async with mesh_service(tmp_path) as peer:
        stream = await peer.open(begin(unresolved, inputs={"spec.relief.image": "0" * 64}))
        error = (await stream.last()).failed.error
        assert error.code == code_pb2.INVALID_ARGUMENT
        assert "relief.rise_m" in error.message
