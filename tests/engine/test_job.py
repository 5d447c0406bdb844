from typing import Any

import pytest

from kinoform.engine.job import EngineJob, Progress


def test_at_a_steady_pace_the_eta_is_exact() -> None:
    progress = Progress(10, now=0.0)
    etas = [progress.stepped(step, now=5.0 + 2.0 * step, took=2.0) for step in range(1, 11)]
    assert etas == pytest.approx([2.0 * (10 - step) for step in range(1, 11)])


def test_the_eta_follows_when_others_take_turns_too() -> None:
    progress = Progress(100, now=0.0)
    etas = [progress.stepped(step, now=6.0 * step, took=2.0) for step in range(1, 51)]
    assert etas[0] == pytest.approx(2.0 * 99)
    assert etas[-1] == pytest.approx(6.0 * 50, rel=1e-3)


def test_previews_wait_for_each_other_and_skip_the_last_step() -> None:
    progress = Progress(6, now=0.0)
    assert [step for step in range(1, 7) if progress.wants_preview(step, 2)] == [2, 4]
    progress.preview_pending = True
    assert not progress.wants_preview(4, 2)
    assert not Progress(6, now=0.0).wants_preview(2, 0)


def job(**options: Any) -> EngineJob[None, float]:
    return EngineJob(id="a", request=None, conditioning=1.0, **options)


def test_saving_takes_no_more_than_its_share_of_the_time() -> None:
    progress, wish = Progress(1000, now=0.0), job(checkpoint_every=1, checkpoint_share=0.01)
    saved = []
    for step in range(1, 1000):
        if progress.wants_checkpoint(wish, step, now=float(step)):
            progress.saved(took=0.25)
            saved.append(step)
    assert saved == list(range(1, 1000, 25))


def test_a_checkpoint_waits_for_the_one_before_unless_it_is_to_be_kept() -> None:
    progress, wish = Progress(9, now=0.0), job(checkpoint_every=1, keep_steps=frozenset({4}))
    assert [step for step in range(1, 10) if progress.wants_checkpoint(wish, step, now=1.0)] == [1, 4, 9]
    assert not Progress(9, now=0.0).wants_checkpoint(job(), 9, now=1.0)


def test_a_share_is_a_share() -> None:
    for share in (0.0, 1.5, float("nan")):
        with pytest.raises(ValueError, match="checkpoint_share"):
            job(checkpoint_share=share)


def test_a_job_needs_exactly_one_beginning() -> None:
    for conditioning, checkpoint in ((None, None), (1.0, b"x")):
        with pytest.raises(ValueError, match="either conditioning or a checkpoint"):
            EngineJob(id="a", request=None, conditioning=conditioning, checkpoint=checkpoint)
    with pytest.raises(ValueError, match="conditioning beside its origin"):
        EngineJob(id="a", request=None, checkpoint=b"x", origin=b"y")
