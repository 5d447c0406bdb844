"""The commands of depth-mini end to end at tiny sizes: scenes to pictures to a network to a measured model folder."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from kinoform.models.depth_mini.network import STRIDE
from kinoform.models.depth_mini.predict import DepthMini
from kinoform.training.depth import learner, shards
from kinoform.training.depth.__main__ import app
from kinoform.training.depth.augment import draw
from kinoform.training.depth.bank import Sizes, read_bank, write_bank
from kinoform.training.depth.evaluate import beside_planes, on_motorcycle, on_scenes
from kinoform.training.depth.export import export, record
from kinoform.training.depth.learner import DepthRun, Shape, judged
from kinoform.training.depth.sheet import HEIGHT, MARGIN, photographs, renders, write_sheet

SHAPE = Shape(widths=(8, 8, 8, 8, 16), blocks=(1, 1, 1, 1, 1))
SIZES = Sizes(solids=2, tiles=2, furniture=0)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with a dozen pictures, trained for two steps."""
    folder = tmp_path_factory.mktemp("run")
    _prepare(folder)
    learner.train(0, _settings(folder, 2))
    return folder


@pytest.fixture(scope="module")
def model(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its model folder."""
    folder = tmp_path_factory.mktemp("model")
    export(run, folder, SHAPE)
    return folder


def _prepare(folder: Path) -> None:
    for half in ("lessons", "exam"):
        write_bank(0, 1, folder / "bank" / half, half, SIZES)
        shards.write_shards(0, 1, folder, half, 2, scenes=3, side=48, cameras=2)


def _settings(folder: Path, steps: int) -> DepthRun:
    return DepthRun(folder=folder, steps=steps, batch=2, shape=SHAPE, checkpoint_every=1, log_every=1)


def test_a_resumed_run_ends_in_the_weights_of_an_undisturbed_one(run: Path, tmp_path: Path) -> None:
    ends = []
    for folder, stops in ((tmp_path / "whole", [3]), (tmp_path / "stopped", [1, 3])):
        folder.mkdir()
        (folder / "lessons").symlink_to(run / "lessons")
        for steps in stops:  # so near to both ends of the schedule, the rate is its floor wherever the run stops
            learner.train(0, _settings(folder, steps))
        ends.append(torch.load(folder / "depth.pt", weights_only=True)["model"])
    whole, stopped = ends
    assert all(weight.equal(stopped[name]) for name, weight in whole.items())


def test_a_batch_is_a_function_of_its_seed(run: Path) -> None:
    lessons = shards.read_shards(run, "lessons")
    first, again, other = (draw(lessons, 3, seed) for seed in ((0, 4, 0), (0, 4, 0), (0, 5, 0)))
    assert all(a.equal(b) for a, b in zip(first, again, strict=True))
    assert not (first.pictures.shape == other.pictures.shape and first.pictures.equal(other.pictures))
    assert first.pictures.shape[2] % STRIDE == first.pictures.shape[3] % STRIDE == 0
    small = draw(lessons, 3, (0, 4, 0), ((32, 64),))
    assert small.inverse_depths.shape == (3, 32, 64)
    lengths = first.normals.square().sum(dim=1)
    assert ((lengths - 1).abs() < 0.03).logical_or(lengths == 0).all()


def test_shards_are_resumed_and_do_not_depend_on_who_writes_them(run: Path, tmp_path: Path) -> None:
    (tmp_path / "bank").symlink_to(run / "bank")
    for rank in (1, 0):
        shards.write_shards(rank, 2, tmp_path, "lessons", 2, scenes=3, side=48, cameras=2)
    for one, other in zip(shards.read_shards(run, "lessons"), shards.read_shards(tmp_path, "lessons"), strict=True):
        assert np.array_equal(one.pictures, other.pictures)
        assert np.array_equal(one.normals, other.normals)
    kept = (tmp_path / "lessons" / "0000" / "picture.npy").stat().st_mtime_ns
    (tmp_path / "lessons" / "0001" / "facts.json").unlink()
    shards.write_shards(0, 1, tmp_path, "lessons", 2, scenes=3, side=48, cameras=2)
    assert (tmp_path / "lessons" / "0000" / "picture.npy").stat().st_mtime_ns == kept
    assert len(shards.read_shards(tmp_path, "lessons")) == 2


def test_lessons_and_exam_share_nothing(run: Path) -> None:
    lessons, exam = (read_bank(run / "bank" / half) for half in ("lessons", "exam"))
    seen = {each.corners.tobytes() for each in lessons.things}
    assert not seen & {each.corners.tobytes() for each in exam.things}
    assert not {each.tobytes() for each in lessons.texels} & {each.tobytes() for each in exam.texels}
    pictures = {each.tobytes() for shard in shards.read_shards(run, "lessons") for each in shard.pictures}
    assert not pictures & {each.tobytes() for shard in shards.read_shards(run, "exam") for each in shard.pictures}


def test_without_a_bank_or_pictures_one_is_told_to_prepare(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="prepare"):
        shards.write_shards(0, 1, tmp_path, "lessons", 1)
    with pytest.raises(FileNotFoundError, match="prepare"):
        shards.read_shards(tmp_path, "lessons")


def test_the_network_learns_what_it_is_shown(run: Path) -> None:
    lessons = shards.read_shards(run, "lessons")
    torch.manual_seed(0)
    batch, network = draw(lessons, 3, (1,), ((64, 96),)), Shape(widths=(16, 16, 24, 24, 32)).build().train()
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    found = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = judged(network, batch, bfloat16=False).total
        loss.backward()
        optimizer.step()
        found.append(loss.item())
    assert found[-1] < 0.6 * found[0]


def test_an_exported_folder_has_an_honest_card(run: Path, model: Path) -> None:
    card = json.loads((model / "card.json").read_text())
    assert (card["name"], card["version"], card["license"]) == ("depth-mini", "1", "Apache-2.0")
    assert card["details"]["training"]["parts"]["depth"]["steps"] == 2
    assert card["details"]["training"]["parts"]["depth"]["samples"] == 4
    assert card["details"]["training"]["pictures"] == 24 / 2
    assert "sweethome3d" not in json.dumps(card)  # none stood in these scenes
    assert not (model / "CREDITS").exists()
    trained = learner.load(run, SHAPE).to(torch.bfloat16).float().state_dict()
    loaded = DepthMini.from_folder(model)
    pictures = torch.zeros(1, 3, 64, 64)
    network = SHAPE.build()
    network.load_state_dict(trained)
    assert loaded.see(np.full((64, 64, 3), 127, np.uint8)).normals.shape == (64, 64, 3)
    assert network(pictures).inverse_depth.shape == (1, 64, 64)


def test_a_model_is_measured_and_the_figures_land_in_its_card(run: Path, model: Path) -> None:
    depth_mini, exam = DepthMini.from_folder(model), shards.read_shards(run, "exam")
    found = {"motorcycle": on_motorcycle(depth_mini), "scenes": on_scenes(depth_mini, exam, 5)}
    motorcycle = found["motorcycle"]
    assert motorcycle["tilted_plane"]["rmse"] < motorcycle["constant_plane"]["rmse"] == pytest.approx(13.6, abs=3)
    assert motorcycle["depth_mini"]["rmse"] <= motorcycle["constant_plane"]["rmse"]  # least squares see to that
    assert found["scenes"]["pictures"] == 5
    assert 0 < found["scenes"]["normals_degrees"] < 180
    record(model, found)
    assert json.loads((model / "card.json").read_text())["details"]["measured"] == found


def test_the_commands_make_and_measure_a_model(run: Path, tmp_path: Path) -> None:
    folder, built = tmp_path / "run", tmp_path / "model"
    for half in ("lessons", "exam"):  # what `prepare` would render in a minute, had it not been rendered before
        (folder / half).mkdir(parents=True)
        (folder / half / "0000").symlink_to(run / half / "0000")
    _command("prepare", folder, "--scenes", "50", "--solids", "1", "--tiles", "1", "--furniture", "0")
    assert [len(read_bank(folder / "bank" / half).things) for half in ("lessons", "exam")] == [1, 1]
    assert len(shards.read_shards(folder, "lessons")[0]) == 6
    _command("train", folder, "--steps", "1", "--batch", "1", "--descent", "1", "--coarse", "1", "--no-bfloat16")
    _command("export", folder, "--model", str(built))
    assert sum(file.stat().st_size for file in built.rglob("*.safetensors")) < 4_000_000
    told = json.loads(_command("evaluate", folder, "--model", str(built), "--pictures", "2", "--record"))
    assert json.loads((built / "card.json").read_text())["details"]["measured"] == told
    _command("sheet", folder, "--model", str(built), "--count", "1", str(tmp_path / "page.png"))
    assert (tmp_path / "page.png").stat().st_size > 0


def _command(name: str, run: Path, *options: str) -> str:
    """What a command prints, run in one process."""
    together = ["--processes", "1"] if name in ("prepare", "train") else []
    result = CliRunner().invoke(app, [name, "--run", str(run), *together, *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_the_truth_itself_has_no_error() -> None:
    truth = np.add.outer(np.arange(1.0, 9), np.arange(8) ** 2)
    found = beside_planes(truth / 100, truth, np.ones((8, 8), bool))
    assert found["depth_mini"] == {"rmse": 0, "within": 1, "abs_rel": 0}
    assert found["constant_plane"]["rmse"] > found["tilted_plane"]["rmse"] > 0


def test_a_sheet_shows_photographs_and_renders(run: Path, model: Path, tmp_path: Path) -> None:
    pictures = [photographs()[0], *renders(shards.read_shards(run, "exam"), 3)]
    write_sheet(tmp_path / "sheet.png", DepthMini.from_folder(model), pictures)
    with Image.open(tmp_path / "sheet.png") as page:
        assert page.width > 3 * HEIGHT
        assert page.height == 2 * (HEIGHT + MARGIN)
