"""Materials from pictures: what is asked for."""

from pathlib import Path

import pytest

from kinoform_client import AsyncClient, InvalidArgumentError
from kinoform_proto.material.v1 import material_pb2
from kinoform_proto.type.v1 import type_pb2
from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.samples import ball, made_by, png

ID = "6b1f5f0e-6f8c-4a3e-9a31-0d1f2c3b4a59"
CONDITIONING = f"projects/p/conditionings/{'a' * 64}"


async def test_a_material_from_a_picture_says_what_the_caller_said(served: Served, peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "wall.png").write_bytes(png(ball(8)))
    async with AsyncClient(served.address, project="p") as client:
        job = await client.materials.generate(
            "red brick", image=tmp_path / "wall.png", size=1024, size_m=0.5, priority=3, request_id=ID
        )
    spec = material_pb2.MaterialSpec(
        prompt=type_pb2.Prompt(text="red brick"),
        image=type_pb2.MediaInput(inline=png(ball(8))),
        sampling=type_pb2.Sampling(),
        size=1024,
        size_m=0.5,
    )
    assert peer.others == [
        material_pb2.GenerateMaterialRequest(parent="projects/p", request_id=ID, spec=spec, priority=3)
    ]
    assert job.job.kind == "GenerateMaterial"


async def test_a_picture_alone_sends_no_words(served: Served, peer: Peer) -> None:
    peer.at_once = made_by
    async with AsyncClient(served.address, project="p") as client:
        poster = (await client.materials.generate("oak")).output("poster")
        for image in (png(ball(8)), CONDITIONING, poster):
            await client.materials.generate(image=image)
    specs = [request.spec for request in peer.others[1:]]  # type: ignore[attr-defined]
    assert [spec.image for spec in specs] == [
        type_pb2.MediaInput(inline=png(ball(8))),
        type_pb2.MediaInput(conditioning=CONDITIONING),
        type_pb2.MediaInput(asset=poster.record.asset),
    ]
    assert not any(spec.HasField("prompt") for spec in specs)


async def test_a_picture_that_cannot_be_read_is_named(served: Served, peer: Peer, tmp_path: Path) -> None:
    async with AsyncClient(served.address) as client:
        with pytest.raises(InvalidArgumentError, match="can't read"):
            await client.materials.generate(image=tmp_path / "missing.png")
    assert peer.calls == []
