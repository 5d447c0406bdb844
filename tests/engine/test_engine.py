"""The engine on a family whose answers are known."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import torch

from kinoform.engine.engine import Engine
from kinoform.engine.errors import BadCheckpoint, EngineClosed, ModelError, Overloaded
from kinoform.engine.events import Checkpointed, Denoised, Failed, Previewed, Queued, Reason, Released, Stepped
from kinoform.engine.job import EngineJob
from kinoform.engine.waiting import Room
from tests.engine.gaussian import SPREAD, Draw, GaussianFamily, Point
from tests.engine.transcript import Transcript

GaussianEngine = Engine[Draw, float, Point]


@pytest.fixture
def family() -> GaussianFamily:
    return GaussianFamily()


@pytest.fixture
def engine(family: GaussianFamily) -> Iterator[GaussianEngine]:
    engine: GaussianEngine = Engine(family, max_jobs=9)
    yield engine.start()
    engine.close()


def job(name: str, draw: Draw, **options: Any) -> EngineJob[Draw, float]:
    return EngineJob(id=name, request=draw, conditioning=draw.mean, **options)


def alone(draw: Draw) -> torch.Tensor:
    """The bare loop."""
    family = GaussianFamily()
    state = family.begin(draw, draw.mean)
    for _ in range(draw.steps):
        (state,) = family.denoise([state])
    return state.x


def result(transcript: Transcript) -> torch.Tensor:
    last = transcript.last()
    assert isinstance(last, Denoised), last
    x: torch.Tensor = last.state.x
    return x


def test_many_steps_reach_the_distribution_of_the_data(engine: GaussianEngine) -> None:
    draw = Draw(mean=2.0, size=20_000, steps=400)
    transcript = Transcript()
    engine.submit(job("a", draw), transcript)
    x = result(transcript)
    assert x.mean().item() == pytest.approx(2.0, abs=0.005)
    assert x.std().item() == pytest.approx(SPREAD, rel=0.03)


def test_four_staggered_requests_share_passes_and_equal_each_alone(
    engine: GaussianEngine, family: GaussianFamily
) -> None:
    draws = [Draw(mean=float(seed), seed=seed, steps=5 + seed) for seed in range(4)]
    transcripts: list[Transcript] = []

    def submit_next(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 2 and len(transcripts) < len(draws):
            submit(len(transcripts))

    def submit(index: int) -> None:
        transcripts.append(Transcript(submit_next))
        engine.submit(job(str(index), draws[index]), transcripts[index])

    submit(0)
    result(transcripts[0])
    assert all(
        torch.equal(result(transcript), alone(draw)) for transcript, draw in zip(transcripts, draws, strict=True)
    )
    assert [(0, 2), (1, 0)] in family.passes
    assert max(len(rows) for rows in family.passes) > 2
    steps = [member for rows in family.passes for member in rows]
    assert sorted(steps) == sorted((draw.seed, step) for draw in draws for step in range(draw.steps))


def test_reproducible_jobs_never_share_a_pass(engine: GaussianEngine, family: GaussianFamily) -> None:
    transcripts = [Transcript() for _ in range(3)]
    for seed, transcript in enumerate(transcripts):
        engine.submit(job(str(seed), Draw(seed=seed), reproducible=seed == 1), transcript)
    for transcript in transcripts:
        transcript.last()
    assert all(len(rows) == 1 for rows in family.passes if 1 in {seed for seed, _ in rows})


@pytest.mark.parametrize("after", [1, 3, 5])
def test_a_paused_and_restored_job_equals_the_undisturbed_one(engine: GaussianEngine, after: int) -> None:
    draw = Draw(seed=7)
    first = Transcript(pause_after(engine, "a", after))
    engine.submit(job("a", draw), first)
    released = first.last()
    assert isinstance(released, Released)
    assert released.reason is Reason.PAUSED
    assert len(first.of(Stepped)) == after
    second = Transcript()
    engine.submit(EngineJob(id="a", request=draw, checkpoint=released.data), second)
    assert torch.equal(result(second), alone(draw))
    assert [event.step for event in second.of(Stepped)] == list(range(after + 1, 7))


def pause_after(engine: GaussianEngine, name: str, step: int) -> Any:
    def then(event: object) -> None:
        if isinstance(event, Stepped) and event.step == step:
            engine.pause(name)

    return then


def test_every_checkpoint_the_last_included_leads_to_the_same_end(engine: GaussianEngine) -> None:
    draw = Draw(seed=3)
    transcript = Transcript()
    engine.submit(job("a", draw, checkpoint_every=4), transcript)
    transcript.last()
    checkpoints = transcript.of(Checkpointed)
    assert [event.step for event in checkpoints] == [4, 6]
    for event in checkpoints:
        again = Transcript()
        engine.submit(EngineJob(id="a", request=draw, checkpoint=event.data), again)
        assert torch.equal(result(again), alone(draw))


def test_checkpoints_keep_their_distance_in_time_but_for_the_last(engine: GaussianEngine) -> None:
    transcript = Transcript()
    engine.submit(job("a", Draw(), checkpoint_every=1, checkpoint_gap_s=3600.0), transcript)
    transcript.last()
    assert [event.step for event in transcript.of(Checkpointed)] == [6]


def test_every_state_to_be_kept_comes_before_the_end(engine: GaussianEngine) -> None:
    for number in range(20):  # a save may be under way when the job ends
        draw, transcript = Draw(seed=number), Transcript()
        engine.submit(job(str(number), draw, keep_steps=frozenset({2, 3, 5})), transcript)
        assert torch.equal(result(transcript), alone(draw))
        assert [(event.step, event.kept) for event in transcript.of(Checkpointed)] == [(2, True), (3, True), (5, True)]


def test_a_released_job_tells_first_of_every_state_to_be_kept() -> None:
    class Slow(GaussianFamily):
        def save(self, state: Point) -> bytes:
            time.sleep(0.05)
            return super().save(state)

    engine: GaussianEngine = Engine(Slow()).start()
    transcript = Transcript(pause_after(engine, "a", 3))
    engine.submit(job("a", Draw(), keep_steps=frozenset({2, 3})), transcript)
    assert transcript.last().reason is Reason.PAUSED
    assert [event.step for event in transcript.of(Checkpointed)] == [2, 3]
    assert Slow().load(transcript.last().data).step == 3
    engine.close()


def test_a_job_pauses_after_the_step_it_was_told_and_goes_on_from_there(engine: GaussianEngine) -> None:
    draw = Draw(seed=4)
    paused, still, on = Transcript(), Transcript(), Transcript()
    engine.submit(job("a", draw, pause_at=4), paused)
    released = paused.last()
    assert released.reason is Reason.PAUSED
    assert [event.step for event in paused.of(Stepped)] == [1, 2, 3, 4]
    engine.submit(EngineJob(id="a", request=draw, checkpoint=released.data, pause_at=4), still)
    assert (still.last().data, still.of(Stepped)) == (released.data, [])
    engine.submit(EngineJob(id="a", request=draw, checkpoint=released.data), on)
    assert torch.equal(result(on), alone(draw))


def test_a_fork_begins_with_anothers_state(engine: GaussianEngine) -> None:
    draw = Draw(seed=5)
    parent, same, other = Transcript(), Transcript(), Transcript()
    engine.submit(job("a", draw, keep_steps=frozenset({3})), parent)
    result(parent)
    (kept,) = parent.of(Checkpointed)
    engine.submit(job("b", draw, origin=kept.data), same)
    engine.submit(job("c", Draw(seed=5, mean=3.0), origin=kept.data), other)
    assert torch.equal(result(same), alone(draw))
    assert [event.step for event in same.of(Stepped)] == [4, 5, 6]
    assert result(other).mean() > 1 > result(same).mean()
    refused = Transcript()
    engine.submit(job("d", draw, origin=b"garbage"), refused)
    assert isinstance(refused.last().error, BadCheckpoint)


def test_a_cancelled_job_takes_no_further_step_and_the_others_go_on(
    engine: GaussianEngine, family: GaussianFamily
) -> None:
    def cancel(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 2:
            engine.cancel("a")

    cancelled, other = Transcript(cancel), Transcript()
    engine.submit(job("a", Draw(seed=1)), cancelled)
    engine.submit(job("b", Draw(seed=2)), other)
    assert cancelled.last() == Released(None, Reason.CANCELLED)
    assert torch.equal(result(other), alone(Draw(seed=2)))
    assert [step for rows in family.passes for seed, step in rows if seed == 1] == [0, 1]


def test_a_failing_job_ends_alone_with_its_error(engine: GaussianEngine) -> None:
    draws = [Draw(seed=seed, breaks_at=3 if seed == 1 else -1) for seed in range(3)]
    transcripts = [Transcript() for _ in draws]
    for draw, transcript in zip(draws, transcripts, strict=True):
        engine.submit(job(str(draw.seed), draw), transcript)
    failed = transcripts[1].last()
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, ArithmeticError)
    assert [event.step for event in transcripts[1].of(Stepped)] == [1, 2, 3]
    for index in (0, 2):
        assert torch.equal(result(transcripts[index]), alone(draws[index]))


def test_jobs_too_large_to_share_a_pass_are_split_once_and_for_all() -> None:
    family = GaussianFamily(most_rows=1)
    engine: GaussianEngine = Engine(family)
    transcripts = [Transcript() for _ in range(3)]
    for seed, transcript in enumerate(transcripts):
        engine.submit(job(str(seed), Draw(seed=seed)), transcript)
    engine.start()
    for seed, transcript in enumerate(transcripts):
        assert torch.equal(result(transcript), alone(Draw(seed=seed)))
    engine.close()
    assert [len(rows) for rows in family.passes].count(3) == 1


def test_what_is_wrong_with_a_job_is_told_as_its_failure(engine: GaussianEngine) -> None:
    bad_request, bad_checkpoint = Transcript(), Transcript()
    engine.submit(job("a", Draw(mean=float("nan"))), bad_request)
    engine.submit(EngineJob(id="b", request=Draw(), checkpoint=b"garbage"), bad_checkpoint)
    assert isinstance(bad_request.last().error, ModelError)
    assert isinstance(bad_checkpoint.last().error, BadCheckpoint)


def test_a_raised_priority_overtakes() -> None:
    family = GaussianFamily()
    engine: GaussianEngine = Engine(family)
    transcripts = {name: Transcript() for name in "ab"}
    engine.submit(job("a", Draw(seed=0, size=8)), transcripts["a"])
    engine.submit(job("b", Draw(seed=1, size=9)), transcripts["b"])
    engine.set_priority("b", 1)
    engine.start()
    for transcript in transcripts.values():
        transcript.last()
    engine.close()
    assert [seed for rows in family.passes for seed, _ in rows] == [1] * 6 + [0] * 6


def test_a_job_beyond_the_active_ones_hears_how_it_moves_up() -> None:
    engine: GaussianEngine = Engine(GaussianFamily(), room=Room(max_active=1))
    transcripts = [Transcript() for _ in range(3)]
    for seed, transcript in enumerate(transcripts):
        engine.submit(job(str(seed), Draw(seed=seed)), transcript)
    engine.start()
    transcripts[2].last()
    engine.close()
    assert [event.position for event in transcripts[2].of(Queued)] == [2, 1, 0]


def test_previews_come_between_steps_never_after_the_end() -> None:
    class Slow(GaussianFamily):
        def denoise(self, states: Any) -> list[Point]:
            time.sleep(0.01)
            return super().denoise(states)

    engine: GaussianEngine = Engine(Slow()).start()
    transcript = Transcript()
    engine.submit(job("a", Draw(steps=12), preview_every=3), transcript)
    transcript.last()
    engine.close()
    assert {event.step for event in transcript.of(Previewed)} <= {3, 6, 9}
    assert transcript.of(Previewed)[0].frames.shape == (1, 1, 16, 3)
    assert isinstance(transcript.events[-1], Denoised)


def test_a_slow_preview_holds_no_step_up() -> None:
    release = threading.Event()

    class Stuck(GaussianFamily):
        def preview(self, state: Point) -> Any:
            assert release.wait(60)
            return super().preview(state)

    engine: GaussianEngine = Engine(Stuck()).start()
    transcript = Transcript()
    engine.submit(job("a", Draw(), preview_every=1), transcript)
    result(transcript)
    release.set()
    engine.close()
    assert not transcript.of(Previewed)


def test_close_releases_every_job_with_its_checkpoint_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    closing = threading.Event()
    engine: GaussianEngine = Engine(GaussianFamily(), room=Room(max_active=1))

    def wait_for_close(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 2:
            closing.set()
            while engine.running:
                time.sleep(0.001)

    draws = [Draw(seed=seed) for seed in range(3)]
    transcripts = [Transcript(wait_for_close), Transcript(), Transcript()]
    for draw, transcript in zip(draws, transcripts, strict=True):
        engine.submit(job(str(draw.seed), draw), transcript)
    engine.start()
    assert closing.wait(60)
    engine.close()
    assert set(threading.enumerate()) == before
    with pytest.raises(EngineClosed):
        engine.submit(job("late", Draw()), Transcript())
    elsewhere: GaussianEngine = Engine(GaussianFamily()).start()
    for draw, transcript in zip(draws, transcripts, strict=True):
        released = transcript.last()
        assert released.reason is Reason.SHUTDOWN
        again = Transcript()
        elsewhere.submit(EngineJob(id=str(draw.seed), request=draw, checkpoint=released.data), again)
        assert torch.equal(result(again), alone(draw))
    elsewhere.close()


def test_no_room_and_a_taken_name_are_refused_at_once(engine: GaussianEngine) -> None:
    held = Transcript(lambda event: time.sleep(0.5) if isinstance(event, Queued) else None)
    engine.submit(job("a", Draw()), held)
    with pytest.raises(ValueError, match="has not ended"):
        engine.submit(job("a", Draw()), Transcript())
    for index in range(8):
        engine.submit(job(str(index), Draw()), Transcript())
    with pytest.raises(Overloaded):
        engine.submit(job("b", Draw()), Transcript())
    held.last()


def test_commands_for_jobs_that_have_ended_do_nothing(engine: GaussianEngine) -> None:
    transcript = Transcript()
    engine.submit(job("a", Draw()), transcript)
    transcript.last()
    engine.cancel("a")
    engine.pause("a")
    engine.set_priority("a", 3)
    again = Transcript()
    engine.submit(job("a", Draw()), again)
    assert torch.equal(result(again), alone(Draw()))


def test_a_job_that_cannot_be_saved_fails_alone() -> None:
    class Unsaveable(GaussianFamily):
        def save(self, state: Point) -> bytes:
            raise OSError("no room")

    engine: GaussianEngine = Engine(Unsaveable())
    broken, other = Transcript(), Transcript()
    engine.submit(job("a", Draw(seed=1), checkpoint_every=2), broken)
    engine.submit(job("b", Draw(seed=2)), other)
    engine.start()
    assert isinstance(broken.last().error, OSError)
    assert torch.equal(result(other), alone(Draw(seed=2)))
    engine.close()


def test_an_engine_that_dies_tells_every_job_and_takes_no_more() -> None:
    class Rotten(GaussianFamily):
        def steps_done(self, state: Point) -> int:
            if state.step == 2:
                raise SystemError("bit rot")
            return state.step

    engine: GaussianEngine = Engine(Rotten())
    transcripts = [Transcript(), Transcript()]
    for seed, transcript in enumerate(transcripts):
        engine.submit(job(str(seed), Draw(seed=seed)), transcript)
    engine.start()
    for transcript in transcripts:
        assert isinstance(transcript.last().error, SystemError)
    assert not engine.running
    with pytest.raises(EngineClosed):
        engine.submit(job("late", Draw()), Transcript())
    engine.close()
