"""True plans move a first frame to where the actor really goes, and the planner learns them."""

from pathlib import Path

import pytest
import torch

from kinoform.backbone.autoencoder import VideoAutoencoder
from kinoform.models.kino_mini.planner import MotionPlanner, Plan, compensated, moved_condition, moved_latents
from kinoform.training import latents, plans, sprites
from kinoform.training.captions import MOTIONS, Script
from kinoform.training.latents import freeze_codec, read_cache, write_shards
from kinoform.training.plans import PlannerRun, true_plan, true_plans, write_moved
from kinoform.training.render import Renderer
from kinoform.training.sprites import Sprites


@pytest.mark.parametrize("motion", MOTIONS)
def test_the_moved_first_frame_foretells_the_clip(renderer: Renderer, motion: str) -> None:
    script = Script((5,), list(MOTIONS).index(motion), 2)
    clip = renderer.clip(script, 4)
    moved = compensated(clip[:, 0], true_plan(script, 4))
    still = clip[:, :1].expand_as(clip)
    missed, stayed = (moved - clip).square().mean(), (still - clip).square().mean()
    assert missed < 0.3 * stayed if motion not in {"stays still", "spins"} else missed <= stayed + 1e-4


def test_a_plan_without_moves_leaves_the_picture_alone() -> None:
    picture = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    clip = compensated(picture, Plan(torch.tensor([0.3, -0.2]), torch.zeros(4, 5)))
    assert clip.shape == (3, 5, 16, 16)
    assert torch.allclose(clip, picture[:, None].expand_as(clip), atol=1e-4)


def test_the_first_frame_stays_as_it_is_in_the_latents() -> None:
    codec = VideoAutoencoder(4, (8, 8, 8), (0, 0, 0), (0, 0, 0))
    first = torch.randn(4, 1, 4, 4)
    moved = moved_latents(codec, first, Plan(torch.zeros(2), torch.full((4, 6), 0.5)))
    assert moved.shape == (4, 6, 4, 4)
    assert moved[:, :1].equal(first)
    condition = moved_condition(moved)
    assert condition[:4].equal(first.expand_as(moved))
    assert condition[4:].equal(moved)


def test_a_plan_begins_where_the_first_frame_is_and_has_the_clips_length() -> None:
    torch.manual_seed(0)
    planner = MotionPlanner(channels=4, size=4, text_dim=8, dim=16, queries=2, frames=6)
    plan = planner.plan(torch.randn(5, 8), torch.ones(5, dtype=torch.bool), torch.randn(4, 1, 8, 8), 9)
    assert plan.pivot.shape == (2,)
    assert plan.moves.shape == (4, 9)
    assert plan.moves[:, 0].abs().max() == 0


def test_masked_words_do_not_count() -> None:
    torch.manual_seed(0)
    planner = MotionPlanner(channels=4, size=4, text_dim=8, dim=16, queries=2, frames=6)
    text, first = torch.randn(1, 5, 8), torch.randn(1, 4, 1, 4, 4)
    mask = torch.tensor([[True, True, False, False, False]])
    other = text.clone()
    other[:, 2:] += 10
    _, moves = planner(text, mask, first)
    assert torch.allclose(planner(other, mask, first)[1], moves)
    assert not torch.allclose(planner(other, torch.ones_like(mask), first)[1], moves)


@pytest.mark.slow
def test_the_planner_learns_true_plans(
    tmp_path: Path, drawn_sprites: Sprites, renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(latents.SCRIPTS, "clip", 6)
    monkeypatch.setattr(latents, "STATISTICS_CLIPS", 8)
    torch.manual_seed(0)
    torch.save({"average": VideoAutoencoder().state_dict()}, tmp_path / "codec.pt")
    sprites.save(tmp_path / "sprites.npz", drawn_sprites)
    freeze_codec(tmp_path / "codec.pt", renderer, tmp_path / "autoencoder")
    write_shards(0, 1, "clip", tmp_path, tmp_path / "sprites.npz", 0, 2)
    write_moved(0, 1, tmp_path, 0, 2)
    cache = read_cache(tmp_path, "clip")
    assert cache.moved is not None
    assert cache.moved[:, :, 0].equal(cache.latents[:, :, 0])

    plans.train(PlannerRun(folder=tmp_path, steps=150, batch=8))
    planner = MotionPlanner.from_pretrained(tmp_path / "planner", torch_dtype=torch.float32)
    pivots, moves = true_plans(cache)
    with torch.inference_mode():
        found = planner(cache.states[cache.line].float(), cache.mask[cache.line], cache.latents[:, :, :1].float())
    assert (found[0] - pivots).abs().mean() < 0.1  # of half a frame: three pixels
    assert (found[1] - moves).abs().mean() < 0.3 * moves.abs().mean()
