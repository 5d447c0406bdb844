"""Denoiser training: resumed equals undisturbed, and each clip goes with its own caption and first frame."""

import dataclasses
from pathlib import Path

import pytest
import torch

from kinoform.models.kino_mini.places import place, place_planes
from kinoform.training.denoiser import (
    FIRST_FRAME_NOISE,
    TEXT_DROPPED,
    Batch,
    DenoiserRun,
    Shape,
    draw,
    load,
    losses,
    noisy_moved,
    train,
)
from kinoform.training.latents import TEXT_TOKENS, Cache, Stage
from kinoform.training.loop import Schedule

STAGES: tuple[Stage, ...] = ("keyframe", "clip")
LENGTH = {"keyframe": 1, "clip": 4}
TINY = {
    "keyframe": Shape(patch=(1, 2, 2), channels=2, cond_channels=2, dim=24, depth=1, heads=2),
    "clip": Shape(patch=(2, 2, 2), channels=2, cond_channels=4, dim=24, depth=1, heads=2),
}


def invented_cache(stage: Stage, lines: int = 10) -> Cache:
    rng = torch.Generator().manual_seed(0)
    return Cache(
        latents=torch.randn(2 * lines, 2, LENGTH[stage], 4, 4, generator=rng).half(),
        line=torch.arange(lines).repeat_interleave(2),
        seed=torch.arange(2 * lines),
        states=torch.randn(lines, TEXT_TOKENS, 384, generator=rng).half(),
        mask=torch.ones(lines, TEXT_TOKENS, dtype=torch.bool),
        moved=torch.randn(2 * lines, 2, LENGTH[stage], 4, 4, generator=rng).half() if stage == "clip" else None,
    )


@pytest.fixture(params=STAGES)
def run(tmp_path: Path, request: pytest.FixtureRequest) -> DenoiserRun:
    """A run folder with one small shard, in which a step takes milliseconds."""
    stage: Stage = request.param
    cache = invented_cache(stage)
    shard = {"latents": cache.latents, "line": cache.line, "states": cache.states, "mask": cache.mask}
    for name, parts in ((f"{stage}-latents", shard), ("clip-moved", {"moved": cache.moved})):
        (tmp_path / name).mkdir()
        torch.save(parts, tmp_path / name / "0000.pt")
    return DenoiserRun(
        folder=tmp_path, stage=stage, steps=6, batch=4, warmup=2, descent=2, checkpoint_every=3, shape=TINY[stage]
    )


def averaged(run: DenoiserRun) -> dict[str, torch.Tensor]:
    return load(run.folder, run.stage, run.shape).state_dict()


def test_a_resumed_run_ends_in_the_same_bits(run: DenoiserRun) -> None:
    train(0, run)
    undisturbed = averaged(run)
    (run.folder / f"{run.stage}.pt").unlink()
    # stopped after three of the six steps: the rates are those of the longer run
    train(0, dataclasses.replace(run, steps=3, descent=1))
    halfway = averaged(run)
    train(0, run)
    assert any(not halfway[name].equal(undisturbed[name]) for name in undisturbed)
    assert all(averaged(run)[name].equal(undisturbed[name]) for name in undisturbed)


def test_a_batch_pairs_each_clip_with_its_caption(run: DenoiserRun) -> None:
    cache = invented_cache(run.stage)
    batch = draw(cache, dataclasses.replace(run, batch=64), step=0, rank=0)
    for row in range(64):
        clip = next(n for n in range(20) if cache.latents[n].float().equal(batch.clean[row]))
        assert cache.states[cache.line[clip]].float().equal(batch.text[row])


def test_batches_differ_from_step_to_step_and_from_process_to_process(run: DenoiserRun) -> None:
    cache = invented_cache(run.stage)
    noises = [draw(cache, run, step, rank).noise for step, rank in ((0, 0), (1, 0), (0, 1))]
    assert not any(a.equal(b) for a, b in zip(noises, noises[1:] + noises[:1], strict=True))
    assert draw(cache, run, 0, 0).noise.equal(noises[0])


def test_text_is_dropped_as_often_as_said(run: DenoiserRun) -> None:
    batch = draw(invented_cache(run.stage), dataclasses.replace(run, batch=2000), 0, 0)
    assert batch.mask.any(dim=1).float().mean() == pytest.approx(1 - TEXT_DROPPED, abs=0.03)


def test_the_keyframe_stage_is_told_the_place_of_its_seed() -> None:
    cache = invented_cache("keyframe")
    batch = draw(cache, DenoiserRun(folder=Path(), stage="keyframe", steps=1), 0, 0)
    for clean, condition in zip(batch.clean, batch.condition, strict=True):
        row = next(n for n in range(20) if cache.latents[n].float().equal(clean))
        seed = int(cache.seed[row])
        assert condition.equal(place_planes(seed, 4, 4))
        assert tuple(condition[:, 0, 0, 0].tolist()) == place(seed)


def test_the_condition_is_the_first_frame_still_and_moved_with_a_little_noise() -> None:
    moved = torch.randn(64, 3, 4, 8, 8)
    condition = noisy_moved(moved, torch.Generator().manual_seed(0))
    assert condition.shape == (64, 6, 4, 8, 8)
    assert condition[:, :3].equal(condition[:, 3:, :1].expand_as(moved))
    deviation = (condition[:, 3:] - moved).flatten(1).std(dim=1)
    assert deviation.max() < 1.2 * FIRST_FRAME_NOISE
    assert deviation.mean() == pytest.approx(FIRST_FRAME_NOISE / 2, rel=0.2)


def test_a_perfect_prediction_has_no_loss() -> None:
    clean = torch.zeros(2, 2, 4, 4, 4)
    model = TINY["clip"].build()  # a fresh model answers zero
    batch = Batch(
        clean=clean,
        noise=torch.randn_like(clean),
        time=torch.tensor([0.3, 1.0]),
        text=torch.randn(2, 5, 384),
        mask=torch.ones(2, 5, dtype=torch.bool),
        condition=clean.repeat(1, 2, 1, 1, 1),
    )
    error, loss = losses(model, batch)
    assert error.eq(0).all()
    assert loss.item() == 0


def test_clips_without_moved_first_frames_are_refused_with_what_to_do() -> None:
    cache = dataclasses.replace(invented_cache("clip"), moved=None)
    with pytest.raises(FileNotFoundError, match="run `plans` first"):
        draw(cache, DenoiserRun(folder=Path(), stage="clip", steps=1), 0, 0)


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(peak=1.0, steps=100, warmup=10, descent=20)
    assert [schedule.rate(step) for step in (0, 9, 50, 80, 90)] == pytest.approx([0.1, 1.0, 1.0, 1.0, 0.5])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_a_run_begun_on_a_gpu_goes_on_on_the_cpu(run: DenoiserRun) -> None:
    train(0, dataclasses.replace(run, steps=3, descent=1, device="cuda"))
    halfway = averaged(run)
    train(0, run)
    assert any(not halfway[name].equal(value) for name, value in averaged(run).items())
