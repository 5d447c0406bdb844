"""The scheduler against its promises, on random histories."""

import random

import pytest

from kinoform.engine.cost import CostModel
from kinoform.engine.family import BatchKey
from kinoform.engine.scheduler import Batch, Scheduler
from kinoform.engine.waiting import Room, Terms

SMALL = BatchKey("m", (4, 2, 2, 2), "guided")
WIDE = BatchKey("m", (4, 2, 4, 4), "guided")
KEYS = (SMALL, WIDE, BatchKey("m", (4, 2, 2, 2), "plain"))


class Deal:
    """Plays a scheduler until its jobs are done."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler
        self.left: dict[str, int] = {}
        self.keys: dict[str, BatchKey] = {}
        self.history: list[Batch] = []

    def add(self, job: str, steps: int, key: BatchKey = SMALL, *, priority: int = 0, alone: bool = False) -> None:
        terms = Terms(priority=priority, alone=alone)
        self.scheduler.add(job, key, tokens=8, steps=steps, terms=terms)
        self.left[job], self.keys[job] = steps, key

    def turn(self) -> Batch:
        batch = self.scheduler.next_batch()
        assert batch is not None
        for job in batch.jobs:
            self.left[job] -= 1
        self.scheduler.advance(batch, {job: self.keys[job] for job in batch.jobs if self.left[job]}, 1.0)
        self.history.append(batch)
        return batch

    def turns_of(self, job: str) -> list[int]:
        return [turn for turn, batch in enumerate(self.history) if job in batch.jobs]


@pytest.mark.parametrize("seed", range(20))
def test_every_step_of_every_job_runs_exactly_once_whatever_happens(seed: int) -> None:
    rng = random.Random(seed)
    deal = Deal(Scheduler(CostModel(), Room(max_batch=rng.randint(1, 5), max_active=rng.randint(1, 6), patience=4)))
    steps: dict[str, int] = {}
    cancelled: dict[str, int] = {}
    while len(steps) < 30 or len(deal.scheduler):
        if len(steps) < 30 and rng.random() < 0.5:
            job = f"j{len(steps)}"
            steps[job] = rng.randint(1, 9)
            deal.add(job, steps[job], rng.choice(KEYS), priority=rng.randint(-2, 2), alone=rng.random() < 0.2)
        alive = [job for job, left in deal.left.items() if left and job not in cancelled]
        if alive and rng.random() < 0.05:
            job = rng.choice(alive)
            deal.scheduler.remove(job)
            cancelled[job] = len(deal.history)
        elif alive and rng.random() < 0.1:
            deal.scheduler.set_priority(rng.choice(alive), rng.randint(-2, 2))
        if len(deal.scheduler):
            deal.turn()
    for job, count in steps.items():
        turns = deal.turns_of(job)
        assert max(turns, default=-1) < cancelled.get(job, len(deal.history))
        assert len(turns) == (count - deal.left[job] if job in cancelled else count)
    assert all(len({deal.keys[job] for job in batch.jobs}) == 1 for batch in deal.history)


def test_who_must_be_alone_is_alone_and_the_others_share() -> None:
    deal = Deal(Scheduler(CostModel(), Room()))
    deal.add("exact", 3, alone=True)
    for job in "abc":
        deal.add(job, 3)
    while len(deal.scheduler):
        deal.turn()
    assert {batch.jobs for batch in deal.history} == {("exact",), ("a", "b", "c")}


def test_a_job_that_comes_later_joins_the_others_at_their_next_step() -> None:
    deal = Deal(Scheduler(CostModel(), Room()))
    deal.add("early", 5)
    deal.turn()
    deal.turn()
    deal.add("late", 5)
    assert deal.turn().jobs == ("early", "late")


def test_every_key_gets_its_turn() -> None:
    deal = Deal(Scheduler(CostModel(), Room(max_batch=4)))
    for job in "abcd":
        deal.add(job, 10, SMALL)
    deal.add("wide", 10, WIDE)
    for _ in range(20):
        deal.turn()
    assert deal.turns_of("wide") == list(range(1, 20, 2))


def test_a_higher_priority_takes_every_turn_until_it_is_done() -> None:
    deal = Deal(Scheduler(CostModel(), Room()))
    deal.add("low", 5)
    deal.turn()
    deal.add("high", 5, priority=1)
    for _ in range(9):
        deal.turn()
    assert deal.turns_of("high") == [1, 2, 3, 4, 5]


def test_an_endless_stream_of_higher_priorities_starves_nobody() -> None:
    deal = Deal(Scheduler(CostModel(), Room(max_active=2, patience=3)))
    deal.add("low", 4, priority=-5)
    for number in range(1000):
        deal.add(f"high{number}", 2, priority=5, alone=True)
        deal.turn()
        if not deal.left["low"]:
            break
    assert not deal.left["low"]


def test_no_more_than_max_active_jobs_take_turns_and_the_others_know_their_place() -> None:
    deal = Deal(Scheduler(CostModel(), Room(max_active=2)))
    for job in "abcd":
        deal.add(job, 3)
    assert deal.scheduler.positions() == {"a": 0, "b": 0, "c": 1, "d": 2}
    deal.turn()
    assert deal.scheduler.positions() == {"c": 1, "d": 2}
    while len(deal.scheduler):
        deal.turn()
    assert [batch.jobs for batch in deal.history] == [("a", "b")] * 3 + [("c", "d")] * 3


def test_jobs_that_do_not_fit_together_are_kept_apart() -> None:
    deal = Deal(Scheduler(CostModel(), Room()))
    deal.add("a", 2)
    deal.add("b", 2)
    deal.scheduler.keep_apart(SMALL)
    assert [deal.turn().jobs for _ in range(4)] == [("a",), ("b",), ("a",), ("b",)]


def test_sharing_pays_for_small_jobs_and_not_for_large_ones() -> None:
    cost = CostModel()
    assert cost.batch_size(64, 4) == 4
    assert cost.batch_size(2000, 4) == 1


@pytest.mark.parametrize(("fixed", "slope"), [(0.01, 1e-4), (0.0, 1e-3), (0.02, 0.0)])
def test_the_cost_model_finds_the_line_it_measures(fixed: float, slope: float) -> None:
    cost = CostModel()
    for tokens in (64, 128, 256, 512) * 20:
        cost.observe(tokens, fixed + slope * tokens)
    for tokens in (64, 512):
        assert cost.seconds(tokens) == pytest.approx(fixed + slope * tokens, rel=0.1)


def test_sharing_stops_when_measured_useless_and_is_tried_again_later() -> None:
    cost = CostModel()
    for rows in (1, 4) * 20:
        cost.observe(64 * rows, 0.01 * rows)
    assert cost.batch_size(64, 4) == 1
    for _ in range(400):
        cost.observe(64, 0.01)
    assert cost.batch_size(64, 4) == 4
