"""What the demo makes and shows, on a peer."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf.json_format import ParseDict
from PIL import Image

from kinoform_client import Client
from kinoform_client.cli.demo import make_everything, present
from kinoform_client.demo.chapters import chosen, missing
from kinoform_client.demo.conditions import SHOWN
from kinoform_client.demo.page import Run
from kinoform_client.demo.studio import Chapter
from kinoform_client.errors import FailedPreconditionError
from kinoform_client.types import ModelKind
from kinoform_proto.catalog.v1 import catalog_pb2
from kinoform_proto.mesh.v1 import mesh_pb2
from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.samples import MadeFile, made_by

VOCABULARY = {"subjects": ["a chair"], "motions": ["jumps", "spins"]}


def model(name: str, held_out: list[list[str]]) -> catalog_pb2.Model:
    """A default model with a card, of no kind yet."""
    made = catalog_pb2.Model(name=f"models/{name}", display_name=name.title(), version="1", is_default=True)
    made.description, made.license, made.image_input = f"The {name} model.", "Apache-2.0", True
    made.limits.append(f"No more than {name} can.")
    ParseDict({"vocabulary": VOCABULARY, "held_out": held_out}, made.card)
    return made


VIDEO = model("kino-mini", [["a penguin", "jumps", "over snow"]])
VIDEO.video.default_size.width = VIDEO.video.default_size.height = 64
MESH = model("form-mini", [["a blue chair", "with four legs"], ["a red mug"]])
MESH.mesh.default_steps = 3
MATERIAL = model("grain-mini", [["red brick"]])
MATERIAL.material.default_steps = 3


def make(served: Served, output: Path, at_once: Callable[[str], list[MadeFile] | None] = made_by) -> list[Chapter]:
    """The demo on what the peer offers."""
    served.peer.at_once = at_once
    with Client(served.address) as client:
        models = chosen(client.models.list(), None)
        chapters = list(make_everything(client, models, output, None))
    run = Run(runtime="local", started_s=3, took_s=42, left_out=tuple(map(str, missing(models))))
    present(output, chapters, run)
    return chapters


def test_the_demo_shows_clips_meshes_and_a_material(
    served: Served, peer: Peer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.models += [VIDEO, MESH, MATERIAL]
    chapters = make(served, tmp_path)
    *made, steering = [chapter.title for chapter in chapters]
    assert made == ["2 clips", "2 meshes", "1 material"]
    assert steering == f"A picture prepared in {len(SHOWN)} ways, and what it steers"
    names = ["clip-1.mp4", "clip-from-picture.mp4", "mesh-1.glb", "mesh-1.usdz", "mesh-1-turntable.mp4"]
    names += ["mesh-from-picture.glb", "mesh-from-picture.usdz", "mesh-from-picture-turntable.mp4", "material-1.zip"]
    names += [f"condition-{kind.replace('_', '-')}.png" for kind in SHOWN]
    names += ["clip-from-cut-out.mp4", "mesh-from-cut-out-turntable.mp4", "mesh-from-cut-out.glb"]
    assert capsys.readouterr().out.splitlines() == [
        str(tmp_path / name) for name in [*names, "contact-sheet.png", "index.html"]
    ]
    assert all((tmp_path / name).stat().st_size for name in names)
    page = (tmp_path / "index.html").read_text()
    assert page.count("<video ") == page.count(" autoplay loop muted playsinline ") == 6
    links = re.findall(r'href="([^"]+)" download', page)
    assert links == [name for name in names if not name.endswith((".mp4", ".png")) and "cut-out" not in name]
    for shown in (
        "2 clips, 2 meshes and 1 material",
        "12 triangles",
        "0.5 m a tile",
        "base colour",
        "No more than form-mini can.",
    ):
        assert shown in page
    for command in (
        'video generate "a penguin jumps over snow" --seed 1 --view-size 384x384 -o clip-1.mp4',
        'mesh generate "a blue chair with four legs" --seed 1 --format glb,usdz -o mesh-1',
        'material generate "red brick" --seed 1 -o material-1',
    ):
        assert f"<code>kinoform {command}</code>".replace('"', "&quot;") in page
    assert "http" not in page
    with Image.open(tmp_path / "contact-sheet.png") as sheet:
        assert sheet.height > 4 * 144  # a row for each clip and turntable


def test_the_second_mesh_is_made_from_the_firsts_words_and_picture(served: Served, peer: Peer, tmp_path: Path) -> None:
    peer.models.append(MESH)
    make(served, tmp_path)
    first, turntable, second = peer.others[:3]
    assert isinstance(first, mesh_pb2.GenerateMeshRequest)
    assert isinstance(second, mesh_pb2.GenerateMeshRequest)
    assert isinstance(turntable, mesh_pb2.RenderTurntableRequest)
    assert first.spec.prompt.text == "a blue chair with four legs"
    assert second.spec.prompt.text == first.spec.prompt.text
    assert second.spec.image.inline == (tmp_path / "mesh-1.png").read_bytes()
    assert peer.assets[turntable.spec.mesh.asset][1] == (tmp_path / "mesh-1.glb").read_bytes()
    assert "made from the words and this picture" in (tmp_path / "index.html").read_text()


def test_a_clip_and_a_mesh_begin_with_the_same_handle_of_the_first_meshs_picture(
    served: Served, peer: Peer, tmp_path: Path
) -> None:
    peer.models += [VIDEO, MESH]
    make(served, tmp_path)
    assert [request.spec.WhichOneof("kind") for request in peer.asked] == list(SHOWN)
    assert {request.spec.image.inline for request in peer.asked} == {(tmp_path / "mesh-1.png").read_bytes()}
    asked = [*peer.requests, *(each for each in peer.others if isinstance(each, mesh_pb2.GenerateMeshRequest))]
    given = [name for each in asked if (name := each.spec.image.conditioning)]
    assert len(given) == 2
    assert len(set(given)) == 1
    assert {peer.conditionings[name].spec.WhichOneof("kind") for name in given} == {"cut_out"}


def test_another_actor_follows_the_cut_out_of_the_first_clip(served: Served, peer: Peer, tmp_path: Path) -> None:
    led = catalog_pb2.Model()
    led.CopyFrom(VIDEO)
    led.conditions.append("mask")
    peer.models += [led]
    (clips, _) = make(served, tmp_path)
    followed = peer.asked[-1].spec
    assert followed.WhichOneof("kind") == "cut_out"
    assert followed.footage.inline == (tmp_path / "clip-1.mp4").read_bytes()
    (condition,) = peer.requests[-1].spec.conditions
    assert condition.mask.conditioning == list(peer.conditionings)[-1]
    assert (tmp_path / "clip-led.mp4").exists()
    assert "on the way of: a penguin jumps over snow" in (tmp_path / "index.html").read_text()
    assert clips.title == "2 clips"


def test_a_kind_that_can_not_be_prepared_is_left_out(served: Served, peer: Peer, tmp_path: Path) -> None:
    peer.models.append(MESH)
    chapters = make(served, tmp_path, lambda kind: None if kind == "soft_edges" else made_by(kind))
    assert chapters[-1].title == f"A picture prepared in {len(SHOWN) - 1} ways, and what it steers"
    assert not (tmp_path / "condition-soft-edges.png").exists()
    assert (tmp_path / "mesh-from-cut-out.glb").exists()
    assert re.search(
        "soft edges left out: .* failed: the network is not installed here", (tmp_path / "index.html").read_text()
    )


def test_what_the_server_does_not_offer_is_left_out_and_said(
    served: Served, peer: Peer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    peer.models.append(MATERIAL)
    (chapter,) = make(served, tmp_path)
    assert chapter.title == "1 material"
    page, said = (tmp_path / "index.html").read_text(), capsys.readouterr().err
    for kind in ("video", "mesh"):
        assert f"This server offers no {kind} model" in page
        assert f"This server offers no {kind} model" in said
    assert not (tmp_path / "contact-sheet.png").exists()


def test_a_server_without_models_is_refused(served: Served, tmp_path: Path) -> None:
    with pytest.raises(FailedPreconditionError, match="no model to show"):
        make(served, tmp_path)


def test_the_preferred_model_goes_before_the_default(served: Served, peer: Peer) -> None:
    other = catalog_pb2.Model(name="models/wan")
    other.video.default_steps = 50
    peer.models += [VIDEO, MESH, other]
    with Client(served.address) as client:
        models = chosen(client.models.list(), "wan")
    assert {kind: model.name for kind, model in models.items()} == {
        ModelKind.VIDEO: "wan",
        ModelKind.MESH: "form-mini",
    }
