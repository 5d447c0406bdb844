"""Policies of the step scheduler on one trace, in simulated time; and the real engine on a small one.

The simulator runs the engine's own scheduler, policies and cost model; only the passes are made up: a machine whose
times scatter around a line, which the cost model has to find.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from random import Random
from statistics import mean

from kinoform.engine.cost import CostModel
from kinoform.engine.engine import Engine
from kinoform.engine.events import Denoised, Event, Failed, Stepped
from kinoform.engine.job import EngineJob
from kinoform.engine.policy import FIFO, REQUEST_BATCHING, STEPS, Policy
from kinoform.engine.scheduler import Scheduler
from kinoform.engine.waiting import Room
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.state import ClipState, Conditioning
from tests.benchmarks.table import Figure, percentile
from tests.benchmarks.trace import FIXED_S, KINDS, MEMORY, PROJECTS, TOKEN_S, Arrival, arrivals

SEED = 6
SCATTER = 0.05
LONG_STEPS, SHORT_STEPS, PREVIEWS = 40, 4, 8


@dataclass(slots=True)
class Outcome:
    """What became of a trace."""

    jobs: list[Arrival]
    first_s: dict[str, float] = field(default_factory=dict)
    """When its first step began."""
    end_s: dict[str, float] = field(default_factory=dict)
    busy_s: float = 0.0
    tokens: int = 0
    turns: int = 0

    def wait_s(self, kind: str, share: float) -> float:
        """Percentile of the time from submission to the first step."""
        return percentile([self.first_s[job.id] - job.at for job in self.jobs if job.kind.name == kind], share)

    def goodput(self) -> float:
        """Share of the jobs with a deadline that met it."""
        dated = [job for job in self.jobs if job.terms.deadline is not None]
        return mean(self.end_s[job.id] <= (job.terms.deadline or 0.0) for job in dated)

    def slowdown(self, project: str) -> float:
        """Mean of the time from submission to the last step over that on an idle machine."""
        return mean(
            (self.end_s[job.id] - job.at) / job.kind.alone_s for job in self.jobs if job.terms.project == project
        )

    def jain(self) -> float:
        """Jain's index of the projects' mean slowdowns: 1 where all wait alike, 1 / projects where one waits alone."""
        values = [self.slowdown(project) for project in PROJECTS]
        return sum(values) ** 2 / (len(values) * sum(value**2 for value in values))


def replay(jobs: list[Arrival], policy: Policy) -> Outcome:
    """Plays the trace to its end."""
    cost, rng, now = CostModel(), Random(SEED), 0.0
    scheduler, outcome = Scheduler(cost, Room(memory=MEMORY), policy=policy), Outcome(jobs)
    known, left = {job.id: job for job in jobs}, {job.id: job.kind.steps for job in jobs}
    coming = iter(jobs)
    following = next(coming, None)
    while following is not None or len(scheduler):
        if not len(scheduler) and following is not None:
            now = max(now, following.at)
        while following is not None and following.at <= now:
            kind = following.kind
            scheduler.add(
                following.id,
                kind.key,
                tokens=kind.tokens,
                steps=kind.steps,
                held=kind.bytes,
                terms=following.terms,
            )
            following = next(coming, None)
        batch = scheduler.next_batch(now)
        assert batch is not None
        tokens = sum(known[job].kind.tokens for job in batch.jobs)
        took = (FIXED_S + TOKEN_S * tokens) * rng.uniform(1 - SCATTER, 1 + SCATTER)
        cost.observe(tokens, took)
        for job in batch.jobs:
            outcome.first_s.setdefault(job, now)
            left[job] -= 1
            outcome.end_s[job] = now + took
        scheduler.advance(batch, {job: known[job].kind.key for job in batch.jobs if left[job]}, took)
        now += took
        outcome.busy_s, outcome.tokens, outcome.turns = (
            outcome.busy_s + took,
            outcome.tokens + tokens,
            outcome.turns + 1,
        )
    return outcome


def figures() -> Iterator[Figure]:
    """Ours in the column, the others in the note; then the real engine."""
    yield from simulated()
    yield from real()


def simulated() -> Iterator[Figure]:
    """The trace under each policy, and under ours without priorities."""
    jobs, plain = arrivals(SEED, prioritised=True), arrivals(SEED, prioritised=False)
    ours = replay(jobs, STEPS)
    others = {
        "FIFO": replay(jobs, FIFO),
        "request batching": replay(jobs, REQUEST_BATCHING),
        "ours, no priorities": replay(plain, STEPS),
    }
    for kind in KINDS:
        for share in (0.5, 0.99):
            name = f"{kind.name}: wait to first step, p{100 * share:.0f}"
            yield _row(name, "s", [each.wait_s(kind.name, share) for each in (ours, *others.values())], others)
    columns = (ours, *others.values())
    yield _row("done before their deadline", "share", [each.goodput() for each in columns], others)
    yield _row("Jain's index of projects' slowdowns", "index", [each.jain() for each in columns], others)
    worst = [max(each.slowdown(project) for project in PROJECTS) for each in columns]
    yield _row("slowdown of the project that waits most", "times", worst, others)
    modest = [max(each.slowdown(project) for project in PROJECTS if project != "greedy") for each in columns]
    yield _row("the same, the greedy one left out", "times", modest, others)
    yield _row("throughput of the busy machine", "tokens/s", [each.tokens / each.busy_s for each in columns], others)


def _row(name: str, unit: str, values: list[float], others: Iterable[str]) -> Figure:
    note = ", ".join(f"{other} {value:.3g}" for other, value in zip(others, values[1:], strict=True))
    return Figure(name=name, value=values[0], unit=unit, note=note)


def real() -> Iterator[Figure]:
    """Previews behind a long clip on the embedded model."""
    family = KinoMini.installed()
    for priority in (0, 10):
        steps = [steps_before(family, STEPS, priority, at) for at in range(1, 2 * PREVIEWS, 2)]
        fifo = steps_before(family, FIFO, priority, 1)
        yield Figure(
            name=f"long clip's steps before a preview's first, priority {priority}",
            value=max(steps),
            unit="steps",
            limit="<= 2",
            note=f"most of {PREVIEWS} previews, each behind a clip of {LONG_STEPS} steps; FIFO {fifo}",
        )


def steps_before(family: KinoMini, policy: Policy, priority: int, at: int) -> int:
    """Steps that a long clip takes from the submission of a preview, after its step `at`, to the preview's first."""
    long = ClipRequest(
        prompt="a penguin bounces", frames=16, width=64, height=64, steps=LONG_STEPS, guidance=3.0, seed=1
    )
    short = replace(long, frames=4, width=32, height=32, steps=SHORT_STEPS, seed=2)
    engine: Engine[ClipRequest, Conditioning, ClipState] = Engine(family, policy=policy)
    reached, ended, done, seen = threading.Event(), threading.Semaphore(0), [0], [0]

    def clip(event: Event[ClipState]) -> None:
        if isinstance(event, Stepped):
            done[0] = event.step
            if event.step == at:
                reached.set()
        if isinstance(event, Denoised | Failed):
            ended.release()

    def preview(event: Event[ClipState]) -> None:
        if isinstance(event, Stepped) and event.step == 1:
            seen[0] = done[0]
        if isinstance(event, Denoised | Failed):
            ended.release()

    told = family.encode(short)
    engine.submit(EngineJob(id="long", request=long, conditioning=family.encode(long)), clip)
    engine.start()
    reached.wait()
    before = done[0]
    engine.submit(EngineJob(id="short", request=short, conditioning=told, priority=priority), preview)
    for _ in range(2):
        ended.acquire()
    engine.close()
    return seen[0] - before
