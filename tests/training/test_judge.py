"""The judge sees in rendered clips what they show, and says so when there is nothing to see."""

import pytest
import torch
from torch import Tensor

from kinoform.training.captions import BACKGROUNDS, MOTIONS, Triple, held_out
from kinoform.training.evaluate import adherence, by_phrase
from kinoform.training.judge import UNREADABLE, Judge
from kinoform.training.render import SIZE, Renderer
from kinoform.training.tracks import background_colour, cut_out, measure


def clip_of(renderer: Renderer, motion: str, seed: int = 0) -> Tensor:
    return renderer.clip(Triple(0, list(MOTIONS).index(motion), 0), seed)


@pytest.mark.slow
def test_the_judge_reads_unseen_real_clips(renderer: Renderer, judge: Judge) -> None:
    triples = sorted(held_out())[::9]
    seen = [judge.read(renderer.clip(triple, seed)) for seed, triple in enumerate(triples)]
    score = adherence(triples, seen)
    assert score.motion == score.background == 1
    assert score.subject > 0.9


@pytest.mark.slow
def test_an_empty_clip_has_a_background_and_no_subject(judge: Judge) -> None:
    teal = torch.tensor(BACKGROUNDS["teal"]) / 127.5 - 1
    assert judge.read(teal.view(3, 1, 1, 1).expand(3, 8, SIZE, SIZE)) == Triple(UNREADABLE, UNREADABLE, 0)


@pytest.mark.slow
def test_a_clip_played_backwards_moves_the_other_way(renderer: Renderer, judge: Judge) -> None:
    clip = clip_of(renderer, "moves to the left")
    assert list(MOTIONS)[judge.read(clip).motion] == "moves to the left"
    assert list(MOTIONS)[judge.read(clip.flip(1)).motion] == "moves to the right"
    assert list(MOTIONS)[judge.read(clip_of(renderer, "grows").flip(1)).motion] == "shrinks"


def test_the_track_follows_the_subject(renderer: Renderer) -> None:
    measured = measure(clip_of(renderer, "moves down"))
    assert measured is not None
    x, y, size = measured.track
    assert y[-1] - y[0] == pytest.approx(27, abs=2)
    assert x.abs().max() < 0.5
    assert size.abs().max() < 1


def test_the_background_is_measured_beside_a_subject_at_the_edge() -> None:
    clip = torch.full((3, 8, SIZE, SIZE), -0.5)
    clip[:, :, :20, :20] = 1.0
    assert background_colour(clip).tolist() == [-0.5] * 3


def test_noise_as_weak_as_a_codecs_is_no_foreground() -> None:
    noise = 0.05 * torch.randn(3, 8, SIZE, SIZE, generator=torch.Generator().manual_seed(0))
    assert measure(noise) is None


def test_a_cut_out_shows_the_subject_at_one_size_wherever_it_is() -> None:
    frame, mask = torch.zeros(3, SIZE, SIZE), torch.zeros(SIZE, SIZE, dtype=torch.bool)
    mask[40:60, 44:64] = True
    frame[:, mask] = 1
    moved = frame.roll((-30, -30), dims=(1, 2))
    here = cut_out(frame, mask, 48)
    assert here.shape == (3, 48, 48)
    assert torch.allclose(here[:, 8:40, 8:40], cut_out(moved, mask.roll((-30, -30), dims=(0, 1)), 48)[:, 8:40, 8:40])


def test_adherence_counts_each_part_and_all_together() -> None:
    said = [Triple(0, 1, 2), Triple(3, 4, 5), Triple(6, 7, 0), Triple(1, 1, 1)]
    seen = [Triple(0, 1, 2), Triple(3, 0, 5), Triple(0, 7, 0), Triple(0, 0, 1)]
    score = adherence(said, seen)
    assert (score.subject, score.motion, score.background, score.all) == (0.5, 0.5, 1.0, 0.25)
    phrases = by_phrase(said, seen)
    assert phrases["penguin"] == 1
    assert phrases["moves to the right"] == 0.5
