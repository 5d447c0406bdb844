"""From a run folder to models that the family loads, whose cards say what they are and what they cost."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.models.card import read_card
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.planner import MotionPlanner
from kinoform.models.vocabulary import outside_vocabulary
from kinoform.training import export as exporting
from kinoform.training.adapters import Adapters
from kinoform.training.captions import held_out
from kinoform.training.card import vocabulary
from kinoform.training.denoiser import Shape
from kinoform.training.distill import FILES
from kinoform.training.export import NOTICE, TooHeavy, export, export_turbo, record, weight_of
from kinoform.training.latents import Stage, scripts_of
from kinoform.training.records import record_run

TINY: dict[Stage, Shape] = {
    "keyframe": Shape(channels=4, cond_channels=2, patch=(1, 2, 2), dim=32, depth=1, heads=2),
    "clip": Shape(channels=4, cond_channels=8, patch=(4, 4, 4), dim=32, depth=1, heads=2),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder as training and distillation leave it, with tiny random weights."""
    folder = tmp_path_factory.mktemp("run")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        VideoAutoencoder(4, (8, 8, 8), (0, 0, 0), (0, 0, 0)).to(torch.bfloat16).save_pretrained(folder / "autoencoder")
        MotionPlanner(channels=4, dim=16, queries=2).to(torch.bfloat16).save_pretrained(folder / "planner")
        for stage, shape in TINY.items():
            network = shape.build()
            for parameter in network.parameters():  # a fresh denoiser answers zero to everything
                torch.nn.init.normal_(parameter, std=0.1)
            weights = {name: value.clone() for name, value in network.state_dict().items()}
            torch.save({"step": 7, "seconds": 5400.0, "average": weights}, folder / f"{stage}.pt")
            adapters = Adapters(network, 2)
            for weight in adapters.parameters():
                torch.nn.init.normal_(weight, std=0.3)
            adapters.save(adapters.state_dict(), folder / FILES[stage])
    record_run(folder, "clip", {"batch": 32, "processes": 2})
    return folder


@pytest.fixture(scope="module")
def model(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "kino-mini"
    export(run, folder, TINY)
    return folder


@pytest.fixture(scope="module")
def turbo(run: Path, model: Path) -> Path:
    folder = model.parent / "kino-mini-turbo"
    export_turbo(run, folder)
    return folder


def request(steps: int) -> ClipRequest:
    return ClipRequest(prompt="a frog grows", frames=16, width=64, height=64, steps=steps, guidance=1.0, seed=0)


@pytest.mark.parametrize(("stage", "part"), [("keyframe", "keyframe"), ("clip", "denoiser")])
def test_weights_ship_as_bfloat16_of_the_average(run: Path, model: Path, stage: str, part: str) -> None:
    shipped = load_file(model / part / "diffusion_pytorch_model.safetensors")
    trained = torch.load(run / f"{stage}.pt", weights_only=True)["average"]
    assert shipped.keys() == trained.keys()
    assert all(weight.dtype == torch.bfloat16 for weight in shipped.values())
    assert all(weight.equal(trained[name].bfloat16()) for name, weight in shipped.items())


def test_the_card_joins_phrases_to_captions_and_names_the_held_out(model: Path) -> None:
    card = read_card(model / "card.json")
    assert card.vocabulary == vocabulary()
    assert {" ".join(phrases) for phrases in card.held_out} == {triple.caption() for triple in held_out()}
    assert {phrase for phrases in card.held_out for phrase in phrases} <= set(vocabulary().phrases())
    assert card.batch_exact == KinoMini.from_folder(model).batch_exact
    assert "Microsoft" in (model / "NOTICE").read_text() == NOTICE


def test_every_caption_of_the_training_is_within_the_cards_vocabulary() -> None:
    captions = {caption for shard in range(3) for _, caption in scripts_of("keyframe", shard)}
    assert len(captions) > 2500
    assert [words for caption in captions if (words := outside_vocabulary(caption, vocabulary().phrases()))] == []
    assert outside_vocabulary("a walrus hops", vocabulary().phrases()) == ["walrus"]


def test_the_card_tells_the_cost(model: Path, turbo: Path) -> None:
    parts = read_card(model / "card.json").details["training"]["parts"]
    assert parts.keys() == {"keyframe", "clip"}
    assert (parts["keyframe"]["steps"], parts["keyframe"]["hours"]) == (7, 1.5)
    assert parts["clip"]["samples"] == 7 * 32 * 2
    assert read_card(turbo / "card.json").details["training"]["parts"] == {}  # no distillation's checkpoint here


def test_cards_and_configurations_name_no_place_of_the_machine_they_were_made_on(
    run: Path, model: Path, turbo: Path
) -> None:
    texts = [path.read_text() for folder in (model, turbo) for path in folder.rglob("*.json")]
    assert len(texts) == 6
    assert not any(str(run.parent) in text or "_name_or_path" in text for text in texts)


def test_the_turbo_is_the_base_with_its_adapters_in_four_steps(model: Path, turbo: Path) -> None:
    card = read_card(turbo / "card.json")
    assert (card.name, card.details["base"], card.ranges.default_steps, card.ranges.max_steps) == (
        "kino-mini-turbo",
        "kino-mini",
        4,
        4,
    )
    assert card.ranges.default_guidance == 1
    assert {path.name for path in turbo.iterdir()} == {"card.json", "NOTICE", *FILES.values()}
    families = [KinoMini.from_folder(folder, name=folder.name) for folder in (model, turbo)]
    clips = []
    for family in families:
        state = family.begin(request(4), family.encode(request(4)))
        for _ in range(4):
            (state,) = family.denoise([state])
        clips.append(family.decode(state))
    assert clips[0].shape == clips[1].shape == (16, 64, 64, 3)
    assert (clips[0] != clips[1]).any()


def test_weights_beyond_the_limit_are_refused(
    run: Path, tmp_path: Path, model: Path, turbo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = weight_of(model) + weight_of(turbo)
    monkeypatch.setattr(exporting, "HEAVIEST", both - 1)
    export(run, tmp_path / "kino-mini", TINY)
    with pytest.raises(TooHeavy, match=str(both)):
        export_turbo(run, tmp_path / "kino-mini-turbo")


def test_a_turbos_card_tells_its_figures_and_what_they_cost_against_the_base(model: Path, turbo: Path) -> None:
    record(turbo, {"generated": {"subject": 0.83, "all": 0.75}})
    assert read_card(turbo / "card.json").details["points_below_base"] is None
    record(model, {"generated": {"subject": 0.9, "all": 0.725}})
    record(turbo, {"generated": {"subject": 0.83, "all": 0.75}})
    details = read_card(turbo / "card.json").details
    assert details["measured"] == {"generated": {"subject": 0.83, "all": 0.75}}
    assert details["points_below_base"] == {"subject": 7.0, "all": -2.5}
    assert "points_below_base" not in read_card(model / "card.json").details


def test_history_goes_into_the_card(run: Path, tmp_path: Path) -> None:
    (run / "history.txt").write_text("step 5: twice the batch\n")
    export(run, tmp_path / "kino-mini", TINY)
    (run / "history.txt").unlink()
    told = json.loads((tmp_path / "kino-mini" / "card.json").read_text())["details"]["training"]["history"]
    assert told == ["step 5: twice the batch"]
