"""Materials made of pictures through the `Run` stream of a real server. No model runs."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest
from PIL import Image

from kinoform.material.convert import task_from_proto
from kinoform.material.tasks import CaptureTask
from kinoform.material.words import names_metal
from kinoform.media.material.capture.tile import captured, square_of
from kinoform.media.material.facts import MAPS
from kinoform.media.material.files import read_material_zip
from kinoform_proto.engine.v1 import engine_pb2 as pb
from kinoform_proto.material.v1.material_pb2 import GenerateMaterialRequest, MaterialSpec
from tests.material.material_peer import material_service
from tests.media.material.capture.pictures import Pixels, tinted
from tests.serving.peer import Served, Stream, begin

IMAGE = "spec.image"


def resolved(prompt: str = "", *, size: int = 256, size_m: float | None = None) -> GenerateMaterialRequest:
    """A request as the gateway settles it."""
    spec = MaterialSpec(size=size, size_m=size_m)
    spec.image.asset = "projects/p/assets/wall"
    if prompt:
        spec.prompt.text = prompt
    return GenerateMaterialRequest(parent="projects/p", spec=spec)


def png(pixels: Pixels) -> bytes:
    """A file of it."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


async def made(peer: Served, pixels: Pixels, request: GenerateMaterialRequest) -> Stream:
    """A run over that picture, to its end."""
    blob = peer.store.put_bytes(png(pixels), "image/png")
    stream = await peer.open(begin(request, inputs={IMAGE: blob.sha256}))
    await stream.last()
    return stream


async def test_a_picture_becomes_the_same_tile_as_anywhere_else(tmp_path: Path) -> None:
    async with material_service(tmp_path) as peer:
        stream = await made(peer, tinted("gravel"), resolved("ochre gravel", size_m=2))
        assert stream.heard[-1].WhichOneof("event") == "finished", stream.heard[-1]
        outputs = {event.output.role: event.output for event in stream.of("output")}
        assert set(outputs) == {"material", "poster", "swatch", "glb"}
        found = outputs["material"].material
        assert (found.size, found.size_m, list(found.findings)) == (256, 2, [])
        assert max(found.tileability_x, found.tileability_y) < 1.5
        stages = [event.progress.stage for event in stream.of("progress")]
        assert stages == ["encode", "surface", "write"]
        data = peer.store.read(outputs["material"].blob.sha256)
        assert "ochre_gravel.mtlx" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    maps = read_material_zip(data)
    here = captured(square_of(tinted("gravel"), 256), 256, size_m=2, relief_m=0.03 * 2 / 0.5, metal=False)
    assert (maps.size_m, maps.height_m) == (here.size_m, here.height_m)
    for name in MAPS:
        assert np.array_equal(getattr(maps, name), getattr(here, name))


@pytest.mark.parametrize(
    ("request_", "size_m", "relief_m", "metal"),
    [
        (resolved(), 1.0, 0.01, False),
        (resolved("brushed steel"), 0.3, 0.002, True),
        (resolved("linen"), 0.08, 0.001, False),
        (resolved("red brick", size_m=1.6), 1.6, 0.03, False),
    ],
)
def test_the_prompt_says_how_large_it_is_and_what_of(
    request_: GenerateMaterialRequest, size_m: float, relief_m: float, metal: bool
) -> None:
    task = task_from_proto(begin(request_).request, {IMAGE: "0" * 64})
    assert task == CaptureTask(
        image="0" * 64,
        name=request_.spec.prompt.text,
        size=256,
        size_m=size_m,
        relief_m=pytest.approx(relief_m),
        metal=metal,
    )


@pytest.mark.parametrize("shape", [(31, 400, 3), (20, 20, 3)])
async def test_a_picture_that_is_too_small_is_named(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    async with material_service(tmp_path) as peer:
        stream = await made(peer, np.zeros(shape, np.uint8), resolved())
    error = stream.heard[-1].failed.error
    assert error.code == code_pb2.INVALID_ARGUMENT
    bad = BadRequest()
    assert any(detail.Unpack(bad) for detail in error.details)
    assert [violation.field for violation in bad.field_violations] == [IMAGE]
    assert "at least 32×32 pixels" in error.message


@pytest.mark.parametrize("missing", ["size", "picture"])
async def test_a_request_that_is_not_resolved_is_refused(tmp_path: Path, missing: str) -> None:
    request = resolved()
    inputs = {IMAGE: "0" * 64}
    if missing == "size":
        request.spec.ClearField("size")
    else:
        inputs = {}
    async with material_service(tmp_path) as peer:
        refusal = await peer.refusal(pb.RunRequest(start=begin(request, inputs=inputs)))
    assert refusal[:2] == (code_pb2.INVALID_ARGUMENT, "BAD_START")


@pytest.mark.parametrize(
    ("prompt", "metal"),
    [
        ("Brushed STEEL", True),
        ("copper, hammered", True),
        ("diamond plate of aluminium", True),
        ("painted steel", False),
        ("rusty iron", False),
        ("stainless-steel", True),
        ("environment", False),
        ("ironwood planks", False),
        ("", False),
    ],
)
def test_only_bare_metals_are_metals(prompt: str, metal: bool) -> None:
    assert names_metal(prompt) is metal
