"""Denoiser training: resumed equals undisturbed, and no held-out clip is ever drawn."""

import dataclasses
from pathlib import Path

import pytest
import torch

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.training import sprites
from kinoform.training.captions import PHRASINGS, held_out, training_triples
from kinoform.training.denoiser import Batch, DenoiserRun, Shape, draw, first_frame, losses, train
from kinoform.training.latents import (
    TEXT_TOKENS,
    Clips,
    Texts,
    freeze_codec,
    read_shards,
    seed,
    triple_at,
    write_shards,
)
from kinoform.training.loop import Schedule
from kinoform.training.render import Renderer
from kinoform.training.sprites import Sprites

TINY = Shape(channels=2, dim=24, depth=1, heads=2)


def invented_clips(count: int) -> Clips:
    rng = torch.Generator().manual_seed(0)
    latents = torch.randn(count, 2, 2, 4, 4, generator=rng).half()
    return Clips(latents=latents, triples=torch.arange(count) % len(training_triples()))


def invented_texts() -> Texts:
    shape = (len(training_triples()), PHRASINGS, TEXT_TOKENS)
    states = torch.randn(*shape, 384, generator=torch.Generator().manual_seed(1)).half()
    return Texts(states=states, mask=torch.ones(shape, dtype=torch.bool))


@pytest.fixture
def run(tmp_path: Path) -> DenoiserRun:
    """A run folder with one small shard, in which a step takes milliseconds."""
    (tmp_path / "latents").mkdir()
    torch.save(invented_clips(len(training_triples())).latents, tmp_path / "latents" / "0000.pt")
    texts = invented_texts()
    torch.save({"states": texts.states, "mask": texts.mask}, tmp_path / "texts.pt")
    return DenoiserRun(folder=tmp_path, steps=6, batch=4, warmup=2, descent=2, checkpoint_every=3, shape=TINY)


def checkpoint(run: DenoiserRun) -> dict[str, torch.Tensor]:
    weights: dict[str, torch.Tensor] = torch.load(run.folder / "denoiser.pt", weights_only=True)["average"]
    return weights


def test_a_resumed_run_ends_in_the_same_bits(run: DenoiserRun) -> None:
    train(0, run)
    undisturbed = checkpoint(run)
    (run.folder / "denoiser.pt").unlink()
    # stopped after three of the six steps: the rates are those of the longer run
    train(0, dataclasses.replace(run, steps=3, descent=1, warmup=2))
    halfway = checkpoint(run)
    train(0, run)
    assert any(not halfway[name].equal(undisturbed[name]) for name in undisturbed)
    assert all(checkpoint(run)[name].equal(undisturbed[name]) for name in undisturbed)


def test_no_cached_clip_is_held_out() -> None:
    assert all(triple_at(index) not in held_out() for index in range(len(training_triples())))


def test_a_batch_pairs_each_clip_with_a_caption_of_its_own() -> None:
    clips, texts = invented_clips(200), invented_texts()
    run = DenoiserRun(folder=Path(), steps=1, batch=64)
    batch = draw(clips, texts, run, step=0, rank=0)
    for row in range(run.batch):
        clip = next(n for n in range(200) if clips.latents[n].float().equal(batch.clean[row]))
        assert any(texts.states[clip, k].float().equal(batch.text[row]) for k in range(PHRASINGS))


def test_batches_differ_from_step_to_step_and_from_process_to_process() -> None:
    clips, texts = invented_clips(50), invented_texts()
    run = DenoiserRun(folder=Path(), steps=1)
    noises = [draw(clips, texts, run, step, rank).noise for step, rank in ((0, 0), (1, 0), (0, 1))]
    assert not any(a.equal(b) for a, b in zip(noises, noises[1:] + noises[:1], strict=True))
    assert draw(clips, texts, run, 0, 0).noise.equal(noises[0])


def test_text_and_picture_are_given_as_often_as_said() -> None:
    clips, texts = invented_clips(50), invented_texts()
    batch = draw(clips, texts, DenoiserRun(folder=Path(), steps=1, batch=2000), 0, 0)
    assert batch.mask.any(dim=1).float().mean() == pytest.approx(0.9, abs=0.03)
    assert batch.condition[:, -1, 0, 0, 0].mean() == pytest.approx(0.3, abs=0.04)


def test_the_condition_shows_the_first_frame_only() -> None:
    clean = torch.randn(2, 3, 4, 2, 2)
    condition = first_frame(clean, torch.tensor([True, False]))
    assert condition[0, :3, 0].equal(clean[0, :, 0])
    assert condition[0, 3, 0].eq(1).all()
    assert condition[:, :, 1:].eq(0).all()
    assert condition[1].eq(0).all()


def test_a_perfect_prediction_has_no_loss() -> None:
    clean = torch.zeros(2, 2, 2, 4, 4)
    model = TINY.build()  # a fresh model answers zero
    batch = Batch(
        clean=clean,
        noise=torch.randn_like(clean),
        time=torch.tensor([0.3, 1.0]),
        text=torch.randn(2, 5, 384),
        mask=torch.ones(2, 5, dtype=torch.bool),
        condition=first_frame(clean, torch.tensor([True, False])),
    )
    error, loss = losses(model, batch)
    assert error.eq(0).all()
    assert loss.item() == 0


def test_the_rate_rises_stays_and_falls() -> None:
    schedule = Schedule(peak=1.0, steps=100, warmup=10, descent=20)
    assert [schedule.rate(step) for step in (0, 9, 50, 80, 90)] == pytest.approx([0.1, 1.0, 1.0, 1.0, 0.5])


@pytest.mark.slow
def test_a_shard_is_a_function_of_its_number(tmp_path: Path, drawn_sprites: Sprites) -> None:
    torch.manual_seed(0)
    torch.save({"average": VideoAutoencoder().state_dict()}, tmp_path / "codec.pt")
    sprites.save(tmp_path / "sprites.npz", drawn_sprites)
    renderer = Renderer(drawn_sprites)
    freeze_codec(tmp_path / "codec.pt", renderer, tmp_path / "autoencoder")
    write_shards(0, 1, tmp_path, tmp_path / "sprites.npz", 0, 1)
    first = read_shards(tmp_path).latents
    assert first.float().std() == pytest.approx(1, abs=0.1)
    (tmp_path / "latents" / "0000.pt").unlink()
    write_shards(0, 1, tmp_path, tmp_path / "sprites.npz", 0, 1)
    assert read_shards(tmp_path).latents.equal(first)
    assert seed(0, 5) != seed(1, 5)
