"""The commands of form-mini end to end at tiny sizes: solids to codec to latents to denoiser to a model folder."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from kinoform.models.card import is_mesh, read_card
from kinoform.models.form_mini.family import FormMini
from kinoform.training.form import codec, denoiser, evaluate, latents, shards
from kinoform.training.form.denoiser import DenoiserRun, Shape
from kinoform.training.form.evaluate import Settings, from_captions, from_pictures, make, reconstruction
from kinoform.training.form.export import export, record
from kinoform.training.form.judge import Judge, colour, palette
from kinoform.training.form.lessons import CORE, EVERY, lesson
from kinoform.training.form.reader import reading_loss
from kinoform.training.form.samples import sample
from kinoform.training.form.sheet import write_sheet
from kinoform.training.shapes.catalogue import build
from kinoform.training.shapes.draw import held_out, held_out_captions

FAMILIES = ("chair", "mug")
SHAPE = Shape(dim=32, depth=1, heads=2, image_dim=16)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with twelve solids, trained for two steps each."""
    folder = tmp_path_factory.mktemp("run")
    made = [lesson(0, place, FAMILIES) for place in range(12)]
    samples = [sample(solid, np.random.default_rng(place)) for place, (solid, _, _) in enumerate(made)]
    shards.save_shard(
        folder / "solids" / "0000", samples, [{"caption": told, **facts.to_json()} for _, facts, told in made]
    )
    codec.train(0, codec.CodecRun(folder=folder, steps=2, batch=2, points=256, checkpoint_every=1))
    latents.freeze_codec(folder / "codec.pt", shards.read_shards(folder), folder / "autoencoder")
    latents.write_latents(0, 1, folder)
    denoiser.train(0, _settings(folder, 2))
    return folder


@pytest.fixture(scope="module")
def model(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its model folder."""
    folder = tmp_path_factory.mktemp("model")
    assert export(run, folder, SHAPE) == read_card(folder / "card.json")
    return folder


def _settings(folder: Path, steps: int) -> DenoiserRun:
    return DenoiserRun(folder=folder, steps=steps, batch=4, shape=SHAPE, looks=12, checkpoint_every=1, log_every=1)


def test_a_resumed_run_ends_in_the_weights_of_an_undisturbed_one(run: Path, tmp_path: Path) -> None:
    ends = []
    for folder, stops in ((tmp_path / "whole", [3]), (tmp_path / "stopped", [1, 3])):
        folder.mkdir()
        for part in ("solids", "latents"):
            (folder / part).symlink_to(run / part)
        for steps in stops:  # so near to both ends of the schedule, the rate is its floor wherever the run stops
            denoiser.train(0, _settings(folder, steps))
        ends.append(torch.load(folder / "denoiser.pt", weights_only=True)["model"])
    whole, stopped = ends
    assert all(weight.equal(stopped[name]) for name, weight in whole.items())


def test_a_run_may_begin_with_the_weights_of_a_model(run: Path, model: Path) -> None:
    fresh, started = SHAPE.build(), SHAPE.build()
    started.start_from(model)
    trained = denoiser.load(run, SHAPE).to(torch.bfloat16).float().state_dict()
    for name, weight in started.state_dict().items():
        if not name.startswith("reader."):
            assert weight.equal(trained[name]), name
    assert not all(weight.equal(trained[name]) for name, weight in fresh.state_dict().items())


def test_the_eye_learns_to_read_what_it_sees(run: Path) -> None:
    cache, settings, pair = latents.read_cache(run), _settings(run, 9), SHAPE.build()
    optimizer = torch.optim.Adam(pair.parameters(), lr=3e-3)
    errors = []
    for step in range(30):
        looks = denoiser.draw(cache, settings, step, 0)[2]
        optimizer.zero_grad()
        loss = reading_loss(pair.reader, pair.eye(looks.views), looks)
        loss.backward()
        optimizer.step()
        errors.append(loss.item())
    assert errors[-1] < 0.7 * errors[0]


def test_a_batch_is_a_function_of_its_step(run: Path) -> None:
    cache = latents.read_cache(run)
    settings = _settings(run, 9)
    first, again, other = (denoiser.draw(cache, settings, step, 0) for step in (4, 4, 5))
    assert all(a.equal(b) for a, b in zip(first[1], again[1], strict=True))
    assert not first[1].clean.equal(other[1].clean)
    assert first[0].views is None
    assert first[1].views is not None


def test_an_exported_folder_is_a_model_with_an_honest_card(model: Path) -> None:
    card = read_card(model / "card.json")
    assert is_mesh(card)
    assert {phrase for (phrase,) in card.held_out} == {caption for caption, _ in held_out_captions(64, FAMILIES)}
    assert card.details["training"]["parts"]["denoiser"]["steps"] == 2
    assert card.vocabulary is not None
    assert set(card.vocabulary.subjects) == {"a chair", "a mug", "a cup"}
    form = FormMini.from_folder(model)
    assert form.batch_exact == card.batch_exact


def test_a_model_is_measured_and_the_figures_land_in_its_card(
    run: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "RESOLUTION", 32)
    form, loaded = FormMini.from_folder(model), shards.read_shards(run)
    facts, settings = held_out_captions(3, FAMILIES), Settings(steps=1, guidance=1.0)
    found = {
        "from_captions": from_captions(form, Judge.fitted(loaded), facts, settings),
        "from_pictures": from_pictures(form, loaded, facts[:1], settings),
        "autoencoder": reconstruction(form, [build(facts[0][1], np.random.default_rng(0))]),
    }
    assert found["from_captions"]["real"]["colour"] == 1
    assert found["from_captions"]["real"]["attribute"] == 1
    assert found["from_captions"]["generated"]["all"] < 1
    assert 0 < found["from_pictures"]["iou_of_nearest_training_solid"] < 1
    record(model, found)
    assert read_card(model / "card.json").details["measured"] == json.loads(json.dumps(found))
    write_sheet(tmp_path / "sheet.png", ["a chair"], make(form, settings, ["a chair"], [None]))
    assert (tmp_path / "sheet.png").stat().st_size > 0


def test_no_lesson_is_in_the_exam() -> None:
    assert not any(held_out(lesson(1, place, EVERY)[1]) for place in range(60))
    asked = held_out_captions(200, CORE)
    assert len(asked) == 200
    assert all(held_out(facts) for _, facts in asked)
    assert len({facts.family for _, facts in asked}) >= 25


def test_the_judge_knows_real_colours_whatever_the_second_one() -> None:
    for _, facts in held_out_captions(15, CORE):
        solid = build(facts, np.random.default_rng(5))
        assert palette(solid).sum() == pytest.approx(1)
        assert colour(solid, facts) == facts.colour
