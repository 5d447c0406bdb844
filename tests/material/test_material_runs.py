"""Material jobs through the `Run` stream of a real server, on a tiny exact model."""

import io
import zipfile
from pathlib import Path

import pytest
from google.rpc import code_pb2

from kinoform.material.files import identifier
from kinoform.media.material.files import read_material_zip
from kinoform_proto.engine.v1 import engine_pb2 as pb
from tests.material.material_peer import STEPS, material_service, waves
from tests.serving.peer import begin


async def test_equal_requests_give_equal_bytes_and_a_tile_without_a_seam(tmp_path: Path) -> None:
    async with material_service(tmp_path / "first") as peer:
        stream = await peer.open(begin(waves()))
        assert (await stream.last()).WhichOneof("event") == "finished"
        outputs = {event.output.role: event.output for event in stream.of("output")}
        assert set(outputs) == {"material", "poster", "swatch", "glb"}
        found = outputs["material"].material
        assert (found.size, found.size_m, list(found.findings)) == (64, 0.5, [])
        assert max(found.tileability_x, found.tileability_y) < 1.5
        assert outputs["glb"].mesh.watertight
        archive = zipfile.ZipFile(io.BytesIO(peer.store.read(outputs["material"].blob.sha256)))
        assert archive.read("waves_ball.png") == peer.store.read(outputs["poster"].blob.sha256)
    async with material_service(tmp_path / "second") as peer:
        assert await peer.outputs(begin(waves())) == stream.outputs


async def test_a_material_paused_between_two_steps_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    async with material_service(tmp_path) as peer:
        undisturbed = await peer.outputs(begin(waves()))
        once = begin(waves())
        once.keep_steps.append(2)
        first = await peer.open(once)
        await first.until(lambda event: event.checkpoint.step == 2)
        first.call.cancel()
        again = begin(waves(), attempt=2)
        again.checkpoint.CopyFrom(first.checkpoint)
        second = await peer.open(again)
        await second.last()
        assert second.outputs == undisturbed
        assert second.steps() == list(range(3, STEPS + 1))


async def test_a_tile_of_another_size_has_the_same_slopes(tmp_path: Path) -> None:
    async with material_service(tmp_path) as peer:
        made = await peer.outputs(begin(waves(size_m=2.0)))
        maps = read_material_zip(peer.store.read(made["material"]))
        assert maps.size_m == 2.0
        assert maps.height_m == pytest.approx(0.01 * 2.0 / 0.5)


async def test_a_request_that_is_not_resolved_is_refused(tmp_path: Path) -> None:
    request = waves()
    request.spec.ClearField("size")
    async with material_service(tmp_path) as peer:
        refusal = await peer.refusal(pb.RunRequest(start=begin(request)))
        assert refusal[:2] == (code_pb2.INVALID_ARGUMENT, "BAD_START")


def test_every_prompt_makes_an_identifier() -> None:
    assert identifier("Red bricks, 3 in a row!") == "red_bricks_3_in_a_row"
    assert identifier("1000 tiles") == "material_1000_tiles"
    assert identifier("木の板") == "material"
    assert len(identifier("x" * 500)) <= 64
