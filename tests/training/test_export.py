"""From a run folder to a model that the family loads, samples from, and whose card says what was measured."""

import json
from pathlib import Path

import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.models.card import read_card
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from kinoform.training import sprites
from kinoform.training.__main__ import app
from kinoform.training.captions import held_out
from kinoform.training.denoiser import Shape
from kinoform.training.evaluate import evaluate
from kinoform.training.export import NOTICE, export, record
from kinoform.training.judge import Judge
from kinoform.training.records import record_run
from kinoform.training.render import Renderer
from kinoform.training.sampling import from_frames, requests_for, sample, to_frames
from kinoform.training.sheet import chosen_triples, contact_sheet
from kinoform.training.sprites import Sprites

TINY = Shape(channels=4, dim=32, depth=1, heads=2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, drawn_sprites: Sprites) -> Path:
    """A run folder as training leaves it, with tiny random weights."""
    folder = tmp_path_factory.mktemp("run")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        VideoAutoencoder(4, (8, 8, 8), (0, 0, 0), (0, 0, 0)).to(torch.bfloat16).save_pretrained(folder / "autoencoder")
        denoiser = TINY.build()
        for parameter in denoiser.parameters():  # a fresh denoiser answers zero to everything
            torch.nn.init.normal_(parameter, std=0.1)
    weights = denoiser.state_dict()
    torch.save({"step": 7, "model": weights, "optimizer": {}, "average": weights}, folder / "denoiser.pt")
    sprites.save(folder / "sprites.npz", drawn_sprites)
    return folder


@pytest.fixture(scope="module")
def model(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    export(run, folder, TINY)
    return folder


@pytest.fixture(scope="module")
def family(model: Path) -> KinoMini:
    return KinoMini.from_folder(model)


def test_weights_ship_as_bfloat16_of_the_average(run: Path, model: Path) -> None:
    from safetensors.torch import load_file

    shipped = load_file(model / "denoiser" / "diffusion_pytorch_model.safetensors")
    trained = torch.load(run / "denoiser.pt", weights_only=True)["average"]
    assert {name: weight.bfloat16().tolist() for name, weight in trained.items()} == {
        name: weight.tolist() for name, weight in shipped.items()
    }
    assert all(weight.dtype == torch.bfloat16 for weight in shipped.values())


def test_the_card_joins_phrases_to_captions_and_names_the_held_out(model: Path, family: KinoMini) -> None:
    card = read_card(model / "card.json")
    assert card.vocabulary is not None
    assert {" ".join(phrases) for phrases in card.held_out} == {triple.caption() for triple in held_out()}
    assert all(s in card.vocabulary.subjects and m in card.vocabulary.motions for s, m, _ in card.held_out)
    assert card.batch_exact == family.batch_exact
    assert card.details["training"]["denoiser_steps"] == 7
    assert "Microsoft" in (model / "NOTICE").read_text() == NOTICE


def test_sampling_keeps_the_order_and_the_seeds(family: KinoMini) -> None:
    requests = requests_for(["a frog grows", "a pig", "a star"], steps=2, guidance=2.0, first_seed=5)
    assert [request.seed for request in requests] == [5, 6, 7]
    together = list(sample(family, requests))
    assert not together[0].equal(together[1])
    for request, clip in zip(requests, together, strict=True):
        assert torch.allclose(clip, next(iter(sample(family, [request]))), atol=2 / 127.5)


def test_a_picture_reaches_its_request(family: KinoMini) -> None:
    picture = to_frames(torch.rand(3, 1, 64, 64) * 2 - 1)[0]
    plain, pictured = (
        requests_for(["a frog"], steps=2, guidance=1.0, first_seed=0),
        requests_for(["a frog"], steps=2, guidance=1.0, first_seed=0, pictures=[picture]),
    )
    assert isinstance(pictured[0], ClipRequest)
    assert not next(iter(sample(family, plain))).equal(next(iter(sample(family, pictured))))


def test_frames_and_clips_are_the_same_thing() -> None:
    clip = torch.linspace(-1, 1, 256).view(1, 1, 16, 16).expand(3, 2, 16, 16)
    assert torch.allclose(from_frames(to_frames(clip)), clip, atol=1e-6)


def test_a_sheet_holds_every_frame_of_every_clip() -> None:
    clips = [to_frames(torch.full((3, 8, 64, 64), level)) for level in (-1.0, -0.2, 1.0)]
    page = contact_sheet(["one", "two", "three"], clips)
    colours = {colour: count for count, colour in page.getcolors(1 << 20) or []}
    assert [colours[(level, level, level)] for level in (0, 102)] == [8 * 64 * 64] * 2


def test_the_sheets_captions_are_held_out_and_touch_most_phrases() -> None:
    triples = chosen_triples(20)
    assert held_out().issuperset(triples)
    assert len({t.subject for t in triples}) == 12
    assert len({t.motion for t in triples}) >= 6
    assert len({t.background for t in triples}) >= 6


def test_each_command_leaves_its_line(tmp_path: Path) -> None:
    record_run(tmp_path / "new", "train", {"steps": 5})
    record_run(tmp_path / "new", "train", {"steps": 9})
    lines = [json.loads(line) for line in (tmp_path / "new" / "runs.jsonl").read_text().splitlines()]
    assert [line["settings"] for line in lines] == [{"steps": 5}, {"steps": 9}]
    assert all(line["torch"] == torch.__version__ for line in lines)


@pytest.mark.slow
def test_evaluation_tells_real_clips_from_an_untrained_model(
    model: Path, family: KinoMini, renderer: Renderer, judge: Judge
) -> None:
    said: list[str] = []
    report = evaluate(family, renderer, judge, clips=6, steps=1, guidance=1.0, seed=0, progress=said.append)
    assert report.clips == report.triples == 6
    assert report.real.motion == report.real.background == 1
    assert report.generated.all == 0
    assert said
    assert "real clips" in report.table()
    record(model, report)
    assert read_card(model / "card.json").details["measured"] == report.to_json()


def test_the_sheet_command_writes_a_picture(model: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "sheet.png"
    command = ["sheet", "--model", str(model), "-o", str(target), "--clips", "2", "--steps", "1"]
    assert CliRunner().invoke(app, command, catch_exceptions=False).exit_code == 0
    with Image.open(target) as page:
        assert page.width > 2 * 8 * 64
