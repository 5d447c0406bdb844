"""The catalogue."""

from fractions import Fraction

import pytest
from google.protobuf.json_format import ParseDict

from kinoform_client import AsyncClient, ModelKind, NotFoundError
from kinoform_proto.catalog.v1 import catalog_pb2
from tests.kinoform_client.client_peer import Peer, Served

CARD = {"vocabulary": {"subjects": ["a penguin"]}, "held_out": [["a", "b", "c"]], "clips": 200, "adherence": 0.5}


async def test_a_model_comes_with_its_whole_card(served: Served, peer: Peer) -> None:
    model = catalog_pb2.Model(name="models/kino-mini", family="kino-mini", is_default=True)
    model.video.default_frame_rate.numerator = 12
    model.video.default_frame_rate.denominator = 1
    model.video.default_size.width = model.video.default_size.height = 64
    ParseDict(CARD, model.card)
    peer.models.append(model)
    async with AsyncClient(served.address) as client:
        (found,) = await client.models.list()
        assert found == await client.models.get("kino-mini")
        with pytest.raises(NotFoundError):
            await client.models.get("kino-maxi")
    assert found.name == "kino-mini"
    assert found.card == CARD
    assert isinstance(found.card["clips"], int)
    assert found.kind is ModelKind.VIDEO
    assert found.clip is not None
    assert (found.clip.default_frame_rate, found.clip.default_size) == (Fraction(12), (64, 64))


async def test_each_kind_of_model_has_its_own_limits(served: Served, peer: Peer) -> None:
    mesh, material = catalog_pb2.Model(name="models/form-mini"), catalog_pb2.Model(name="models/grain-mini")
    mesh.mesh.default_triangles = 12_000
    mesh.mesh.default_guidance = 2.5
    material.material.sizes.extend((256, 512))
    peer.models += [mesh, material, catalog_pb2.Model(name="models/later")]
    async with AsyncClient(served.address) as client:
        form, grain, later = await client.models.list()
    assert (form.kind, grain.kind, later.kind) == (ModelKind.MESH, ModelKind.MATERIAL, ModelKind.UNKNOWN)
    assert form.mesh is not None
    assert (form.mesh.default_triangles, form.mesh.default_guidance) == (12_000, 2.5)
    assert grain.material is not None
    assert grain.material.sizes == (256, 512)
    assert (form.clip, form.material, grain.mesh, grain.clip) == (None, None, None, None)
