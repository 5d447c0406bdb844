"""Memory bounds who is active; being parked changes no bit."""

import random
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from kinoform.engine.engine import Engine
from kinoform.engine.errors import TooLarge
from kinoform.engine.events import Denoised, Failed, Queued, Reason, Released, Stepped
from kinoform.engine.family import Probe
from kinoform.engine.job import EngineJob
from kinoform.engine.waiting import Room
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.state import ClipState
from tests.engine.gaussian import Draw, GaussianFamily, Point
from tests.engine.test_engine import alone, job, result
from tests.engine.test_kino_mini import REQUESTS, frames_of
from tests.engine.test_kino_mini import alone as clip_alone
from tests.engine.transcript import Transcript
from tests.models.tiny_kino import write_tiny_kino

GaussianEngine = Engine[Draw, float, Point]


class Watched(GaussianFamily):
    """Knows how many bytes of unfinished states are alive before each pass, and how often one was restored."""

    def __init__(self) -> None:
        super().__init__()
        self.most = self.restored = 0
        self._alive: weakref.WeakSet[Tensor] = weakref.WeakSet()

    def begin(self, request: Draw, conditioning: float) -> Point:
        return self._seen(super().begin(request, conditioning))

    def load(self, data: bytes) -> Point:
        self.restored += 1
        return self._seen(super().load(data))

    def denoise(self, states: Sequence[Point]) -> list[Point]:
        self.most = max(self.most, sum(x.nbytes for x in self._alive))
        return [self._seen(state) for state in super().denoise(states)]

    def _seen(self, state: Point) -> Point:
        if state.step < state.draw.steps:
            self._alive.add(state.x)
        return state


@pytest.mark.parametrize("seed", range(8))
def test_jobs_that_take_turns_in_a_memory_too_small_for_all_end_in_the_bytes_of_each_alone(seed: int) -> None:
    rng, family = random.Random(seed), Watched()
    draws = [
        Draw(mean=float(number), seed=number, size=rng.choice((8, 16, 24)), steps=rng.randint(2, 7))
        for number in range(9)
    ]
    budget = 8 * 40
    engine: GaussianEngine = Engine(family, room=Room(memory=budget, max_active=3, patience=2))
    transcripts: list[Transcript] = []

    def disturb(event: object) -> None:
        if isinstance(event, Stepped):
            engine.set_priority(str(rng.randrange(len(draws))), rng.randint(-3, 3))
            submit()

    def submit() -> None:
        if len(transcripts) < len(draws):
            number = len(transcripts)
            transcripts.append(Transcript(disturb))
            engine.submit(job(str(number), draws[number], project=rng.choice("ab")), transcripts[number])

    for _ in range(4):
        submit()
    engine.start()
    for transcript in transcripts:
        transcript.last()
    for transcript, draw in zip(transcripts, draws, strict=True):
        assert torch.equal(result(transcript), alone(draw))
        assert [event.step for event in transcript.of(Stepped)] == list(range(1, draw.steps + 1))
    engine.close()
    assert family.most <= budget
    assert family.restored > 0


class Restorations(KinoMini):
    """Counts how often a state was restored."""

    count = 0

    def load(self, data: bytes) -> ClipState:
        self.count += 1
        return super().load(data)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Restorations:
    folder: Path = write_tiny_kino(tmp_path_factory.mktemp("kino"))
    found = Restorations.from_folder(folder, device=torch.device("cpu"))
    assert isinstance(found, Restorations)
    return found


@pytest.mark.parametrize("clip", [0, 3], ids=["text", "picture"])
def test_a_clip_that_gives_way_to_another_goes_on_to_the_same_frames(family: Restorations, clip: int) -> None:
    long, urgent = REQUESTS[clip], REQUESTS[1]
    before = family.count
    room = Room(memory=max(family.cost(long).bytes, family.cost(urgent).bytes))
    engine: Engine[Any, Any, Any] = Engine(family, room=room)
    second = Transcript()

    def interrupt(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 3:
            wish = EngineJob(id="b", request=urgent, conditioning=family.encode(urgent), priority=9)
            engine.submit(wish, second)

    first = Transcript(interrupt)
    engine.submit(EngineJob(id="a", request=long, conditioning=family.encode(long)), first)
    engine.start()
    for request, transcript in ((long, first), (urgent, second)):
        np.testing.assert_array_equal(frames_of(family, transcript), clip_alone(family, request))
    engine.close()
    assert family.count == before + 1


def test_a_job_that_can_never_fit_is_refused_by_name_and_the_others_go_on() -> None:
    engine: GaussianEngine = Engine(GaussianFamily(), room=Room(memory=8 * 16))
    fits, large = Transcript(), Transcript()
    engine.submit(job("fits", Draw(size=16)), fits)
    engine.submit(job("large", Draw(size=17)), large)
    engine.start()
    failed = large.last()
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, TooLarge)
    assert (failed.error.job, failed.error.needed, failed.error.budget) == ("large", 136, 128)
    assert "'large' needs 136 bytes" in str(failed.error)
    assert torch.equal(result(fits), alone(Draw(size=16)))
    engine.close()


def test_who_waits_for_memory_knows_its_place_and_leaves_without_a_state() -> None:
    engine: GaussianEngine = Engine(GaussianFamily(), room=Room(memory=8 * 16))
    first, waiting = Transcript(), Transcript()

    def let_go(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 2:
            engine.pause("waiting")

    first = Transcript(let_go)
    engine.submit(job("first", Draw(size=16)), first)
    engine.submit(job("waiting", Draw(size=9)), waiting)
    engine.start()
    assert waiting.last() == Released(None, Reason.PAUSED)
    assert [event.position for event in waiting.of(Queued)] == [1]
    assert isinstance(first.last(), Denoised)
    engine.close()


def test_a_parked_job_is_let_go_with_the_state_that_it_had() -> None:
    engine: GaussianEngine = Engine(GaussianFamily(), room=Room(memory=8 * 16))
    draw, urgent = Draw(seed=1), Transcript()

    def pause(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 2:
            engine.pause("parked")

    def overtake(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 3:
            engine.submit(job("urgent", Draw(seed=2), priority=1), Transcript(pause))

    parked = Transcript(overtake)
    engine.submit(job("parked", draw), parked)
    engine.start()
    released = parked.last()
    assert isinstance(released, Released)
    engine.submit(EngineJob(id="again", request=draw, checkpoint=released.data), urgent)
    assert torch.equal(result(urgent), alone(draw))
    assert [event.step for event in urgent.of(Stepped)] == [4, 5, 6]
    engine.close()


def test_probes_are_timed_before_the_first_job_and_broken_ones_do_no_harm() -> None:
    for size in (16, 17):
        broken = Draw(size=size, breaks_at=0 if size == 17 else -1)
        state = GaussianFamily().begin(broken, 0.0)
        family = GaussianFamily(probes=[Probe(state, size)])
        engine: GaussianEngine = Engine(family)
        transcript = Transcript()
        engine.submit(job("a", Draw(seed=5)), transcript)
        engine.start()
        assert torch.equal(result(transcript), alone(Draw(seed=5)))
        engine.close()
        assert family.passes[0] == [(0, 0)]
