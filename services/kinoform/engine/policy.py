"""Who takes the next step: functions from plain data to an order, without state of their own.

A policy says two things. `rank` orders all jobs by who shall be active; those who fit, in that order, get a seat.
`share` says which of the seated take the next step, together in one forward pass.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from math import inf
from typing import NamedTuple

from kinoform.engine.waiting import Room, Scene, Waiting


class Policy(NamedTuple):
    """How turns are dealt out."""

    rank: Callable[[Scene], list[Waiting]]
    """All jobs, whoever shall be active first first."""
    share: Callable[[Scene, Sequence[Waiting]], list[Waiting]]
    """Of the seated, of whom there is at least one: those who take the next step. The first of them leads."""


def seats(ranked: Sequence[Waiting], room: Room) -> list[Waiting]:
    """Those who are active: in order, as many as there are places for, and as the memory holds.

    Behind one who does not fit beside those before it smaller ones may: memory is not left idle, and whoever does not
    fit now comes first once it has been passed over for long.
    """
    taken: list[Waiting] = []
    left = inf if room.memory is None else room.memory
    for job in ranked:
        if len(taken) < room.max_active and job.bytes <= left:
            taken.append(job)
            left -= job.bytes
    return taken


def on_time(jobs: Sequence[Waiting], now: float) -> set[str]:
    """Of the jobs with a deadline: a largest set that can meet theirs, served earliest deadline first.

    By J. M. Moore (1968): in order of the deadlines, and whenever one would be missed, the longest so far is given up.
    So a job that can't be in time any more, or only at the cost of several others, does not drag them along.
    """
    kept: list[tuple[float, str]] = []
    ends = now
    for deadline, job in sorted(((job.terms.deadline or 0.0, job) for job in _dated(jobs)), key=lambda pair: pair[0]):
        heappush(kept, (-job.work_s, job.id))
        ends += job.work_s
        if ends > deadline:
            given_up, _ = heappop(kept)
            ends += given_up
    return {job for _, job in kept}


def rank_steps(scene: Scene) -> list[Waiting]:
    """By urgency, then project by project in rounds, so that none holds all seats.

    Of a project's own jobs the one with the least left goes first. That shortens waiting most, and moves no seat back
    and forth, for what is left of a job that runs only shrinks.
    """
    urgency = _urgencies(scene)
    rounds: dict[str, int] = {}
    held: defaultdict[str, int] = defaultdict(int)
    for job in sorted(scene.jobs, key=lambda job: (urgency[job.id], job.work_s, job.arrival)):
        rounds[job.id] = held[job.terms.project]
        held[job.terms.project] += 1

    def order(job: Waiting) -> tuple[object, ...]:
        # what a project was served must not count among the started, else their seats would change with every step
        served = 0.0 if job.started else scene.served[job.terms.project]
        return urgency[job.id], rounds[job.id], not job.started, served, job.arrival

    return sorted(scene.jobs, key=order)


def share_steps(scene: Scene, seated: Sequence[Waiting]) -> list[Waiting]:
    """The most urgent, of the project that was served least, who has waited longest; and whoever can share its pass.

    Jobs share when the cost model says that it pays, and when the leader's deadline bears the longer pass.
    """
    urgency = _urgencies(scene)

    def order(job: Waiting) -> tuple[object, ...]:
        return urgency[job.id], scene.served[job.terms.project], job.last_turn, job.started, job.arrival

    lead, *others = sorted(seated, key=order)
    # a lower priority must not slow a higher one down
    mates = [job for job in others if may_share(job, lead, scene) and urgency[job.id].level >= lead.terms.priority]
    together = [lead, *mates][: scene.room.max_batch]
    size = scene.cost.batch_size(lead.tokens, len(together))
    pass_s = scene.cost.seconds(lead.tokens * size)
    dated = urgency[lead.id].deadline
    return together[: size if dated == inf or scene.now + lead.steps_left * pass_s <= dated else 1]


STEPS = Policy(rank_steps, share_steps)
"""Ours. Priority first; within a priority the earliest deadline of those that can be met; then the project that was
served least; then who has waited longest. Nobody starves: see `_urgencies`."""


def rank_fifo(scene: Scene) -> list[Waiting]:
    """As they came."""
    return sorted(scene.jobs, key=lambda job: job.arrival)


def share_fifo(scene: Scene, seated: Sequence[Waiting]) -> list[Waiting]:
    """One job from its first step to its last, then the next that came."""
    return [min(seated, key=lambda job: (not job.started, job.arrival))]


FIFO = Policy(rank_fifo, share_fifo)
"""A script behind a queue."""


def share_requests(scene: Scene, seated: Sequence[Waiting]) -> list[Waiting]:
    """Whoever began together goes on together; when all have ended, the oldest begins with its equals."""
    running = [job for job in seated if job.started]
    if running:
        return running[:1] + [job for job in running[1:] if job.key == running[0].key]
    lead, *others = sorted(seated, key=lambda job: job.arrival)
    return [lead, *(job for job in others if may_share(job, lead, scene))][: scene.room.max_batch]


REQUEST_BATCHING = Policy(rank_fifo, share_requests)
"""What most model servers do: a batch of equal requests, from its first step to its last."""


def may_share(job: Waiting, lead: Waiting, scene: Scene) -> bool:
    """Whether the next steps of both may be taken in one forward pass."""
    alone = job.terms.alone or lead.terms.alone
    return job.key == lead.key and not alone and lead.key not in scene.apart


class _Urgency(NamedTuple):
    """Compares as a whole: the smaller, the more urgent."""

    below: int
    """Priorities below the highest here."""
    patient: bool
    """Not passed over for too long."""
    deadline: float
    """In seconds, of a job that can meet it; infinite for the others."""
    level: int


def _urgencies(scene: Scene) -> dict[str, _Urgency]:
    """What counts before fair shares.

    Whoever was passed over `patience` turns counts as one priority higher, up to the highest that there is. Having got
    so far, it goes before deadlines and other projects once it was passed over `patience` turns for each job here: so
    at most one turn in `patience` is taken that way, and nobody waits for ever.
    """
    patience, waited = scene.room.patience, {job.id: scene.turn - job.last_turn for job in scene.jobs}
    highest = max((job.terms.priority for job in scene.jobs), default=0)
    levels = {job.id: min(highest, job.terms.priority + waited[job.id] // patience) for job in scene.jobs}
    by_level: defaultdict[int, list[Waiting]] = defaultdict(list)
    for job in _dated(scene.jobs):
        by_level[levels[job.id]].append(job)
    favoured = set().union(*(on_time(jobs, scene.now) for jobs in by_level.values()))
    found = {}
    for job in scene.jobs:
        level = levels[job.id]
        overdue = level == highest and waited[job.id] >= patience * len(scene.jobs)
        deadline = job.terms.deadline if job.terms.deadline is not None and job.id in favoured else inf
        found[job.id] = _Urgency(highest - level, not overdue, deadline, level)
    return found


def _dated(jobs: Sequence[Waiting]) -> list[Waiting]:
    return [job for job in jobs if job.terms.deadline is not None]
