"""Distillation: its fixed point is the teacher's trajectory, and its file makes of the base what was trained."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.backbone.schedules import add_noise, cosine_alpha_bar, ddim_step
from kinoform.models.kino_mini.family import GUIDED_TIMES
from kinoform.models.kino_mini.lora import merge
from kinoform.training import denoiser, distill, samples, sprites
from kinoform.training.adapters import Adapters
from kinoform.training.cast import SUBJECTS
from kinoform.training.consistency import consistent_target, draw_intervals, leading_to
from kinoform.training.ddim import Given, Guidance, predict, sample
from kinoform.training.denoiser import Batch, Shape
from kinoform.training.distill import FILES, DistillRun, intervals_at, losses, train
from kinoform.training.latents import LENGTH, Stage
from kinoform.training.sprites import Sprites

TINY: dict[Stage, Shape] = {
    "keyframe": Shape(channels=4, cond_channels=2, patch=(1, 2, 2), dim=32, depth=1, heads=2),
    "clip": Shape(channels=4, cond_channels=8, patch=(4, 4, 4), dim=32, depth=1, heads=2),
}
ROWS = 12


def random_denoiser(stage: Stage, std: float = 0.1) -> denoiser.VideoDenoiser:
    """Answers something, which a fresh one does not."""
    model = TINY[stage].build()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=std)
    return model


@pytest.fixture
def folder(tmp_path: Path, drawn_sprites: Sprites, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder after both stages' training, everything tiny and random."""
    monkeypatch.setattr(distill, "MANY_STEPS", 4)  # sizes of the samples in the records, no behaviour
    monkeypatch.setattr(samples, "CAPTIONS", 2)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        VideoAutoencoder(4, (8, 8, 8), (0, 0, 0), (0, 0, 0)).to(torch.bfloat16).save_pretrained(
            tmp_path / "autoencoder"
        )
        for stage, shape in TINY.items():
            torch.save({"average": random_denoiser(stage).state_dict()}, tmp_path / f"{stage}.pt")
            (tmp_path / f"{stage}-latents").mkdir()
            shard = {
                "latents": torch.randn(ROWS, shape.channels, LENGTH[stage], 8, 8).half(),
                "line": torch.arange(ROWS),
                "states": torch.randn(ROWS, 5, 384).half(),
                "mask": torch.ones(ROWS, 5, dtype=torch.bool),
            }
            torch.save(shard, tmp_path / f"{stage}-latents" / "0000.pt")
        (tmp_path / "clip-moved").mkdir()
        torch.save({"moved": torch.randn(ROWS, 4, 16, 8, 8).half()}, tmp_path / "clip-moved" / "0000.pt")
    sprites.save(tmp_path / "sprites.npz", drawn_sprites[: len(SUBJECTS)])
    return tmp_path


def run_of(folder: Path, stage: Stage, steps: int = 4) -> DistillRun:
    return DistillRun(
        folder=folder, sprites=folder / "sprites.npz", stage=stage, steps=steps, batch=4, rank=4, warmup=2, descent=2,
        checkpoint_every=2, log_every=2, samples_every=2, shape=TINY[stage],
    )  # fmt: skip


def ideal(x: Tensor, time: Tensor) -> Tensor:
    """The best denoiser of data drawn from N(0.5, 0.2²), in closed form."""
    now = cosine_alpha_bar(time).view(-1, 1, 1)
    spread = 0.2**2 * now + 1 - now
    return 0.5 + 0.2**2 * now.sqrt() / spread * (x - now.sqrt() * 0.5)


def test_the_teachers_trajectory_is_the_fixed_point() -> None:
    """A student that runs through all remaining steps of the teacher is asked for what it answers already."""
    intervals, segments = 5, 2

    def patient(x: Tensor, time: Tensor) -> Tensor:
        answers = []
        for row, at in zip(x, (time * segments * intervals).round().long().tolist(), strict=True):
            low = (at - 1) // intervals * intervals
            now = row[None]
            for step in range(at, low, -1):
                ends = [cosine_alpha_bar(torch.tensor([each / (segments * intervals)])) for each in (step, step - 1)]
                now = ddim_step(now, ideal(now, torch.tensor([step / (segments * intervals)])), *ends)
            bounds = [cosine_alpha_bar(torch.tensor([each / (segments * intervals)])) for each in (at, low)]
            answers.append(leading_to(row[None], now, *bounds))
        return torch.cat(answers)

    rng = torch.Generator().manual_seed(0)
    interval = draw_intervals(50, segments, intervals, rng)
    clean = 0.5 + 0.2 * torch.randn(50, 2, 3, generator=rng)
    noisy = add_noise(clean, torch.randn(50, 2, 3, generator=rng), cosine_alpha_bar(interval.start))
    wanted = consistent_target(
        noisy, ideal(noisy, interval.start), interval, lambda x, t: patient(x, t.clamp_min(0.05))
    )
    assert torch.allclose(wanted, patient(noisy, interval.start), atol=2e-4)
    assert not torch.allclose(wanted, ideal(noisy, interval.start), atol=1e-2)


def test_at_a_segments_end_the_teacher_alone_decides() -> None:
    interval = draw_intervals(50, 2, 1, torch.Generator().manual_seed(0))
    noisy, foreseen = torch.randn(2, 50, 1, 3)
    wanted = consistent_target(noisy, foreseen, interval, lambda x, _: torch.full_like(x, torch.nan))
    assert torch.allclose(wanted, foreseen, atol=1e-5)


def test_intervals_cover_each_segment_evenly_and_reach_both_ends_exactly() -> None:
    interval = draw_intervals(4000, 2, 4, torch.Generator().manual_seed(0))
    starts, counts = interval.start.unique(return_counts=True)
    assert starts.tolist() == [each / 8 for each in range(1, 9)]
    assert counts.min() > 400
    assert interval.end.unique().tolist() == [0, 0.5]
    assert torch.equal(interval.start - interval.stop, torch.full((4000,), 0.125))
    assert (interval.stop >= interval.end).all()


def test_the_teachers_steps_grow_from_few_to_many() -> None:
    run = run_of(Path(), "clip", steps=100)
    assert [intervals_at(run, step) for step in (0, 25, 50, 99)] == [4, 8, 16, 16]


def test_fresh_adapters_change_nothing_and_saved_ones_merge_to_what_they_were(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model, base = random_denoiser("clip"), random_denoiser("clip")
    base.load_state_dict(model.state_dict())
    inputs = (torch.randn(2, 4, 4, 8, 8), torch.tensor([300.0, 900.0]), torch.randn(2, 5, 384))
    before = model(*inputs, return_dict=False)[0]
    adapters = Adapters(model, 4)
    assert model(*inputs, return_dict=False)[0].equal(before)
    assert {name for name, weight in model.named_parameters() if weight.requires_grad} == {
        name for name, _ in model.named_parameters() if ".adapter." in name
    }
    for weight in adapters.parameters():
        torch.nn.init.normal_(weight, std=0.1)
        weight.data = weight.data.bfloat16().float()
    adapters.save(adapters.state_dict(), tmp_path / "lora.safetensors")
    merge(base, tmp_path / "lora.safetensors")
    adapted = model(*inputs, return_dict=False)[0]
    assert torch.allclose(base(*inputs, return_dict=False)[0], adapted, atol=1e-4)
    assert not torch.allclose(adapted, before, atol=1e-2)


@pytest.mark.parametrize("stage", ["keyframe", "clip"])
def test_a_run_stopped_and_resumed_leaves_the_same_file(folder: Path, stage: Stage) -> None:
    run = replace(run_of(folder, stage), intervals=(4, 4), warmup=100, descent=1, rate=0.1)
    train(0, run)
    undisturbed = load_file(folder / FILES[stage])
    (folder / f"distill_{stage}.pt").unlink()
    train(0, replace(run, steps=2))
    stopped = load_file(folder / FILES[stage])
    train(0, run)
    resumed = load_file(folder / FILES[stage])
    assert all(weight.equal(undisturbed[name]) for name, weight in resumed.items())
    assert not all(weight.equal(undisturbed[name]) for name, weight in stopped.items())


def test_guidance_is_learnt_so_that_the_student_needs_none(folder: Path) -> None:
    """The guided answer, which the student is led to, is the plain one without words and where nothing is guided."""
    torch.manual_seed(0)
    model = random_denoiser("keyframe", std=0.2)
    given = Given(torch.randn(3, 5, 384), torch.tensor([[True] * 5, [False] * 5, [True] * 5]), None)
    noisy, time = torch.randn(3, 4, 1, 8, 8), torch.tensor([0.5, 0.5, 0.99])
    plain, guided = predict(model, noisy, time, given), predict(model, noisy, time, given, Guidance(3.0, GUIDED_TIMES))
    assert not torch.allclose(plain[0], guided[0], atol=1e-3)
    assert torch.allclose(plain[1:], guided[1:], atol=1e-5)
    batch = Batch(
        clean=noisy, noise=torch.randn_like(noisy), time=time, text=given.text, mask=given.mask, condition=None
    )
    run = run_of(folder, "keyframe")
    _, untaught, _ = losses(model, model, batch, run, 0, 0)
    _, guided_off, _ = losses(model, model, batch, replace(run, guidance=3.0), 0, 0)
    assert not torch.allclose(untaught, guided_off)


@pytest.mark.slow
def test_a_student_comes_nearer_to_the_patient_teacher_than_the_hasty_teacher_is(folder: Path) -> None:
    run = replace(
        run_of(folder, "keyframe", steps=80), batch=32, rank=16, rate=6e-3, warmup=5, descent=60, average=0.9,
        checkpoint_every=80, log_every=80, samples_every=80,
    )  # fmt: skip
    train(0, run)
    teacher = denoiser.load(folder, "keyframe", run.shape)
    student = denoiser.load(folder, "keyframe", run.shape)
    merge(student, folder / FILES["keyframe"])
    given = Given(torch.randn(16, 5, 384), torch.ones(16, 5, dtype=torch.bool), None)
    noise = torch.randn(16, 4, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        patient = sample(teacher, noise, given, 32)
        hasty, taught = (sample(model, noise, given, 2) for model in (teacher, student))
    assert (taught - patient).square().mean() < 0.8 * (hasty - patient).square().mean()
