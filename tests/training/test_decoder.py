"""Decoder tuning: what the denoisers were trained on stays valid, and a run repeated gives the same weights."""

import shutil
from pathlib import Path

import pytest
import torch

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.training import latents, sprites
from kinoform.training.decoder import DecoderRun, adopt, as_left_behind, rendered, train
from kinoform.training.denoiser import Shape
from kinoform.training.latents import Cache, load_codec, scripts_of, seed_of
from kinoform.training.render import Renderer
from kinoform.training.sprites import Sprites

TINY = Shape(patch=(4, 2, 2), cond_channels=32, dim=24, depth=1, heads=2)
SHARD = 3


@pytest.fixture
def run(tmp_path: Path, drawn_sprites: Sprites, monkeypatch: pytest.MonkeyPatch) -> DecoderRun:
    """A run folder after denoiser training: everything small but the autoencoder."""
    monkeypatch.setitem(latents.SCRIPTS, "clip", SHARD)
    torch.manual_seed(0)
    VideoAutoencoder().to(torch.bfloat16).save_pretrained(tmp_path / "autoencoder")
    shard = {
        "latents": torch.randn(SHARD, 16, 16, 8, 8).half(),
        "line": torch.arange(SHARD),
        "states": torch.randn(SHARD, 4, 384).half(),
        "mask": torch.ones(SHARD, 4, dtype=torch.bool),
    }
    (tmp_path / "clip-latents").mkdir()
    torch.save(shard, tmp_path / "clip-latents" / "0000.pt")
    (tmp_path / "clip-moved").mkdir()
    torch.save({"moved": torch.randn(SHARD, 16, 16, 8, 8).half()}, tmp_path / "clip-moved" / "0000.pt")
    torch.save({"average": TINY.build().state_dict()}, tmp_path / "clip.pt")
    sprites.save(tmp_path / "sprites.npz", drawn_sprites)
    return DecoderRun(
        folder=tmp_path, sprites=tmp_path / "sprites.npz", steps=2, batch=2, frames=1, checkpoint_every=1, shape=TINY
    )


def test_only_the_decoder_changes(run: DecoderRun) -> None:
    before = load_codec(run.folder / "autoencoder").state_dict()
    train(0, run)
    after = load_codec(run.folder / "autoencoder").state_dict()
    changed = {name.split(".")[0] for name in before if not before[name].equal(after[name])}
    assert changed == {"decoder"}


def test_a_run_repeated_ends_in_the_same_bits(run: DecoderRun) -> None:
    start = run.folder / "start"
    shutil.copytree(run.folder / "autoencoder", start)
    train(0, run)
    undisturbed = load_codec(run.folder / "autoencoder").state_dict()
    state = torch.load(run.folder / "decoder.pt", weights_only=True)
    assert state["step"] == 2
    (run.folder / "decoder.pt").unlink()
    shutil.copytree(start, run.folder / "autoencoder", dirs_exist_ok=True)
    train(0, run)
    again = load_codec(run.folder / "autoencoder").state_dict()
    assert all(undisturbed[name].equal(again[name]) for name in again)
    train(0, run)  # nothing left to do
    adopt(run.folder)
    assert all(load_codec(run.folder / "autoencoder").state_dict()[name].equal(again[name]) for name in again)


def test_a_quarter_of_the_latents_stay_close_to_the_clean_ones() -> None:
    rng = torch.Generator().manual_seed(0)
    cache = Cache(
        latents=torch.randn(8, 16, 4, 4, 4, generator=rng).half(),
        line=torch.arange(8),
        seed=torch.arange(8),
        states=torch.zeros(8, 4, 384).half(),
        mask=torch.ones(8, 4, dtype=torch.bool),
        moved=torch.randn(8, 16, 4, 4, 4, generator=rng).half(),
    )
    left = as_left_behind(TINY.build(), cache, torch.arange(8), rng)
    off = (left - cache.latents.float()).square().mean(dim=(1, 2, 3, 4)).sqrt()
    assert off[:2].max() == pytest.approx(0.1, abs=0.02)
    assert off[2:].min() > 0.8  # an untrained denoiser answers zero


def test_the_clip_is_the_one_its_latents_were_made_from(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(latents.SCRIPTS, "clip", SHARD)
    clips, coverage = rendered(renderer, torch.tensor([SHARD + 1]))
    script, _ = scripts_of("clip", 1)[1]
    assert clips[0].equal(renderer.clip(script, seed_of(1, 1, 0)))
    assert 0.02 < coverage.mean() < 0.7
