"""From rendered tiles to a folder that the family loads, in miniature."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from kinoform.models.card import MaterialLimits, read_card
from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.models.grain_mini.family import GrainMini
from kinoform.models.grain_mini.windows import PHASE_CHANNELS, TOKEN, TOKENS, WINDOW, phase_planes
from kinoform.models.vocabulary import outside_vocabulary
from kinoform.training.grain import codec, dataset, denoiser, evaluate, export, latents
from kinoform.training.grain.captions import phrased
from kinoform.training.grain.card import vocabulary
from kinoform.training.grain.codec import CodecRun
from kinoform.training.grain.dataset import CAPTIONS, captions_of, prepare, shard_paths
from kinoform.training.grain.denoiser import DenoiserRun, Shape, Windows
from kinoform.training.grain.judge import Judge
from kinoform.training.grain.latents import Cache
from kinoform.training.grain.recipe import COLOURS, FAMILIES, Recipe, drawn, held_out
from kinoform.training.grain.sampling import chosen
from kinoform.training.grain.sheet import contact_sheet

SHAPE = Shape(dim=32, depth=1, heads=2)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder as training leaves it."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:  # sizes, no behaviour
        patch.setattr(dataset, "SHARD", 16)
        patch.setattr(dataset, "LARGE_SHARD", 1)
        prepare(folder, shards=1, large_shards=1)
    codec.train(CodecRun(folder=folder, steps=2, batch=2, crop=64))
    latents.freeze_codec(folder)
    latents.write_cache(folder)
    denoiser.train(settings(folder, 2))
    return folder


@pytest.fixture(scope="module")
def model(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    export.export(run, folder, SHAPE)
    return folder


@pytest.fixture(scope="module")
def judge() -> Judge:
    rng = np.random.default_rng(8)
    recipes = [
        Recipe(name, list(COLOURS)[(number + turn) % len(COLOURS)], count=count)
        for number, (name, family) in enumerate(FAMILIES.items())
        for turn, count in enumerate(family.counts or (0,))
    ]
    return Judge.fitted((recipe, recipe.make(rng).planes()) for recipe in recipes)


def settings(folder: Path, steps: int) -> DenoiserRun:
    return DenoiserRun(folder=folder, steps=steps, batch=2, descent=1, log_every=1, shape=SHAPE)


def test_shards_are_left_alone_and_captioned(run: Path) -> None:
    (path,) = shard_paths(run, "tile")
    before = path.stat().st_mtime_ns
    prepare(run, shards=1, large_shards=1)
    assert path.stat().st_mtime_ns == before
    assert [len(captions) for captions in captions_of(path)] == [CAPTIONS] * len(np.load(path))


def test_the_codec_begins_with_the_principal_components() -> None:
    """Before any step it codes no worse than the best linear code of as many numbers."""
    rng = np.random.default_rng(0)
    tiles = torch.from_numpy(np.stack([drawn(rng).make(rng).planes() for _ in range(8)])) * 2 - 1
    model = MaterialAutoencoder()
    codec.begin_with_components(model, tiles)
    weight = torch.tensor(codec.PLANE_WEIGHTS).sqrt().view(1, 6, 1, 1)
    with torch.no_grad():
        coded = model.encode_raw(tiles)
        error = ((model.decode_raw(coded) - tiles) * weight).square().sum()
    patches = torch.nn.functional.pixel_unshuffle(tiles * weight, 8).movedim(1, 3).flatten(0, 2).double()
    values = torch.linalg.eigvalsh(torch.cov(patches.T))
    assert float(error) == pytest.approx(float(values[:-12].sum()) * (len(patches) - 1), rel=1e-3)
    torch.testing.assert_close(coded.std(dim=(0, 2, 3)), torch.ones(12), atol=1e-3, rtol=0)


def test_frozen_latents_are_normalised(run: Path) -> None:
    cache = latents.read_cache(run)
    tiles = cache.tiles.float()
    assert abs(float(tiles.mean())) < 0.1
    assert float(tiles.std()) == pytest.approx(1, abs=0.1)
    assert cache.large.shape[1:] == (12, 64, 64)
    assert int(cache.lines.max()) < len(cache.states)


def test_windows_are_rolled_tiles_and_cuts_of_larger_ones_with_their_own_planes() -> None:
    """Latents that hold their own place show that planes and windows belong together."""
    place = torch.arange(64, dtype=torch.float16)
    small = torch.stack(torch.meshgrid(place[:32], place[:32], indexing="ij"))
    large = torch.stack(torch.meshgrid(place, place, indexing="ij"))
    cache = Cache(
        tiles=small[None],
        large=large[None],
        lines=torch.tensor([[0], [1]]),
        states=torch.zeros(2, 4, 8, dtype=torch.float16),
        mask=torch.ones(2, 4, dtype=torch.bool),
    )
    batch = Windows(cache).batch(DenoiserRun(folder=Path(), steps=1, batch=40), 0)
    assert batch.planes.shape == (40, PHASE_CHANNELS, 1, WINDOW, WINDOW)
    kinds = set()
    for window, planes in zip(batch.clean[:, :, 0], batch.planes, strict=True):
        top, left = (int(part[0, 0]) for part in window)
        wraps = bool(planes[-1, 0, 0, 0] > 0)
        torch.testing.assert_close(planes, phase_planes(top, left, wraps=wraps), atol=1e-5, rtol=0)
        assert (top % TOKEN, left % TOKEN) in {(0, 0), (2, 2)}
        assert bool((window[0, :, 0] == (top + place[:32].float()) % (32 if wraps else 64)).all())
        kinds.add(wraps)
    assert kinds == {True, False}
    assert len({int(window[0, 0, 0]) for window in batch.clean[:, :, 0]}) > TOKENS // 2


def test_a_resumed_run_goes_on_as_if_never_stopped(run: Path, tmp_path: Path) -> None:
    for name in ("once", "twice"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "latents.pt").symlink_to(run / "latents.pt")
    denoiser.train(settings(tmp_path / "once", 3))
    denoiser.train(settings(tmp_path / "twice", 2))
    denoiser.train(settings(tmp_path / "twice", 3))
    one, other = (denoiser.load(tmp_path / name, SHAPE).state_dict() for name in ("once", "twice"))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_what_is_exported_loads_and_says_what_it_is(model: Path, run: Path) -> None:
    card = read_card(model / "card.json")
    assert isinstance(card.ranges, MaterialLimits)
    assert (card.kind, card.family, card.license) == ("material", "grain-mini", "Apache-2.0")
    assert len(card.held_out) == len(held_out())
    assert set(card.details["training"]["parts"]) == {"codec", "denoiser"}
    assert "_name_or_path" not in json.loads((model / "autoencoder" / "config.json").read_text())
    assert GrainMini.from_folder(model).batch_exact == card.batch_exact


def test_too_heavy_weights_are_refused(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "HEAVIEST", 10)
    with pytest.raises(export.TooHeavy, match="at most 10"):
        export.export(run, tmp_path, SHAPE)


def test_the_vocabulary_knows_every_caption() -> None:
    rng = np.random.default_rng(0)
    phrases = vocabulary().phrases()
    assert [outside_vocabulary(phrased(drawn(rng), rng), phrases) for _ in range(300)] == [[]] * 300


def test_the_judge_knows_real_tiles_and_says_so_of_made_ones(
    model: Path, judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "LARGE_TILES", 1)
    report = evaluate.evaluate(
        GrainMini.from_folder(model),
        MaterialAutoencoder.from_pretrained(model / "autoencoder", torch_dtype=torch.float32),
        judge,
        tiles=12,
        steps=1,
        guidance=1.0,
        seed=0,
        progress=lambda _: None,
    )
    assert report.real.colour >= 0.75
    assert report.real.count >= 0.75
    assert report.real.family >= 0.5  # of 36, most taught with one tile
    assert report.generated.family <= 0.5
    assert report.missed
    export.record(model, report.to_json())
    measured = read_card(model / "card.json").details["measured"]
    assert measured["settings"]["tiles"] == 12


def test_a_judge_wants_to_see_every_family() -> None:
    recipe = Recipe("sand", "red")
    with pytest.raises(ValueError, match="bricks"):
        Judge.fitted([(recipe, recipe.make(np.random.default_rng(0)).planes())])


def test_chosen_recipes_are_held_out_and_of_all_families() -> None:
    recipes = chosen(72)
    assert len(set(recipes)) >= 70  # one family has a single recipe held out
    assert {recipe.family for recipe in recipes} == set(FAMILIES)
    assert all(recipe.is_held_out for recipe in recipes)


def test_a_contact_sheet_has_room_for_all() -> None:
    planes = Recipe("sand", "red").make(np.random.default_rng(0)).planes()
    one, seven = (contact_sheet(["sand"] * count, [planes] * count, repeats=2) for count in (1, 7))
    assert one.width == seven.width
    assert seven.height > one.height
