"""What the gateway says to requests for meshes that are led by pictures, before it accepts them."""

from collections.abc import Callable
from dataclasses import replace

import protovalidate
import pytest

from kinoform.gateway.offer import Offer
from kinoform.gateway.resolve.mesh import resolve_mesh
from kinoform.gateway.resolve.requests import media_inputs
from kinoform_proto.mesh.v1.mesh_pb2 import MESH_FORMAT_GLB, GenerateMeshRequest, MeshSpec, Relief
from kinoform_proto.type.v1.type_pb2 import Reach
from tests.mesh.mesh_peer import tiny_mesh_card

OFFER = Offer({"tiny": tiny_mesh_card()}, {"mesh": "tiny"}, lambda: 7, conditioning=False)


def pictured(prompt: str = "a ball") -> MeshSpec:
    """A mesh from words and a picture."""
    spec = MeshSpec()
    spec.image.inline = b"picture"
    if prompt:
        spec.prompt.text = prompt
    return spec


def fields(spec: MeshSpec) -> list[str]:
    """Of what is wrong with it."""
    return [violation.field for violation in resolve_mesh(spec, OFFER).violations]


def test_a_picture_leads_as_trained_and_in_all_steps_where_nothing_is_said() -> None:
    spec = pictured()
    assert fields(spec) == []
    assert spec.image_reach == Reach(strength=1, first=0, last=1)
    assert not MeshSpec.FromString(spec.SerializeToString()).image_reach.first


def test_what_is_said_is_kept() -> None:
    spec = pictured()
    spec.image_reach.CopyFrom(Reach(strength=0, last=0.5))
    assert fields(spec) == []
    assert spec.image_reach == Reach(strength=0, first=0, last=0.5)


def early(spec: MeshSpec) -> None:
    spec.image_reach.last = 0.01


def alone(spec: MeshSpec) -> None:
    spec.image_reach.strength = 0
    spec.ClearField("prompt")


def late(spec: MeshSpec) -> None:
    spec.views.add().image.inline = b"picture"
    spec.views.add(reach=Reach(first=0.999)).image.inline = b"picture"


def silent(spec: MeshSpec) -> None:
    spec.ClearField("image")
    spec.ClearField("prompt")
    spec.views.add(reach=Reach(strength=0)).image.inline = b"picture"


def nothing(spec: MeshSpec) -> None:
    spec.image_reach.strength = 1
    spec.ClearField("image")


def unsketched(spec: MeshSpec) -> None:
    spec.image_sketch = True
    spec.ClearField("image")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (early, "spec.image_reach"),
        (alone, "spec.image_reach.strength"),
        (nothing, "spec.image_reach"),
        (late, "spec.views[1].reach"),
        (unsketched, "spec.image_sketch"),
        (silent, "spec.views[0].reach.strength"),
    ],
)
def test_a_picture_that_could_never_lead_is_refused_by_name(change: Callable[[MeshSpec], None], field: str) -> None:
    spec = pictured()
    change(spec)
    assert fields(spec) == [field]


def test_one_view_that_leads_is_enough() -> None:
    spec = pictured("")
    spec.image_reach.strength = 0
    spec.views.add().image.inline = b"picture"
    assert fields(spec) == []
    assert spec.views[0].reach == Reach(strength=1, first=0, last=1)


def test_every_picture_is_found_among_the_inputs() -> None:
    request = GenerateMeshRequest(spec=pictured())
    request.spec.views.add().image.inline = b"one"
    request.spec.views.add().image.inline = b"another"
    found = {path: given.inline for path, given in media_inputs(request)}
    assert found == {"spec.image": b"picture", "spec.views[0].image": b"one", "spec.views[1].image": b"another"}


def test_a_relief_needs_no_model_and_fits_its_width() -> None:
    spec = MeshSpec()
    spec.relief.image.inline = b"depth"
    spec.relief.colour.image.inline = b"photo"
    spec.relief.width_m = 0.4
    resolved = resolve_mesh(spec, OFFER)
    assert (resolved.kind, resolved.card, resolved.violations) == ("mesh", None, ())
    asked = spec.relief
    assert (asked.rise_m, asked.plate_m) == pytest.approx((0.04, 0.01))
    assert (asked.resolution, asked.colour.texture_size) == (256, 1024)
    assert (spec.delivery.formats, spec.model) == ([MESH_FORMAT_GLB], "")
    request = GenerateMeshRequest(spec=spec)
    assert [path for path, _ in media_inputs(request)] == ["spec.relief.image", "spec.relief.colour.image"]


def test_what_belongs_to_a_model_is_refused_beside_a_relief() -> None:
    spec = pictured()
    spec.relief.image.inline = b"depth"
    spec.model = "tiny"
    spec.sampling.seed = 7
    spec.delivery.formats.append(MESH_FORMAT_GLB)
    assert fields(spec) == ["spec.model", "spec.prompt", "spec.image", "spec.sampling"]


@pytest.mark.parametrize(
    "change",
    [{"width_m": 0}, {"width_m": 1001}, {"rise_m": 0}, {"plate_m": -1}, {"resolution": 1}, {"resolution": 513}],
)
def test_a_relief_outside_of_its_ranges_is_refused(change: dict[str, float]) -> None:
    relief = Relief()
    relief.image.inline = b"depth"
    protovalidate.validate(relief)
    for field, value in change.items():
        setattr(relief, field, value)
    with pytest.raises(protovalidate.ValidationError):
        protovalidate.validate(relief)


def test_a_model_that_takes_no_picture_takes_no_views() -> None:
    spec = MeshSpec()
    spec.prompt.text = "a ball"
    spec.views.add().image.inline = b"picture"
    blind = Offer(
        {"tiny": replace(tiny_mesh_card(), image_input=False)}, {"mesh": "tiny"}, lambda: 7, conditioning=False
    )
    assert [each.field for each in resolve_mesh(spec, blind).violations] == ["spec.views"]


@pytest.mark.parametrize(
    "reach", [Reach(strength=2.1), Reach(strength=-0.1), Reach(first=1.5), Reach(last=-1), Reach(first=0.6, last=0.5)]
)
def test_a_reach_outside_of_its_range_is_refused(reach: Reach) -> None:
    protovalidate.validate(Reach(strength=2, first=0.5, last=0.5))
    with pytest.raises(protovalidate.ValidationError):
        protovalidate.validate(reach)
