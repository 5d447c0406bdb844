"""Records: what TensorBoard reads back is what was logged, also after a crash and a resumption."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from kinoform.training.loop import Average, Checkpoint
from kinoform.training.records import Log, record_run, recorded_runs, settings_of, strips


def curves(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Every scalar that TensorBoard shows of a folder."""
    reader = EventAccumulator(str(folder)).Reload()
    return {tag: [(event.step, event.value) for event in reader.Scalars(tag)] for tag in reader.Tags()["scalars"]}


def test_a_resumed_run_overwrites_what_the_crashed_one_had_beyond_its_checkpoint(tmp_path: Path) -> None:
    log = Log(tmp_path, "clip", {"batch": 3})
    for step in (10, 20, 30):
        log.scalars(step, {"loss": step, "rate": 0.5})
    log.close()
    log = Log(tmp_path, "clip", {"batch": 3}, resumed_at=20)
    log.scalars(30, {"loss": 300.0})
    log.close()
    assert curves(tmp_path / "records" / "clip") == {
        "loss": [(10, 10), (20, 20), (30, 300)],
        "rate": [(10, 0.5), (20, 0.5)],
    }


def test_settings_and_revision_are_in_the_record_and_in_the_run_folder(tmp_path: Path) -> None:
    log = Log(tmp_path, "keyframe", {"rate": 0.25, "resume": None})
    log.text(0, "captions", "a penguin")
    log.close()
    reader = EventAccumulator(str(tmp_path / "records" / "keyframe")).Reload()
    (event,) = reader.Tensors("configuration/text_summary")
    told = json.loads(event.tensor_proto.string_val[0].decode())
    assert told["settings"] == {"rate": 0.25, "resume": None, "processes": 1}
    assert [told] == recorded_runs(tmp_path, "keyframe")
    assert recorded_runs(tmp_path, "clip") == []


def test_pictures_come_back_pixel_for_pixel(tmp_path: Path) -> None:
    clips = torch.tensor([-1.0, 1.0]).view(2, 1, 1, 1, 1).expand(2, 3, 16, 4, 5).clone()
    clips[1, 0, -1] = -1  # the last frame of the second clip has no red
    page = strips(clips)
    assert page.shape == (3, 8, 40)
    assert page[:, :4].eq(0).all()
    assert page[0, 4:, 35:].eq(0).all()
    assert page[:, 4:, :35].eq(1).all()
    log = Log(tmp_path, "clip", {})
    log.pictures(5, clips)
    log.close()
    (event,) = EventAccumulator(str(tmp_path / "records" / "clip")).Reload().Images("samples")
    assert (event.step, event.width, event.height) == (5, 40, 8)


def test_each_start_leaves_its_line(tmp_path: Path) -> None:
    record_run(tmp_path / "new", "train", {"steps": 5})
    record_run(tmp_path / "new", "train", {"steps": 9})
    lines = recorded_runs(tmp_path / "new", "train")
    assert [line["settings"] for line in lines] == [{"steps": 5}, {"steps": 9}]
    assert all(line["torch"] == torch.__version__ for line in lines)


def test_a_runs_settings_name_no_paths() -> None:
    @dataclass(frozen=True)
    class Shape:
        dim: int = 4

    @dataclass(frozen=True)
    class Run:
        folder: Path
        rate: float = 0.5
        shape: Shape = Shape()

    assert settings_of(Run(Path("/somewhere"))) == {"rate": 0.5, "shape.dim": 4}


def test_a_checkpoint_counts_the_time_of_all_its_runs(tmp_path: Path) -> None:
    model = torch.nn.Linear(1, 1)
    parts = (model, torch.optim.AdamW(model.parameters()), Average(model, 0.9))
    path = tmp_path / "part.pt"
    Checkpoint(path, *parts).save(1)
    state = torch.load(path, weights_only=True)
    torch.save(state | {"seconds": 1000.0}, path)
    checkpoint = Checkpoint(path, *parts)
    assert checkpoint.restore() == 1
    checkpoint.save(2)
    assert torch.load(path, weights_only=True)["seconds"] == pytest.approx(1000, abs=30)
    assert torch.load(path, weights_only=True)["seconds"] > 1000
