"""Control's commands end to end at tiny sizes: clips with maps to branches to a model folder that follows."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from kinoform.backbone.patches import grid_of
from kinoform.models.kino_mini.follower import MotionFollower
from kinoform.training import sprites
from kinoform.training.control import branch, cache, follow
from kinoform.training.control.__main__ import app
from kinoform.training.control.branch import BranchRun, fresh_branch, trunk_of
from kinoform.training.control.cache import drawn, read_cache
from kinoform.training.control.evaluate import cases, changed
from kinoform.training.latents import Stage
from kinoform.training.paths import Path as Way
from kinoform.training.render import Renderer, ways
from kinoform.training.sprites import Sprites
from tests.models.tiny_kino import write_tiny_kino
from tests.video.tiny_model import tiny_card


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_tiny_kino(tmp_path_factory.mktemp("model"))
    card = replace(tiny_card("tiny", default_steps=4), details={})
    (folder / "card.json").write_text(json.dumps(card.to_json()))
    return folder


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, drawn_sprites: Sprites, model: Path) -> Path:
    """A run folder with a shard of two clips."""
    folder = tmp_path_factory.mktemp("run")
    sprites.save(folder / "sprites.npz", drawn_sprites)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "CLIPS", 2)  # a size, no behaviour
        cache.write_shards(0, 1, folder, model / "autoencoder", 0, 1)
    return folder


def _same(one: Way, other: Way) -> bool:
    return all(torch.equal(getattr(one, part), getattr(other, part)) for part in ("x", "y", "side", "angle"))


def settings(run: Path, model: Path, stage: Stage, steps: int) -> BranchRun:
    return BranchRun(folder=run, model=model, stage=stage, steps=steps, batch=2, checkpoint_every=1, log_every=1)


def test_training_scripts_have_one_actor_that_goes_its_own_way_or_its_captions() -> None:
    found = [drawn(random.Random(seed)) for seed in range(60)]
    assert all(len(script.actors) == 1 for script, _ in found)
    told = [any(_same(way, ways(script, seed)[0]) for seed in range(9)) for script, way in found]
    assert 5 < sum(told) < 35


def test_a_shard_is_a_function_of_its_number(run: Path, model: Path, tmp_path: Path) -> None:
    (tmp_path / "sprites.npz").symlink_to(run / "sprites.npz")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cache, "CLIPS", 2)
        cache.write_shards(0, 1, tmp_path, model / "autoencoder", 0, 1)
    one, other = read_cache(run), read_cache(tmp_path)
    assert len(one.clip) == 2
    assert all(torch.equal(getattr(one, name), getattr(other, name)) for name in ("clip", "edges", "moved", "moves"))


@pytest.mark.parametrize("stage", ["keyframe", "clip"])
def test_a_fresh_branch_changes_no_bit(run: Path, model: Path, stage: Stage) -> None:
    trunk = trunk_of(model, stage)
    fresh = fresh_branch(trunk)
    batch, signal = branch.draw(read_cache(run), settings(run, model, stage, 1), torch.Generator().manual_seed(0))
    steer = fresh.steer(
        fresh.embed(signal)[:, None], torch.ones(2, 1), grid_of(batch.clean.shape[2:], tuple(trunk.config.patch))
    )
    given = (batch.noise, 1000 * batch.time, batch.text, batch.mask)
    led, free = (trunk(*given, condition=batch.condition, steer=each, return_dict=False)[0] for each in (steer, None))
    assert torch.equal(led, free)


@pytest.mark.parametrize("stage", ["keyframe", "clip"])
def test_a_resumed_branch_ends_in_the_weights_of_an_undisturbed_one(
    run: Path, model: Path, tmp_path: Path, stage: Stage
) -> None:
    ends = []
    for folder, stops in ((tmp_path / "whole", [3]), (tmp_path / "stopped", [1, 3])):
        folder.mkdir()
        (folder / "control-clips").symlink_to(run / "control-clips")
        for steps in stops:
            branch.train(settings(folder, model, stage, steps))
        ends.append(torch.load(folder / f"control-{stage}.pt", weights_only=True)["average"])
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


def test_the_commands_make_a_model_that_follows(run: Path, model: Path, tmp_path: Path) -> None:
    runner, folder = CliRunner(), str(run)
    follow.train(follow.FollowerRun(folder=run, steps=2, batch=2))
    for stage in ("keyframe", "clip"):
        options = ["--stage", stage, "--steps", "2", "--batch", "2"]
        assert runner.invoke(app, ["train", "--run", folder, "--model", str(model), *options]).exit_code == 0
    assert runner.invoke(app, ["export", "--run", folder, "--model", str(model)]).exit_code == 0
    told = json.loads((model / "card.json").read_text())
    assert told["conditions"] == ["edges", "depth", "mask", "last_frame", "palette", "repaint"]
    assert told["details"]["control"]["parts"]["control-clip"]["steps"] == 2
    assert MotionFollower.from_pretrained(model / "control" / "follower").config.maps == 10
    common = ["--run", folder, "--model", str(model), "--cases", "1"]
    result = runner.invoke(app, ["evaluate", *common, "--record"])
    assert result.exit_code == 0, result.output
    measured = json.loads((model / "card.json").read_text())["details"]["control"]["measured"]
    assert measured["cases"] == 1
    assert measured["repaint"]["changed_kept_pixels"] == 0
    assert measured["mask"]["rendered"] > 0.7 > measured["mask"]["without"]
    assert runner.invoke(app, ["sheet", *common, "-o", str(tmp_path / "sheet.png")]).exit_code == 0
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_cases_have_equal_seeds_and_ways_of_their_own(renderer: Renderer) -> None:
    one, other = cases(renderer, 2, steps=2, guidance=1.0)
    assert one.mapped("mask").seed == one.plain.seed != other.plain.seed
    assert not np.array_equal(one.truth.mask.numpy(), other.truth.mask.numpy())


def test_what_is_kept_is_counted_where_it_changed(renderer: Renderer) -> None:
    (case,) = cases(renderer, 1, steps=2, guidance=1.0)
    assert changed(case, case.real()) == 0
    assert changed(case, -case.real()) > 1000
