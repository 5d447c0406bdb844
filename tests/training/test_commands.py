"""The commands, one after another, from tarballs to two models and a contact sheet, at one or two steps each."""

import io
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from kinoform.models.card import read_card
from kinoform.training import denoiser, distill, latents, samples, sprites
from kinoform.training.__main__ import app
from kinoform.training.cast import CAST
from kinoform.training.records import recorded_runs
from kinoform.training.sheet import GAP

SHARD = 2
STAGES: tuple[latents.Stage, ...] = ("keyframe", "clip")


def command(*words: str | Path) -> None:
    """Runs one in this process; a failure raises."""
    torch.manual_seed(0)
    assert CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False).exit_code == 0


def animation(hue: int, frames: int) -> bytes:
    """A webp of a disc that turns brighter."""
    axis = np.linspace(-1, 1, 64)
    inside = axis[:, None] ** 2 + axis[None] ** 2 < 0.8
    pictures = []
    for frame in range(frames):
        hsv = np.full((64, 64, 3), (hue, 255, 155 + 100 * frame // frames), np.uint8)
        colour = Image.fromarray(hsv, "HSV").convert("RGB")
        pictures.append(Image.merge("RGBA", (*colour.split(), Image.fromarray(255 * inside.astype(np.uint8)))))
    file = io.BytesIO()
    pictures[0].save(file, "WEBP", save_all=True, append_images=pictures[1:], lossless=True)
    return file.getvalue()


def tarball(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(f"package/assets/{name}.webp")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


@pytest.fixture(scope="module", autouse=True)
def _sizes() -> Iterator[None]:
    """What is otherwise too much for a test; no behaviour."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, size in (
            (sprites, "SPRITE_SIZE", 32),
            (latents, "STATISTICS_CLIPS", 3),
            (distill, "MANY_STEPS", 3),
            (samples, "CAPTIONS", 2),
        ):
            patch.setattr(module, name, size)
        for stage in STAGES:
            patch.setitem(latents.SCRIPTS, stage, SHARD)
            patch.setitem(denoiser.SHAPES, stage, replace(denoiser.SHAPES[stage], dim=24, depth=1, heads=2))
        yield


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tarballs with all the cast's emoji, one of them a still, and one that is not asked for."""
    folder = tmp_path_factory.mktemp("packages")
    files = {code: animation(255 * index // len(CAST), 4) for index, code in enumerate(CAST.values())}
    files[CAST["frog"]] = animation(80, 1)
    names = list(files)
    tarball(folder / "lobehub-fluent-emoji-anim-1-1.0.0.tgz", {name: files[name] for name in names[:70]})
    last = {name: files[name] for name in names[70:]} | {"1f600": animation(0, 1)}
    tarball(folder / "lobehub-fluent-emoji-anim-2-1.0.0.tgz", last)
    return folder


@pytest.fixture(scope="module")
def run(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with the sprites."""
    folder = tmp_path_factory.mktemp("models") / "run"
    command("prepare", "--run", folder, "--source", packages)
    return folder


def test_prepare_decodes_the_cast_in_order(run: Path) -> None:
    found = sprites.load(run / "sprites.npz")
    assert found.shape == (len(CAST), sprites.KEY_FRAMES, sprites.SPRITE_SIZE, sprites.SPRITE_SIZE, 4)
    middle = found[:, :, sprites.SPRITE_SIZE // 2, sprites.SPRITE_SIZE // 2]
    assert (middle[..., 3] == 255).all()
    frog = list(CAST).index("frog")
    assert (middle[frog] == middle[frog, :1]).all()  # the still
    assert (middle[0, 0] != middle[0, 1]).any()  # source frames 0 and 3 of 4
    assert (found[:, :, 0, 0, 3] == 0).all()


def test_prepare_names_what_no_tarball_holds(packages: Path, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    name = "lobehub-fluent-emoji-anim-1-1.0.0.tgz"
    (tmp_path / "half" / name).write_bytes((packages / name).read_bytes())
    with pytest.raises(FileNotFoundError, match=list(CAST.values())[-1]):
        command("prepare", "--run", tmp_path, "--source", tmp_path / "half")


@pytest.mark.slow
def test_from_sprites_to_both_models(run: Path, tmp_path: Path) -> None:
    model, turbo = run.parent / "kino-mini", run.parent / "kino-mini-turbo"
    alone = ("--processes", "1")
    command("codec", "--run", run, "--steps", "1", "--batch", "2", *alone)
    for stage in STAGES:
        command("latents", "--run", run, "--stage", stage, "--shards", "1", *alone)
        if stage == "clip":
            command("plans", "--run", run, "--steps", "2", *alone)
        command("train", "--run", run, "--stage", stage, "--steps", "1", "--batch", "2", *alone)
    command("train", "--run", run, "--stage", "keyframe", "--steps", "2", "--batch", "2", *alone)
    command("decoder", "--run", run, "--steps", "1", "--batch", "2", *alone)
    for stage in STAGES:
        command("distill", "--run", run, "--stage", stage, "--steps", "1", "--batch", "2", "--guidance", "2", *alone)
    command("export", "--run", run, "--model", model)
    command("export", "--run", run, "--model", turbo, "--turbo")

    parts = read_card(model / "card.json").details["training"]["parts"]
    assert {name: (part["steps"], part["samples"]) for name, part in parts.items()} == {
        "codec": (1, 2), "keyframe": (2, 4), "clip": (1, 2), "decoder": (1, 2)
    }  # fmt: skip
    assert read_card(turbo / "card.json").details["training"]["parts"].keys() == {"distill_keyframe", "distill_clip"}
    assert len(recorded_runs(run, "keyframe")) == 2
    for name in ("keyframe", "clip", "distill_keyframe", "distill_clip"):
        assert list((run / "records" / name).glob("events.out.tfevents.*"))

    for folder in (model, turbo):
        target = folder / "new" / "sheet.png"
        command(
            "sheet", "--model", folder, "-o", target, "--clips", "2", "--steps", "2", "--loop", tmp_path / "loop.webp"
        )
        with Image.open(target) as page, Image.open(tmp_path / "loop.webp") as loop:
            assert page.width > 64 * 8
            assert loop.size == (2 * (64 + GAP + 64), 2 * 64)


def test_a_device_that_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    words = ["train", "--run", str(tmp_path), "--stage", "clip", "--device", "tpu"]
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 2
    assert "'tpu'" in refused.output
