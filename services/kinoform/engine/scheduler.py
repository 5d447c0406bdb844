"""Who takes the next step: plain Python, no tensor, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kinoform.engine.cost import CostModel
from kinoform.engine.family import BatchKey


class Batch(NamedTuple):
    """Jobs whose next steps share a forward pass."""

    key: BatchKey
    jobs: tuple[str, ...]


@dataclass(slots=True)
class _Entry:
    id: str
    key: BatchKey
    tokens: int
    priority: int
    alone: bool
    arrival: int
    last_turn: int
    started: bool = False


class Scheduler:
    """Deals out turns of one step each.

    The `max_active` jobs that rank highest (priority, then who has started, then arrival) take turns, the one that has
    waited longest first; jobs with its key share its pass when the cost model says that it pays. A job that has been
    passed over `patience` turns counts as one priority higher until it has had a turn, never higher than the highest
    there is: a lower priority is slow, not stuck.
    """

    def __init__(self, cost: CostModel, *, max_batch: int = 8, max_active: int = 8, patience: int = 64) -> None:
        self._cost = cost
        self._max_batch = max_batch
        self._max_active = max_active
        self._patience = patience
        self._entries: dict[str, _Entry] = {}
        self._apart: set[BatchKey] = set()
        self._turn = 0
        self._arrivals = 0

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, job: str, key: BatchKey, *, tokens: int, priority: int = 0, alone: bool = False) -> None:
        """Takes a job in. `tokens`: of one of its forward passes. `alone`: never share one."""
        self._entries[job] = _Entry(job, key, tokens, priority, alone, self._arrivals, self._turn)
        self._arrivals += 1

    def remove(self, job: str) -> None:
        """Forgets a job, if it is there: it gets no further turn."""
        self._entries.pop(job, None)

    def set_priority(self, job: str, priority: int) -> None:
        """Higher first, from the next turn on. No effect on a job that is not there."""
        if job in self._entries:
            self._entries[job].priority = priority

    def keep_apart(self, key: BatchKey) -> None:
        """Never again batches jobs with this key: together they do not fit."""
        self._apart.add(key)

    def positions(self) -> dict[str, int]:
        """Of each job without a turn so far: how many must end before it gets one."""
        ranked = enumerate(self._ranked(self._levels()))
        return {entry.id: max(0, rank - self._max_active + 1) for rank, entry in ranked if not entry.started}

    def next_batch(self) -> Batch | None:
        """Whose turn it is; None without jobs. Asking again before `advance` gives the same answer."""
        levels = self._levels()
        active = self._ranked(levels)[: self._max_active]
        active.sort(key=lambda entry: (-levels[entry.id], entry.last_turn, entry.arrival))
        if not active:
            return None
        lead = active[0]
        # a lower priority must not slow a higher one down
        mates = [entry for entry in active[1:] if self._may_share(entry, lead) and levels[entry.id] >= lead.priority]
        together = [lead, *mates][: self._max_batch]
        size = self._cost.batch_size(lead.tokens, len(together))
        return Batch(lead.key, tuple(entry.id for entry in together[:size]))

    def advance(self, batch: Batch, going_on: Mapping[str, BatchKey]) -> None:
        """The batch took its step. `going_on`: those with steps left, and their keys; the others leave."""
        self._turn += 1
        for job in batch.jobs:
            if job not in going_on:
                self.remove(job)
                continue
            entry = self._entries[job]
            entry.key, entry.last_turn, entry.started = going_on[job], self._turn, True

    def _may_share(self, entry: _Entry, lead: _Entry) -> bool:
        return entry.key == lead.key and lead.key not in self._apart and not (entry.alone or lead.alone)

    def _ranked(self, levels: Mapping[str, int]) -> list[_Entry]:
        return sorted(self._entries.values(), key=lambda entry: (-levels[entry.id], not entry.started, entry.arrival))

    def _levels(self) -> dict[str, int]:
        highest = max((entry.priority for entry in self._entries.values()), default=0)
        waited = {entry.id: (self._turn - entry.last_turn) // self._patience for entry in self._entries.values()}
        return {entry.id: min(highest, entry.priority + waited[entry.id]) for entry in self._entries.values()}
