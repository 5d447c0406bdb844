"""Who takes the next step: the small machine that remembers what a policy decides from. No tensor, no clock."""

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from kinoform.engine.cost import CostModel
from kinoform.engine.family import BatchKey
from kinoform.engine.policy import STEPS, Policy, seats
from kinoform.engine.waiting import Room, Scene, Terms, Waiting


class Batch(NamedTuple):
    """Jobs whose next steps share a forward pass."""

    key: BatchKey
    jobs: tuple[str, ...]


class Seating(NamedTuple):
    """Who takes turns, and who waits for a seat."""

    seated: tuple[str, ...]
    standing: tuple[str, ...]
    """Whoever gets the next seat first."""


class Scheduler:
    """Deals out turns of one step each, as its policy says; see `kinoform.engine.policy`.

    A project's virtual time is what its steps took, over its weight. One that comes back from idleness begins at the
    time of those that are there: it has no arrears to claim.
    """

    def __init__(
        self, cost: CostModel, room: Room, *, policy: Policy = STEPS, weights: Mapping[str, float] | None = None
    ) -> None:
        """weights: of projects, more than 0, 1 for those not named: who has 2 is served twice as much."""
        self._cost = cost
        self._room = room
        self._policy = policy
        self._weights = {} if weights is None else weights
        self._jobs: dict[str, Waiting] = {}
        self._served: dict[str, float] = {}
        self._apart: set[BatchKey] = set()
        self._turn = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def add(
        self, job: str, key: BatchKey | None, *, tokens: int, steps: int, held: int = 0, terms: Terms | None = None
    ) -> None:
        """Takes a job in: `steps` of it are left, one takes a pass of `tokens` tokens, its state `held` bytes.

        A job without a key can be seated, and must have one (see `place`) before the next batch is asked for.
        """
        terms = Terms() if terms is None else terms
        self._welcome(terms.project)
        self._jobs[job] = Waiting(
            id=job,
            terms=terms,
            key=key,
            tokens=tokens,
            bytes=held,
            steps_left=steps,
            step_s=0.0,
            arrival=self._arrivals,
            last_turn=self._turn,
            started=False,
        )
        self._arrivals += 1

    def place(self, job: str, key: BatchKey, *, steps: int) -> None:
        """The job's state is in memory: its next step has this key, and so many are left."""
        self._jobs[job] = replace(self._jobs[job], key=key, steps_left=steps)

    def remove(self, job: str) -> None:
        """Forgets a job, if it is there: it gets no further turn."""
        self._jobs.pop(job, None)

    def set_priority(self, job: str, priority: int) -> None:
        """Higher first, from the next turn on. No effect on a job that is not there."""
        if job in self._jobs:
            known = self._jobs[job]
            self._jobs[job] = replace(known, terms=replace(known.terms, priority=priority))

    def keep_apart(self, key: BatchKey) -> None:
        """Never again batches jobs with this key: together they do not fit."""
        self._apart.add(key)

    def seating(self, now: float = 0.0) -> Seating:
        """Who takes turns now. `now`: in seconds of the clock that deadlines are told by."""
        ranked = self._policy.rank(self._scene(now))
        seated = {job.id: job for job in seats(ranked, self._room)}
        return Seating(tuple(seated), tuple(job.id for job in ranked if job.id not in seated))

    def positions(self, now: float = 0.0) -> dict[str, int]:
        """Of each job without a turn so far: how many must end before it gets one."""
        seated, standing = self.seating(now)
        places = dict.fromkeys(seated, 0) | {job: place for place, job in enumerate(standing, 1)}
        return {job: place for job, place in places.items() if not self._jobs[job].started}

    def next_batch(self, now: float = 0.0) -> Batch | None:
        """Whose turn it is; None without jobs. Asking again before `advance` gives the same answer at the same time."""
        scene = self._scene(now)
        seated = seats(self._policy.rank(scene), self._room)
        if not seated:
            return None
        together = self._policy.share(scene, seated)
        key = together[0].key
        if key is None:
            raise ValueError(f"job {together[0].id!r} has a seat and no key")
        return Batch(key, tuple(job.id for job in sorted(together, key=lambda job: job.arrival)))

    def advance(self, batch: Batch, going_on: Mapping[str, BatchKey], took_s: float) -> None:
        """The batch took its step in `took_s` seconds. `going_on`: those with steps left, and their keys.

        The others leave.
        """
        self._turn += 1
        self._charge([self._jobs[job] for job in batch.jobs], took_s)
        for job in batch.jobs:
            if job not in going_on:
                self.remove(job)
                continue
            known = self._jobs[job]
            left = known.steps_left - 1
            self._jobs[job] = replace(known, key=going_on[job], last_turn=self._turn, started=True, steps_left=left)

    def _charge(self, jobs: list[Waiting], took_s: float) -> None:
        tokens = sum(job.tokens for job in jobs)
        for job in jobs:
            share = took_s * job.tokens / tokens
            self._served[job.terms.project] += share / self._weights.get(job.terms.project, 1.0)

    def _welcome(self, project: str) -> None:
        here = {job.terms.project for job in self._jobs.values()}
        if project in here:
            return
        least = min((self._served[each] for each in here), default=0.0)
        # who has gone ahead keeps that until the others have caught up; what lies behind is forgotten
        ahead = {each: time for each, time in self._served.items() if each in here or (here and time > least)}
        self._served = {project: least} | ahead

    def _scene(self, now: float) -> Scene:
        return Scene(
            jobs=tuple(replace(job, step_s=self._cost.seconds(job.tokens)) for job in self._jobs.values()),
            turn=self._turn,
            now=now,
            served=self._served,
            room=self._room,
            apart=frozenset(self._apart),
            cost=self._cost,
        )
