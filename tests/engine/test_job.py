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


def test_a_job_needs_exactly_one_beginning() -> None:
    for conditioning, checkpoint in ((None, None), (1.0, b"x")):
        with pytest.raises(ValueError, match="either conditioning or a checkpoint"):
            EngineJob(id="a", request=None, conditioning=conditioning, checkpoint=checkpoint)
