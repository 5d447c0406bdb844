"""Mesh jobs through the `Run` stream of a real server, on tiny exact models."""

from pathlib import Path

import numpy as np
import pytest
from google.rpc import code_pb2

from kinoform.media.mesh.formats import MeshFormat
from kinoform.media.png import png_bytes
from kinoform.serving.bench import AT_ONCE
from kinoform_proto.engine.v1 import engine_pb2 as pb
from kinoform_proto.mesh.v1 import mesh_pb2
from kinoform_proto.type.v1.report_pb2 import MeshReport
from kinoform_proto.type.v1.type_pb2 import Reach
from tests.material.material_peer import material_service, waves
from tests.mesh.ball_family import NOTHING
from tests.mesh.mesh_peer import STEPS, ball, globe, mesh_service, processed, textured, turntable
from tests.serving.peer import Served, Stream, at_step, begin

EVERY_FORMAT = tuple(number for number in mesh_pb2.MeshFormat.values() if number)


async def with_mesh(peer: Served, request: mesh_pb2.ProcessMeshRequest, data: bytes) -> Stream:
    """A finished run on that mesh."""
    blob = peer.store.put_bytes(data, "model/gltf-binary")
    stream = await peer.open(begin(request, inputs={"spec.mesh": blob.sha256}))
    last = await stream.last()
    assert last.WhichOneof("event") == "finished", last
    return stream


def reports(stream: Stream) -> dict[str, MeshReport]:
    """Role to report."""
    return {event.output.role: event.output.mesh for event in stream.of("output") if event.output.HasField("mesh")}


@pytest.mark.slow
async def test_equal_requests_give_equal_bytes_of_every_format(tmp_path: Path) -> None:
    request = ball(lods=2, formats=EVERY_FORMAT)
    async with mesh_service(tmp_path / "first") as peer:
        stream = await peer.open(begin(request))
        await stream.last()
        found = reports(stream)
        assert set(found) == {"glb", "glb_lod1", "usdz", "usdc", "obj", "ply", "stl", "3mf"}
        assert set(stream.outputs) == {*found, "poster"}
        assert all(report.watertight and report.manifold == "NoError" for report in found.values())
        assert {report.triangles for role, report in found.items() if role != "glb_lod1"} == {found["glb"].triangles}
        assert found["glb_lod1"].triangles <= found["glb"].triangles / 3
    async with mesh_service(tmp_path / "second") as peer:
        assert await peer.outputs(begin(request)) == stream.outputs


async def test_a_shape_killed_between_two_steps_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    step = STEPS // 2
    async with mesh_service(tmp_path) as peer:
        undisturbed = await peer.outputs(begin(ball()))
        once = begin(ball())
        once.keep_steps.append(step)
        first = await peer.open(once)
        await first.until(lambda event: event.checkpoint.step == step)
        first.call.cancel()
        again = begin(ball(), attempt=2)
        again.checkpoint.CopyFrom(first.checkpoint)
        second = await peer.open(again)
        await second.last()
        assert second.outputs == undisturbed
        assert second.steps() == list(range(step + 1, STEPS + 1))


async def test_a_cancel_while_the_surface_is_made_ends_the_job(tmp_path: Path) -> None:
    async with mesh_service(tmp_path) as peer:
        stream = await peer.open(begin(ball()))
        await stream.until(at_step(0, "surface"))
        await stream.say(cancel=pb.Cancel())
        assert (await stream.last()).released.reason == pb.Released.REASON_CANCELLED
        assert stream.outputs == {}


async def test_an_empty_shape_fails_by_name(tmp_path: Path) -> None:
    async with mesh_service(tmp_path) as peer:
        refusal = await peer.refusal(pb.RunRequest(start=begin(ball(NOTHING))))
        assert refusal == (code_pb2.FAILED_PRECONDITION, "NO_SURFACE", "")


async def test_a_mesh_is_as_high_as_asked_for_or_as_such_things_are(tmp_path: Path) -> None:
    async with mesh_service(tmp_path) as peer:
        typical, high = ball(), ball()
        high.spec.surface.height_m = 4.0
        heights = []
        for request in (typical, high):
            stream = await peer.open(begin(request))
            await stream.last()
            heights.append(reports(stream)["glb"].size_m[1])
        assert heights == pytest.approx([0.765, 4.0], abs=0.03)


async def test_a_picture_leads_a_mesh_as_strongly_as_asked_for(tmp_path: Path) -> None:
    async with mesh_service(tmp_path) as peer:
        light = peer.store.put_bytes(png_bytes(np.full((8, 8, 3), 204, np.uint8)), "image/png").sha256
        heights = []
        for strength in (None, 1.0, 0.5):
            request = ball()
            request.spec.image.asset = "projects/p/assets/i"
            if strength is not None:
                request.spec.image_reach.strength = strength
            stream = await peer.open(begin(request, inputs={"spec.image": light}))
            await stream.last()
            heights.append(reports(stream)["glb"].size_m[1])
        assert heights == pytest.approx([1.30, 1.30, 0.95], abs=0.05)


async def test_every_view_leads_a_mesh_as_strongly_as_asked_for(tmp_path: Path) -> None:
    """Balls are as large as their pictures are bright, on the mean."""
    async with mesh_service(tmp_path) as peer:
        levels = {"spec.image": 204, "spec.views[0].image": 102, "spec.views[1].image": 255}
        inputs = {
            path: peer.store.put_bytes(png_bytes(np.full((8, 8, 3), level, np.uint8)), "image/png").sha256
            for path, level in levels.items()
        }
        request = ball()
        request.spec.image.asset = "projects/p/assets/i"
        for strength in (1.0, 0.2):
            request.spec.views.add(reach=Reach(strength=strength)).image.asset = "projects/p/assets/i"
        stream = await peer.open(begin(request, inputs=inputs))
        await stream.last()
        # (0.8 + 0.4 + 0.2 * 1) / 3, of which the radius has half, 0.3 more, and the steps all but a tenth
        assert reports(stream)["glb"].size_m[1] == pytest.approx(1.02, abs=0.04)
        request.spec.image_sketch = request.spec.views[0].sketch = True
        drawn = await peer.open(begin(request, job="projects/p/jobs/k", inputs=inputs))
        await drawn.last()
        assert reports(drawn)["glb"].size_m[1] == pytest.approx(0.69, abs=0.04)
        del inputs["spec.views[1].image"]
        error = (await (await peer.open(begin(request, inputs=inputs))).last()).failed.error
        assert "spec.views[1].image" in error.message


async def test_a_mesh_is_only_written_anew_when_nothing_else_is_asked(tmp_path: Path) -> None:
    async with mesh_service(tmp_path / "assets") as peer:
        stream = await with_mesh(peer, processed(mesh_pb2.MESH_FORMAT_GLB, mesh_pb2.MESH_FORMAT_STL), globe(tmp_path))
        found = reports(stream)
        assert found["glb"].triangles == found["stl"].triangles == 24 * 11 * 2
        assert found["glb"].size_m[1] == pytest.approx(1.0)
        assert not found["glb"].textures


async def test_a_mesh_is_decimated_scaled_and_keeps_its_colours_in_textures(tmp_path: Path) -> None:
    async with mesh_service(tmp_path / "assets") as peer:
        wish = processed(triangles=200, height_m=3.0, lods=2)
        first, again = [await with_mesh(peer, wish, globe(tmp_path)) for _ in range(2)]
        assert first.outputs == again.outputs
        found = reports(first)
        assert found["glb"].triangles <= 200
        assert found["glb_lod1"].triangles <= 50
        assert found["glb"].size_m[1] == pytest.approx(3.0)
        base = found["glb"].textures[0]
        assert (base.role, base.width) == ("base_colour", 256)
        assert found["glb_lod1"].textures[0].width == 128


async def test_an_open_mesh_is_closed(tmp_path: Path) -> None:
    stl = globe(tmp_path, MeshFormat.STL)
    half = bytearray(stl[: 84 + 50 * 200])
    half[80:84] = (200).to_bytes(4, "little")
    async with mesh_service(tmp_path / "assets") as peer:
        before = reports(await with_mesh(peer, processed(), bytes(half)))
        after = reports(await with_mesh(peer, processed(close=True), bytes(half)))
        assert (before["glb"].watertight, after["glb"].watertight) == (False, True)
        assert after["glb"].volume_m3 > 0


@pytest.mark.parametrize(
    ("transparent", "format"),
    [
        (False, mesh_pb2.TurntableSpec.FORMAT_MP4),
        (True, mesh_pb2.TurntableSpec.FORMAT_WEBM),
    ],
)
async def test_a_turntable_paused_between_frames_begins_anew_to_the_same_bytes(
    tmp_path: Path,
    transparent: bool,
    format: "mesh_pb2.TurntableSpec.Format.ValueType",  # noqa: A002
) -> None:
    request = turntable(transparent=transparent, format=format)
    async with mesh_service(tmp_path / "assets") as peer:
        blob = peer.store.put_bytes(globe(tmp_path), "model/gltf-binary")
        start = begin(request, inputs={"spec.mesh": blob.sha256})
        undisturbed = await peer.outputs(start)
        assert set(undisturbed) == {"video", "poster"}
        first = await peer.open(start)
        await first.until(at_step(1, "render"))
        await first.say(pause=pb.Pause())
        assert (await first.last()).released.reason == pb.Released.REASON_PAUSED
        assert first.of("checkpoint") == []
        second = await peer.open(begin(request, attempt=2, inputs={"spec.mesh": blob.sha256}))
        await second.last()
        assert second.steps("render") == [0, 1, 2, 3, 4]
        assert second.outputs == undisturbed


async def test_cancelled_turntables_leave_their_frames_undrawn(tmp_path: Path) -> None:
    async with mesh_service(tmp_path / "assets") as peer:
        blob = peer.store.put_bytes(globe(tmp_path), "model/gltf-binary")
        for number in range(AT_ONCE):
            start = begin(turntable(frames=10_000), job=f"projects/p/jobs/{number}", inputs={"spec.mesh": blob.sha256})
            long = await peer.open(start)
            await long.until(at_step(2, "render"))
            await long.say(cancel=pb.Cancel())
            assert (await long.last()).released.reason == pb.Released.REASON_CANCELLED
        # It would wait for hours otherwise: there is no other room.
        assert await peer.outputs(begin(turntable(), job="projects/p/jobs/k", inputs={"spec.mesh": blob.sha256}))


async def test_words_and_the_stored_material_give_a_mesh_the_same_look(tmp_path: Path) -> None:
    async with mesh_service(tmp_path / "assets") as peer:
        mesh = peer.store.put_bytes(globe(tmp_path), "model/gltf-binary").sha256
        stream = await peer.open(begin(textured(), inputs={"spec.mesh": mesh}))
        assert (await stream.last()).WhichOneof("event") == "finished"
        assert stream.steps() == list(range(1, STEPS + 1))
        assert {texture.role for texture in reports(stream)["glb"].textures} == {"base_colour", "normal", "orm"}
    async with material_service(tmp_path / "assets") as peer:
        material = (await peer.outputs(begin(waves())))["material"]
    async with mesh_service(tmp_path / "assets") as peer:
        start = begin(textured(None), inputs={"spec.mesh": mesh, "spec.material": material})
        assert await peer.outputs(start) == stream.outputs


async def test_a_bad_upload_is_a_failure_that_names_its_field(tmp_path: Path) -> None:
    good = globe(tmp_path)
    uploads = {"garbage": b"garbage", "cut": good[: len(good) // 2], "lies": good[:12] + bytes(len(good) - 12)}
    async with mesh_service(tmp_path / "assets") as peer:
        for data in uploads.values():
            blob = peer.store.put_bytes(data, "model/gltf-binary")
            for request in (processed(), textured(), turntable()):
                start = begin(request, inputs={"spec.mesh": blob.sha256})
                refusal = await peer.refusal(pb.RunRequest(start=start))
                assert refusal == (code_pb2.INVALID_ARGUMENT, "BAD_MEDIA", "spec.mesh")
        gone = begin(processed(), inputs={"spec.mesh": "0" * 64})
        assert (await peer.refusal(pb.RunRequest(start=gone)))[:2] == (code_pb2.FAILED_PRECONDITION, "INPUT_MISSING")


async def test_a_request_that_is_not_resolved_is_refused(tmp_path: Path) -> None:
    open_spec, without_blob, other = ball(), processed(), mesh_pb2.MeshSpec()
    open_spec.spec.surface.ClearField("triangles")
    async with mesh_service(tmp_path) as peer:
        for request, named in ((open_spec, "surface.triangles"), (without_blob, "spec.mesh"), (other, "MeshSpec")):
            stream = await peer.open(begin(request))
            error = (await stream.last()).failed.error
            assert error.code == code_pb2.INVALID_ARGUMENT
            assert named in error.message
