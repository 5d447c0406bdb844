"""Every type of request that makes jobs is taken, completed and refused the same way."""

import asyncio
import hashlib
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import get_args

import pytest
from google.protobuf import text_format
from google.rpc import code_pb2

from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.inputs import InputLimits
from kinoform.gateway.resolve.requests import JobRequest, KeyedRequest, media_inputs, unpacked
from kinoform_proto.asset.v1 import asset_pb2
from kinoform_proto.mesh.v1.mesh_pb2 import TurntableSpec
from tests.gateway import job_requests
from tests.gateway.gateway_peer import CARDS, PARENT, Caller, bad_fields, reason, refusal, running
from tests.gateway.job_requests import CASES, INPUTS, Case, spec_text
from tests.gateway.scripted_engine import ScriptedEngine

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
Change = Callable[..., object]
KEPT = {
    "spec.image": ("image/png", "input.png"),
    "spec.mesh": ("model/stl", "input.stl"),
    "spec.material": ("application/zip", "input.zip"),
    "spec.conditions[0].mask": ("image/png", "input.png"),
    "spec.conditions[1].edges": ("image/png", "input.png"),
    "spec.conditions[2].depth": ("image/gif", "input.gif"),
    "spec.conditions[3].last_frame": ("image/png", "input.png"),
    "spec.repaint.footage": ("image/gif", "input.gif"),
    "spec.repaint.mask": ("image/png", "input.png"),
}
"""Media type and name under which inputs sent along are kept."""


@pytest.fixture
async def caller(config: GatewayConfig, engine: ScriptedEngine) -> AsyncIterator[Caller]:
    await engine.stop()  # jobs stay queued
    async with running(config) as (_, caller):
        yield caller


async def everything(caller: Caller) -> tuple[int, int]:
    """How many jobs and assets there are."""
    assets = (await caller.assets.ListAssets(asset_pb2.ListAssetsRequest(parent=PARENT))).assets
    return len(await caller.all_jobs()), len(assets)


def test_every_type_of_request_has_a_case() -> None:
    assert {type(case.make()) for case in CASES.values()} == set(get_args(KeyedRequest))


@every_case
async def test_the_stored_request_leaves_nothing_open_and_sent_again_stays_the_same(caller: Caller, case: Case) -> None:
    job = await caller.make(case.make())
    stored = unpacked(job.request)
    assert stored is not None
    expected = type(stored.spec)()
    text_format.Parse(case.settled, expected)
    assert spec_text(stored) == text_format.MessageToString(expected, as_one_line=True)
    assert job.model == case.model
    assert all(given.WhichOneof("source") == "asset" for _, given in media_inputs(stored))
    stored.request_id = str(uuid.uuid4())
    again = await caller.make(stored)
    assert again.name != job.name
    assert again.request == job.request


@every_case
async def test_the_same_request_id_makes_one_job_and_serves_no_other_body(caller: Caller, case: Case) -> None:
    first = await caller.make(case.make())
    request = unpacked(first.request)
    assert request is not None
    request.request_id = str(uuid.uuid4())
    jobs = await asyncio.gather(*(caller.make(request) for _ in range(5)))
    assert len({job.name for job in jobs}) == 1
    for _, given in media_inputs(request):
        await caller.assets.DeleteAsset(asset_pb2.DeleteAssetRequest(name=given.asset))
    assert await caller.make(request) == jobs[0]
    request.labels["shot"] = "12"
    assert reason(await refusal(caller.make(request))) == "REQUEST_ID_REUSED"
    for other in CASES.values():
        if other is not case:
            foreign = other.make()
            foreign.request_id = request.request_id
            assert reason(await refusal(caller.make(foreign))) == "REQUEST_ID_REUSED"
    assert {job.name for job in await caller.all_jobs()} == {first.name, jobs[0].name}


@every_case
async def test_inputs_sent_along_become_assets_of_their_kind(caller: Caller, case: Case) -> None:
    stored = unpacked((await caller.make(case.make())).request)
    assert stored is not None
    inputs = dict(media_inputs(stored))
    assert set(inputs) == set(case.inputs)
    for path, given in inputs.items():
        asset = (await caller.assets.GetAsset(asset_pb2.GetAssetRequest(name=given.asset))).asset
        media_type, name = KEPT[path]
        assert (asset.media_type, asset.display_name, asset.size_bytes) == (media_type, name, len(INPUTS[path]))


BAD: dict[str, tuple[Callable[[], JobRequest], Change, list[str]]] = {
    "mesh of nothing": (job_requests.shape, lambda r: r.spec.ClearField("prompt"), ["spec"]),
    "mesh by a video model": (job_requests.shape, lambda r: setattr(r.spec, "model", "kino-mini"), ["spec.model"]),
    "mesh by a blind model": (
        job_requests.shape_from_picture,
        lambda r: setattr(r.spec, "model", "form-blind"),
        ["spec.image"],
    ),
    "resolution beyond the model": (
        job_requests.shape,
        lambda r: setattr(r.spec.surface, "resolution", 160),
        ["spec.surface.resolution"],
    ),
    "resolution between the model's": (
        job_requests.shape,
        lambda r: setattr(r.spec.surface, "resolution", 80),
        ["spec.surface.resolution"],
    ),
    "mesh steps": (job_requests.shape, lambda r: setattr(r.spec.sampling, "steps", 41), ["spec.sampling.steps"]),
    "format twice": (job_requests.process, lambda r: r.spec.delivery.formats.extend([1, 1]), ["spec.delivery.formats"]),
    "no mesh": (job_requests.process, lambda r: r.spec.ClearField("mesh"), ["spec.mesh"]),
    "picture as mesh": (
        job_requests.process,
        lambda r: setattr(r.spec.mesh, "inline", job_requests.picture()),
        ["spec.mesh.inline"],
    ),
    "cut mesh": (
        job_requests.process,
        lambda r: setattr(r.spec.mesh, "inline", b"glTF\2\0\0\0" + bytes(40)),
        ["spec.mesh.inline"],
    ),
    "missing mesh": (
        job_requests.process,
        lambda r: setattr(r.spec.mesh, "asset", f"{PARENT}/assets/nope"),
        ["spec.mesh.asset"],
    ),
    "texture of nothing": (job_requests.texture, lambda r: r.spec.ClearField("prompt"), ["spec.look"]),
    "texture by a mesh model": (
        job_requests.texture,
        lambda r: setattr(r.spec, "model", "form-mini"),
        ["spec.model"],
    ),
    "texture steps": (job_requests.texture, lambda r: setattr(r.spec.sampling, "steps", 31), ["spec.sampling.steps"]),
    "model beside a material": (
        job_requests.texture_from_material,
        lambda r: setattr(r.spec, "model", "grain-mini"),
        ["spec.model"],
    ),
    "seed beside a material": (
        job_requests.texture_from_material,
        lambda r: setattr(r.spec.sampling, "seed", 7),
        ["spec.sampling"],
    ),
    "mesh as material": (
        job_requests.texture_from_material,
        lambda r: setattr(r.spec.material, "inline", job_requests.mesh()),
        ["spec.material.inline"],
    ),
    "odd turntable": (job_requests.turntable, lambda r: setattr(r.spec, "size", 385), ["spec.size"]),
    "transparent MP4": (
        job_requests.see_through,
        lambda r: setattr(r.spec, "format", TurntableSpec.FORMAT_MP4),
        ["spec.format"],
    ),
    "material beyond the model": (job_requests.surface, lambda r: setattr(r.spec, "size", 1024), ["spec.size"]),
    "material steps": (job_requests.surface, lambda r: setattr(r.spec.sampling, "steps", 31), ["spec.sampling.steps"]),
    "material of nothing": (job_requests.surface, lambda r: r.spec.ClearField("prompt"), ["spec"]),
    "mesh as picture of a material": (
        job_requests.surface_from_picture,
        lambda r: setattr(r.spec.image, "inline", job_requests.mesh()),
        ["spec.image.inline"],
    ),
    "material from a picture of an odd size": (
        job_requests.surface_from_picture,
        lambda r: setattr(r.spec, "size", 300),
        ["spec.size"],
    ),
    "material from a picture by a model": (
        job_requests.surface_from_picture,
        lambda r: setattr(r.spec, "model", "grain-mini"),
        ["spec.model"],
    ),
    "material from a picture with a seed": (
        job_requests.surface_from_picture,
        lambda r: setattr(r.spec.sampling, "seed", 7),
        ["spec.sampling"],
    ),
    "material from a picture and what it is not": (
        job_requests.surface_from_picture,
        lambda r: text_format.Merge('spec { prompt { text: "oak" negative: "knots" } }', r),
        ["spec.prompt.negative"],
    ),
    "material by a mesh model": (
        job_requests.surface,
        lambda r: setattr(r.spec, "model", "form-mini"),
        ["spec.model"],
    ),
}


async def test_a_bad_request_names_its_fields_and_leaves_nothing(caller: Caller) -> None:
    for name, (make, change, fields) in BAD.items():
        request = make()
        change(request)
        status = await refusal(caller.make(request))
        assert (name, bad_fields(status)) == (name, fields)
        assert (status.code, reason(status)) == (code_pb2.INVALID_ARGUMENT, "BAD_REQUEST")
    assert await everything(caller) == (0, 0)


async def test_all_bad_fields_of_a_mesh_are_named_at_once(caller: Caller) -> None:
    request = job_requests.shape()
    request.spec.sampling.steps = 41
    request.spec.surface.resolution = 80
    request.spec.image.inline = b"no picture"
    status = await refusal(caller.make(request))
    assert bad_fields(status) == ["spec.sampling.steps", "spec.surface.resolution", "spec.image.inline"]
    request.spec.prompt.text = " "
    request.spec.surface.height_m = 0.0
    status = await refusal(caller.make(request))
    assert bad_fields(status) == [
        "spec.prompt.text",
        "spec.surface.height_m",
        "spec.sampling.steps",
        "spec.surface.resolution",
    ]


async def test_both_inputs_of_a_texture_are_judged_at_once(caller: Caller) -> None:
    request = job_requests.texture_from_material()
    request.spec.mesh.inline, request.spec.material.asset = b"no mesh", f"{PARENT}/assets/nope"
    assert bad_fields(await refusal(caller.make(request))) == ["spec.mesh.inline", "spec.material.asset"]


async def test_a_model_of_another_kind_is_refused_with_the_names_of_the_right_ones(caller: Caller) -> None:
    request = job_requests.shape()
    request.spec.model = "kino-mini"
    status = await refusal(caller.make(request))
    assert "'kino-mini'" in status.message
    assert "form-blind, form-mini" in status.message
    assert "grain-mini" not in status.message


@pytest.mark.parametrize("make", [job_requests.shape, job_requests.texture, job_requests.surface])
async def test_words_outside_the_models_vocabulary_are_warned_of(
    caller: Caller, make: Callable[[], JobRequest]
) -> None:
    request = make()
    assert (await caller.make(request)).warnings == []
    strange = make()
    text_format.Merge('spec { prompt { text: "a zebra" } }', strange)
    [warning] = (await caller.make(strange)).warnings
    assert "zebra" in warning


async def test_the_name_of_a_picture_is_no_models_and_warned_of_by_none(caller: Caller) -> None:
    request = job_requests.surface_from_picture()
    request.spec.prompt.text = "a zebra"
    job = await caller.make(request)
    assert (job.model, list(job.warnings)) == ("", [])


async def test_inputs_too_large_are_refused_by_their_size(config: GatewayConfig, engine: ScriptedEngine) -> None:
    await engine.stop()
    narrow = InputLimits(mesh_bytes=len(job_requests.mesh()) - 1, material_bytes=len(job_requests.material()) - 1)
    async with running(replace(config, inputs=narrow)) as (_, caller):
        request = job_requests.texture_from_material()
        assert bad_fields(await refusal(caller.make(request))) == ["spec.mesh.inline", "spec.material.inline"]
        request.spec.mesh.asset = await caller.keep(job_requests.mesh())
        request.spec.material.asset = await caller.keep(job_requests.material())
        for data in (job_requests.mesh(), job_requests.material()):
            engine.blobs.delete(hashlib.sha256(data).hexdigest())  # whoever reads them finds nothing
        status = await refusal(caller.make(request))
        assert bad_fields(status) == ["spec.mesh.asset", "spec.material.asset"]
        assert status.message.count("are read") == 2


async def test_an_asset_of_another_project_is_no_input(caller: Caller) -> None:
    request = job_requests.turntable()
    request.spec.mesh.asset = await caller.keep(job_requests.mesh(), parent="projects/other")
    status = await refusal(caller.make(request))
    assert bad_fields(status) == ["spec.mesh.asset"]
    assert "another project" in status.message


async def test_an_asset_given_as_input_is_judged_by_its_bytes_not_by_its_label(caller: Caller) -> None:
    request = job_requests.turntable()
    request.spec.mesh.asset = await caller.keep(job_requests.picture(), "model/gltf-binary")
    assert bad_fields(await refusal(caller.make(request))) == ["spec.mesh.asset"]
    request.spec.mesh.asset = await caller.keep(job_requests.mesh(), "image/png")
    await caller.make(request)


async def test_what_a_server_has_no_model_for_it_does_not_offer(config: GatewayConfig) -> None:
    videos = {name: card for name, card in CARDS.items() if card.kind == "video"}
    async with running(replace(config, cards=videos)) as (_, caller):
        for case in CASES.values():
            if case.kind != "video":
                status = await refusal(caller.make(case.make()))
                assert (status.code, reason(status)) == (code_pb2.FAILED_PRECONDITION, "NOT_OFFERED")
                assert status.message == f"this server offers no {case.kind}; it offers: conditioning, video"
        assert await everything(caller) == (0, 0)


async def test_a_texture_in_words_needs_a_material_model_too(config: GatewayConfig) -> None:
    shapes = {name: card for name, card in CARDS.items() if card.kind == "mesh"}
    async with running(replace(config, cards=shapes)) as (_, caller):
        status = await refusal(caller.make(job_requests.texture()))
        assert (reason(status), status.message) == (
            "NOT_OFFERED",
            "this server offers no material; it offers: conditioning, mesh",
        )
        await caller.make(job_requests.texture_from_material())
