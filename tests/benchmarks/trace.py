"""A day at a studio in an hour: previews, meshes and full clips of four projects, from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from kinoform.engine.family import BatchKey
from kinoform.engine.waiting import Terms

HOUR_S = 3600.0
FIXED_S, TOKEN_S = 0.010, 5e-5
"""Of the machine: a pass takes FIXED_S + TOKEN_S * tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A class of jobs, all of one shape."""

    name: str
    tokens: int
    steps: int
    bytes: int
    priority: int
    every_s: float
    """Mean time between two arrivals."""
    burst: int
    """At most so many arrive together."""
    dated: float
    """Share that has a deadline."""

    @property
    def key(self) -> BatchKey:
        """Jobs of a kind may share a pass."""
        return BatchKey(self.name, (self.tokens,), "")

    @property
    def alone_s(self) -> float:
        """Time that such a job takes on an idle machine."""
        return self.steps * (FIXED_S + TOKEN_S * self.tokens)


KINDS = (
    Kind(name="preview", tokens=256, steps=8, bytes=4 << 20, priority=10, every_s=1.6, burst=12, dated=0.0),
    Kind(name="mesh", tokens=1024, steps=20, bytes=16 << 20, priority=0, every_s=6.0, burst=4, dated=0.4),
    Kind(name="clip", tokens=8192, steps=40, bytes=256 << 20, priority=0, every_s=32.0, burst=3, dated=0.4),
)
MEMORY = 1 << 30
PROJECTS = {"greedy": 0.6, "film": 0.2, "game": 0.1, "shop": 0.1}
"""And the share of the jobs that each sends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A job of the trace."""

    id: str
    kind: Kind
    at: float
    """In seconds."""
    terms: Terms


def arrivals(seed: int, *, prioritised: bool) -> list[Arrival]:
    """An hour of jobs in the order of their coming. prioritised: whether previews have their kind's priority."""
    rng = Random(seed)
    found = [arrival for kind in KINDS for arrival in _of(kind, rng, prioritised)]
    return sorted(found, key=lambda arrival: arrival.at)


def _of(kind: Kind, rng: Random, prioritised: bool) -> Iterator[Arrival]:
    """Poisson arrivals of bursts; a burst is one project's."""
    at, mean_burst, number = 0.0, (1 + kind.burst) / 2, 0
    while (at := at + rng.expovariate(1 / (kind.every_s * mean_burst))) < HOUR_S:
        project = rng.choices(list(PROJECTS), list(PROJECTS.values()))[0]
        for _ in range(rng.randint(1, kind.burst)):
            # some are tight, some are loose, and those of a burst can't all be met
            slack = rng.uniform(1.5, 12.0) if rng.random() < kind.dated else None
            deadline = None if slack is None else at + slack * kind.alone_s
            terms = Terms(project=project, priority=kind.priority if prioritised else 0, deadline=deadline)
            yield Arrival(id=f"{kind.name}{number}", kind=kind, at=at, terms=terms)
            number += 1
