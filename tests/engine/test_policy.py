"""The policies' properties, on scenes and histories that hypothesis makes up."""

from collections.abc import Iterable
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinoform.engine.cost import CostModel
from kinoform.engine.family import BatchKey
from kinoform.engine.policy import FIFO, REQUEST_BATCHING, STEPS, Policy, on_time, seats
from kinoform.engine.scheduler import Scheduler
from kinoform.engine.waiting import Room, Terms, Waiting

KEYS = [BatchKey("m", (size,), "") for size in (1, 2, 3)]
POLICIES = [STEPS, FIFO, REQUEST_BATCHING]
PASS_S = 0.5
"""What every pass takes here, whatever is in it."""


def steady() -> CostModel:
    """A machine that takes PASS_S for any pass: sharing always pays."""
    cost = CostModel()
    for tokens in (8, 80) * 20:
        cost.observe(tokens, PASS_S)
    return cost


def waiting(number: int, **given_: Any) -> Waiting:
    defaults: dict[str, Any] = {
        "id": f"j{number}",
        "terms": Terms(),
        "key": KEYS[0],
        "tokens": 8,
        "bytes": 1,
        "steps_left": 1,
        "step_s": 1.0,
        "arrival": number,
        "last_turn": 0,
        "started": False,
    }
    return Waiting(**(defaults | given_))


jobs_to_add = st.lists(
    st.tuples(
        st.sampled_from(KEYS),
        st.integers(1, 6),
        st.integers(1, 4),
        st.builds(
            Terms,
            project=st.sampled_from("abc"),
            priority=st.integers(-2, 2),
            deadline=st.none() | st.floats(0, 20),
            alone=st.booleans(),
        ),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=14,
)


@pytest.mark.parametrize("policy", POLICIES, ids=["steps", "fifo", "request batching"])
@given(asked=jobs_to_add, room=st.builds(Room, max_batch=st.integers(1, 4), max_active=st.integers(1, 5)))
@settings(max_examples=60, deadline=None)
def test_every_step_is_taken_once_and_no_pass_mixes_keys_or_goes_beyond_the_room(
    policy: Policy, asked: list[tuple[BatchKey, int, int, Terms, int]], room: Room
) -> None:
    room = Room(max_batch=room.max_batch, max_active=room.max_active, memory=6, patience=5)
    scheduler, left, now = Scheduler(steady(), room, policy=policy), {}, 0.0
    for number, (key, steps, held, terms, turns) in enumerate(asked):
        scheduler.add(f"j{number}", key, tokens=8, steps=steps, held=held, terms=terms)
        left[f"j{number}"] = steps
        last = number == len(asked) - 1
        while len(scheduler) and (last or turns):
            turns -= 1
            batch = scheduler.next_batch(now)
            seated = scheduler.seating(now).seated
            assert batch is not None
            mates = [asked[int(job[1:])] for job in batch.jobs]
            assert {mate[0] for mate in mates} == {batch.key}
            assert len(mates) == 1 or not any(mate[3].alone for mate in mates)
            assert set(batch.jobs) <= set(seated)
            assert len(batch.jobs) <= room.max_batch
            assert len(seated) <= room.max_active
            assert sum(asked[int(job[1:])][2] for job in seated) <= 6
            now += PASS_S
            for job in batch.jobs:
                left[job] -= 1
            scheduler.advance(batch, {job: batch.key for job in batch.jobs if left[job]}, PASS_S)
    assert set(left.values()) == {0}


@given(
    sizes=st.lists(st.tuples(st.integers(1, 9), st.integers(1, 30)), min_size=1, max_size=7),
    now=st.integers(0, 5),
)
@settings(deadline=None)
def test_as_many_deadlines_are_met_as_any_choice_could(sizes: list[tuple[int, int]], now: int) -> None:
    jobs = [
        waiting(number, steps_left=steps, terms=Terms(deadline=float(due))) for number, (steps, due) in enumerate(sizes)
    ]
    kept = [job for job in jobs if job.id in on_time(jobs, float(now))]
    assert feasible(kept, now)
    assert not any(feasible(choice, now) for choice in combinations(jobs, len(kept) + 1))


def feasible(jobs: Iterable[Waiting], now: float) -> bool:
    """Whether all are in time, earliest deadline first (Jackson 1955: if in any order, then in this one)."""
    for job in sorted(jobs, key=lambda job: job.terms.deadline or 0.0):
        now += job.work_s
        if now > (job.terms.deadline or 0.0):
            return False
    return True


@given(dues=st.permutations([10.0, 20.0, 30.0, 40.0]), steps=st.integers(1, 5))
@settings(deadline=None)
def test_deadlines_that_can_all_be_met_are_served_earliest_first_each_to_its_end(dues: list[float], steps: int) -> None:
    scheduler = Scheduler(steady(), Room(max_active=2))
    for number, due in enumerate(dues):
        scheduler.add(f"{due}", BatchKey(f"{number}", (), ""), tokens=8, steps=steps, terms=Terms(deadline=due))
    scheduler.add("undated", KEYS[0], tokens=8, steps=steps)
    assert ends(scheduler, dict.fromkeys([*map(str, dues), "undated"], steps)) == [
        *map(str, sorted(dues)),
        "undated",
    ]


def test_a_deadline_that_can_not_be_met_drags_no_other_along() -> None:
    scheduler = Scheduler(steady(), Room())
    late = Terms(deadline=3 * PASS_S)
    scheduler.add("hopeless", KEYS[0], tokens=8, steps=9, terms=late)
    scheduler.add("tight", KEYS[1], tokens=8, steps=4, terms=Terms(deadline=4 * PASS_S + 0.01))
    order = turns(scheduler, {"hopeless": 9, "tight": 4})
    assert order[:4] == ["tight"] * 4


@given(
    lengths=st.lists(st.sampled_from([0.1, 0.4, 1.0]), min_size=2, max_size=5),
    greed=st.integers(1, 3),
    heavy=st.sampled_from([1.0, 2.0, 3.0]),
)
@settings(deadline=None, max_examples=50)
def test_projects_that_wait_are_served_alike_within_one_step_however_many_jobs_they_send(
    lengths: list[float], greed: int, heavy: float
) -> None:
    projects = [f"p{number}" for number in range(len(lengths))]
    weights = {"p0": heavy}
    scheduler = Scheduler(CostModel(), Room(max_active=8), weights=weights)
    took, served = dict(zip(projects, lengths, strict=True)), dict.fromkeys(projects, 0.0)
    for project in projects:
        for number in range(greed if project == "p1" else 1):
            name = f"{project}/{number}"
            terms = Terms(project=project, alone=True)
            scheduler.add(name, KEYS[0], tokens=8, steps=1000, terms=terms)
    for _ in range(200):
        batch = scheduler.next_batch()
        assert batch is not None
        (job,) = batch.jobs
        project = job.split("/")[0]
        served[project] += took[project] / weights.get(project, 1.0)
        scheduler.advance(batch, {job: batch.key}, took[project])
        assert max(served.values()) - min(served.values()) <= max(lengths) + 1e-9


def test_who_comes_back_from_idleness_has_no_arrears_to_claim_and_no_debt_to_shed() -> None:
    scheduler = Scheduler(CostModel(), Room())
    scheduler.add("busy", KEYS[0], tokens=8, steps=1000, terms=Terms(project="busy"))
    for _ in range(100):
        step(scheduler)
    scheduler.add("back", KEYS[1], tokens=8, steps=1000, terms=Terms(project="back"))
    assert sorted(step(scheduler) for _ in range(20)) == ["back"] * 10 + ["busy"] * 10
    for _ in range(20):  # one short job after the other, as if each were the project's first
        scheduler.add("fresh", KEYS[2], tokens=8, steps=1, terms=Terms(project="fresh"))
        assert sorted(step(scheduler) for _ in range(3)) == ["back", "busy", "fresh"]


def test_who_leaves_ahead_of_the_others_comes_back_ahead_of_them() -> None:
    scheduler = Scheduler(CostModel(), Room())
    scheduler.add("steady", KEYS[0], tokens=8, steps=1000, terms=Terms(project="steady"))
    order = []
    for _ in range(3):
        scheduler.add("heavy", KEYS[1], tokens=8, steps=1, terms=Terms(project="heavy"))
        while (batch := scheduler.next_batch()) and batch.jobs != ("heavy",):
            order.append(step(scheduler))
        assert batch is not None
        scheduler.advance(batch, {}, 10 * PASS_S)
        order.append("heavy")
    first, second, third = (turn for turn, job in enumerate(order) if job == "heavy")
    assert second - first >= 10
    assert third - second >= 10


@given(patience=st.integers(1, 6), others=st.integers(1, 5), priority=st.integers(0, 2), dated=st.booleans())
@settings(deadline=None, max_examples=60)
def test_nobody_starves_behind_newcomers_of_higher_priority_or_with_deadlines(
    patience: int, others: int, priority: int, dated: bool
) -> None:
    scheduler = Scheduler(steady(), Room(patience=patience, max_active=3))
    scheduler.add("meek", KEYS[0], tokens=8, steps=3, terms=Terms(project="meek"))
    bound = patience * (others + 1 + priority) + others + 2
    now, turns_of_meek, gap, number = 0.0, 0, 0, 0
    rest = {}
    while turns_of_meek < 3:
        while len(scheduler) <= others:
            due = now + 2.5 * PASS_S if dated else None
            terms = Terms(project=f"p{number}", priority=priority, deadline=due, alone=True)
            scheduler.add(f"n{number}", KEYS[1], tokens=8, steps=2, terms=terms)
            rest[f"n{number}"] = 2
            number += 1
        batch = scheduler.next_batch(now)
        assert batch is not None
        now, gap = now + PASS_S, gap + 1
        assert gap <= bound
        if batch.jobs == ("meek",):
            turns_of_meek, gap = turns_of_meek + 1, 0
        for job in batch.jobs:
            rest[job] = rest.get(job, 3) - 1
        scheduler.advance(batch, {job: batch.key for job in batch.jobs if rest[job]}, PASS_S)


@pytest.mark.parametrize("priority", [0, 10])
@given(running=st.integers(0, 30), project=st.sampled_from(["same", "another"]))
@settings(deadline=None, max_examples=30)
def test_a_preview_behind_a_long_clip_begins_within_two_of_its_steps(priority: int, running: int, project: str) -> None:
    scheduler = Scheduler(steady(), Room())
    scheduler.add("long", KEYS[2], tokens=80, steps=1000, terms=Terms(project="same"))
    for _ in range(running):
        step(scheduler)
    batch = scheduler.next_batch()
    assert batch is not None
    scheduler.add("preview", KEYS[0], tokens=8, steps=4, terms=Terms(project=project, priority=priority))
    scheduler.advance(batch, {"long": KEYS[2]}, PASS_S)  # the step during which it came
    assert "preview" in [step(scheduler), step(scheduler)]


def test_sharing_a_pass_does_not_make_its_leader_miss_its_deadline() -> None:
    cost = CostModel()
    for tokens in (8, 16, 32, 64) * 20:
        cost.observe(tokens, 0.5 + tokens / 32)  # alone 0.75 s, together 1 s
    for due, together in ((2 * 1.01, 2), (2 * 0.99, 1)):
        scheduler = Scheduler(cost, Room())
        scheduler.add("dated", KEYS[0], tokens=8, steps=2, terms=Terms(deadline=due))
        scheduler.add("other", KEYS[0], tokens=8, steps=2)
        batch = scheduler.next_batch(0.0)
        assert batch is not None
        assert len(batch.jobs) == together


def test_seats_go_in_order_and_no_memory_is_left_idle() -> None:
    ranked = [waiting(number, bytes=size) for number, size in enumerate((5, 4, 9, 1, 1))]
    assert [job.id for job in seats(ranked, Room(memory=10, max_active=3))] == ["j0", "j1", "j3"]
    assert [job.id for job in seats(ranked, Room(max_active=2))] == ["j0", "j1"]


def step(scheduler: Scheduler) -> str:
    """Takes the next step of the one whose turn it is; jobs go on, but for those named `fresh`."""
    batch = scheduler.next_batch()
    assert batch is not None
    (job,) = batch.jobs
    scheduler.advance(batch, {job: batch.key} if job != "fresh" else {}, PASS_S)
    return job


def turns(scheduler: Scheduler, left: dict[str, int]) -> list[str]:
    """Who takes each turn until all are done, where no pass is shared."""
    order, now = [], 0.0
    while batch := scheduler.next_batch(now):
        (job,) = batch.jobs
        left[job] -= 1
        now += PASS_S
        scheduler.advance(batch, {job: batch.key} if left[job] else {}, PASS_S)
        order.append(job)
    return order


def ends(scheduler: Scheduler, left: dict[str, int]) -> list[str]:
    """In which order they end."""
    order = turns(scheduler, left)
    return sorted(set(order), key=lambda job: len(order) - order[::-1].index(job))
