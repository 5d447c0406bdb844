"""Which jobs' states are in memory. The others are parked: as bytes, or, untouched, as what they begin from."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from kinoform.engine.errors import TooLarge
from kinoform.engine.job import EngineJob
from kinoform.engine.runner import Runner

Request = TypeVar("Request")
Conditioning = TypeVar("Conditioning")
State = TypeVar("State")


@dataclass(slots=True)
class _Place(Generic[Request, Conditioning]):
    job: EngineJob[Request, Conditioning]
    size: int
    """Of its state in memory, in bytes."""
    data: bytes | None
    """The state to go on from; None for one that has not begun."""
    since: int | None = None
    """Steps it had behind it when its state was brought into memory; None while it is parked."""


class Parking(Generic[Request, Conditioning, State]):
    """Brings states in and puts them away again. Used from the runner's thread."""

    def __init__(self, runner: Runner[Request, Conditioning, State], budget: int | None) -> None:
        """budget: bytes for the states in memory; None for no bound."""
        self._runner = runner
        self._budget = budget
        self._places: dict[str, _Place[Request, Conditioning]] = {}

    def add(self, job: EngineJob[Request, Conditioning], size: int) -> None:
        """Takes a job in, parked. size: of its state in memory, in bytes. Raises TooLarge if that can never fit."""
        if self._budget is not None and size > self._budget:
            raise TooLarge(job.id, size, self._budget)
        self._places[job.id] = _Place(job, size, job.checkpoint)

    def holds(self, job: str) -> bool:
        """Whether the job's state is in memory."""
        return self._places[job].since is not None

    def fits(self, job: str) -> bool:
        """Whether the job's state fits beside those that are in memory."""
        taken = sum(place.size for place in self._places.values() if place.since is not None)
        return self._budget is None or taken + self._places[job].size <= self._budget

    def bring_in(self, job: str) -> None:
        """Begins the job, or takes it up where it was. Raises what the family raises, BadCheckpoint among it."""
        place = self._places[job]
        if place.data is not None:
            self._runner.restore(job, place.data)
        elif place.job.conditioning is not None:
            self._runner.admit(job, place.job.request, place.job.conditioning, place.job.origin)
        place.since = self._runner.steps_done(job)

    def put_away(self, job: str) -> None:
        """Takes the job's state out of memory. Raises what the family raises."""
        place = self._places[job]
        if self._runner.steps_done(job) != place.since:
            place.data = self._runner.checkpoint(job)
        self._runner.drop(job)
        place.since = None

    def checkpoint(self, job: str) -> bytes | None:
        """The job's state, in memory or not; None for one that has not begun and is not in memory."""
        return self._runner.checkpoint(job) if self.holds(job) else self._places[job].data

    def remove(self, job: str) -> None:
        """Forgets the job and its state, if it is there."""
        self._places.pop(job, None)
        self._runner.drop(job)
