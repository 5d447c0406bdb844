"""The judge sees in rendered clips what they show and nobody where there is none; a report tells real from noise."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from kinoform.models.kino_mini.family import KinoMini
from kinoform.training.adherence import adherence, by_phrase, shuffled
from kinoform.training.captions import MOTIONS, Script, Triple, held_out, script
from kinoform.training.cast import CAST, SUBJECTS, UNSEEN
from kinoform.training.evaluate import evaluate
from kinoform.training.features import PICTURE_SIDE, Features
from kinoform.training.judge import UNREADABLE, Judge
from kinoform.training.lessons import EVERYWHERE, blobs, blur, lessons, worn
from kinoform.training.pairs import couple
from kinoform.training.render import Renderer
from kinoform.training.report import table
from kinoform.training.stages import SIZE, pictures
from tests.models.tiny_kino import write_tiny_kino


@pytest.fixture(scope="module")
def judge(renderer: Renderer) -> Judge:
    """Knows the made-up sprites from a clip of each over every fourth background."""
    torch.set_num_threads(1)
    return Judge.fitted(renderer, variants=1, backgrounds=EVERYWHERE[::4])


def clip_of(renderer: Renderer, motion: str, seed: int = 0) -> Tensor:
    return renderer.clip(Script((0,), list(MOTIONS).index(motion), 0), seed)


@pytest.mark.slow
def test_the_judge_reads_unseen_real_clips_even_of_a_mediocre_codec(renderer: Renderer, judge: Judge) -> None:
    triples, rng = sorted(held_out())[::13], np.random.default_rng(0)
    clips = [renderer.clip(script(triple), seed) for seed, triple in enumerate(triples)]
    score = adherence(triples, [judge.read(worn(clip, rng)) for clip in clips])
    assert score.motion == score.background == 1
    assert score.subject >= 0.9  # four clips each have taught


@pytest.mark.slow
def test_an_empty_clip_has_a_background_and_no_subject(judge: Judge) -> None:
    for number in (0, 9):
        empty = (2 * pictures()[number] - 1)[:, None].expand(3, 16, SIZE, SIZE)
        assert judge.read(empty) == Triple(UNREADABLE, UNREADABLE, number)


@pytest.mark.slow
def test_a_clip_played_backwards_moves_the_other_way(renderer: Renderer, judge: Judge) -> None:
    for there, back in (("moves to the left", "moves to the right"), ("grows", "shrinks"), ("moves up", "moves down")):
        clip = clip_of(renderer, there)
        assert list(MOTIONS)[judge.read(clip).motion] == there
        assert list(MOTIONS)[judge.read(clip.flip(1)).motion] == back


@pytest.mark.slow
def test_a_spot_of_a_subjects_colour_is_no_subject(renderer: Renderer, judge: Judge) -> None:
    believed = 0
    for subject in range(len(SUBJECTS)):
        clip = renderer.clip(Script((subject,), list(MOTIONS).index("moves up"), 2), 0)
        deep = blur(clip.transpose(0, 1), 7.0).transpose(0, 1)
        believed += judge.read(deep).subject == subject
    assert believed <= 0.2 * len(SUBJECTS)


@pytest.mark.slow
def test_actors_that_teach_nobody_are_nobody_known(renderer: Renderer, judge: Judge) -> None:
    strangers = [Script((list(CAST).index(name),), 0, 2) for name in UNSEEN]
    seen = [judge.read(renderer.clip(script, 0)).subject for script in strangers]
    assert seen.count(UNREADABLE) >= 0.7 * len(seen)


@pytest.mark.slow
@pytest.mark.parametrize("motion", ["stays still", "moves to the left"])
def test_both_of_two_actors_are_seen_in_their_places(renderer: Renderer, judge: Judge, motion: str) -> None:
    number = list(MOTIONS).index(motion)
    assert couple(judge, renderer.clip(Script((3, 10), number, 1), 0), number) == [3, 10]


@pytest.mark.slow
def test_evaluation_tells_real_clips_from_an_untrained_model(renderer: Renderer, judge: Judge, tmp_path: Path) -> None:
    family = KinoMini.from_folder(write_tiny_kino(tmp_path / "tiny"))
    said: list[str] = []
    report = evaluate(family, renderer, judge, clips=6, steps=2, guidance=1.0, seed=0, progress=said.append)
    assert report.settings.clips == report.settings.triples == 6
    assert report.real.motion == report.real.background == 1
    assert report.generated.all == report.shuffled.all == 0
    assert report.points_below(report.real) == 100 * report.real.all
    assert report.ways.real.error < 3 < report.ways.still.error
    assert report.frechet.generated > 3 * report.frechet.floor
    assert report.unseen.frozen.energy == 0
    assert report.unseen.real.energy == 1
    assert report.unseen.real.first_frame_psnr is None
    assert report.unseen.frozen.first_frame_psnr is not None
    assert said
    values = json.loads(json.dumps(report.to_json()))
    assert report.table() == table(values)
    assert all(name in report.table() for name in ("real clips", "frozen", "shuffled", "Frechet", "pairs"))


def test_only_training_triples_teach(renderer: Renderer) -> None:
    first = next(lessons(renderer, 2))
    assert first.pictures.shape == (4, 3, PICTURE_SIDE, PICTURE_SIDE)
    assert first.vectors.shape[0] == len(first.motions) == 2
    assert all(Triple(first.subject, motion, 0) not in held_out() for motion in first.motions)


def test_blobs_keep_the_colour_and_lose_the_shape(renderer: Renderer) -> None:
    picture = next(lessons(renderer, 1)).pictures[0]
    inside = picture.abs().amax(dim=0) > 0.05
    for blob in blobs(picture, np.random.default_rng(0)):
        assert blob.shape == picture.shape
        assert (blob - picture).abs().mean() > 0.05
        covered = blob.abs().amax(dim=0) > 0.05
        assert (blob[:, covered].mean(dim=1) - picture[:, inside].mean(dim=1)).abs().max() < 0.5


def test_blur_keeps_the_light_and_takes_the_grain() -> None:
    grain = torch.randn(2, 200, 200, generator=torch.Generator().manual_seed(0))
    assert blur(grain, 0.0).equal(grain)
    assert blur(torch.ones(1, 9, 9), 2.0).allclose(torch.ones(1, 9, 9))
    # white noise through a gaussian of deviation s keeps 1 / (2 s sqrt(pi)) of its deviation
    assert float(blur(grain, 2.0)[:, 8:-8, 8:-8].std()) == pytest.approx(1 / (4 * np.pi**0.5), rel=0.05)


def test_features_do_not_depend_on_company() -> None:
    features, pictures = Features(), torch.rand(18, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    together = features.of(pictures)
    assert torch.allclose(together[17:], features.of(pictures[17:]), atol=1e-4)
    assert not torch.allclose(together[0], together[1], atol=1e-2)


def test_adherence_counts_each_part_and_all_together() -> None:
    said = [Triple(0, 1, 2), Triple(3, 4, 5), Triple(6, 7, 0), Triple(1, 1, 1)]
    seen = [Triple(0, 1, 2), Triple(3, 0, 5), Triple(0, 7, 0), Triple(0, 0, 1)]
    score = adherence(said, seen)
    assert (score.subject, score.motion, score.background, score.all) == (0.5, 0.5, 1.0, 0.25)
    phrases = by_phrase(said, seen)
    assert phrases["penguin"] == 1
    assert phrases["moves to the right"] == 0.5


def test_shuffled_captions_are_the_same_ones_in_other_places() -> None:
    said = sorted(held_out())
    assert sorted(shuffled(said)) == said
    assert adherence(said, shuffled(said)).all < 0.02
