"""The one place where jobs meet tensors. It keeps no queue: others say whose turn it is."""

import logging
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import torch

from kinoform.engine.family import BatchKey, Family, Frames

Request = TypeVar("Request")
Conditioning = TypeVar("Conditioning")
State = TypeVar("State")

_log = logging.getLogger(__name__)


class StepReport(NamedTuple):
    """How a step went."""

    failures: dict[str, Exception]
    """Jobs that can't go on, and why. The others are one step further."""
    fell_apart: bool
    """The jobs could not share a pass and were run one by one."""


class Runner(Generic[Request, Conditioning, State]):
    """Holds the states of the jobs at hand and moves them. Used from one thread, `preview` and `save` excepted."""

    def __init__(self, family: Family[Request, Conditioning, State, object]) -> None:
        self._family = family
        self._states: dict[str, State] = {}

    def admit(self, job: str, request: Request, conditioning: Conditioning, origin: bytes | None = None) -> None:
        """Begins a job, with noise or with another's state. Raises BadCheckpoint, and what the family raises."""
        if origin is None:
            self._states[job] = self._family.begin(request, conditioning)
        else:
            self._states[job] = self._family.fork(self._family.load(origin), request, conditioning)

    def restore(self, job: str, data: bytes) -> None:
        """Takes a job up where `checkpoint` left it. Raises BadCheckpoint."""
        self._states[job] = self._family.load(data)

    def step(self, jobs: Sequence[str]) -> StepReport:
        """One step of each. If the shared pass fails, each runs alone, so that only those who fail alone fail."""
        error = self._try(jobs)
        if error is None:
            return StepReport({}, fell_apart=False)
        if len(jobs) == 1:
            return StepReport({jobs[0]: error}, fell_apart=False)
        _log.warning("%d jobs failed in one pass, running them one by one: %s", len(jobs), error)
        failures = {job: error for job in jobs if (error := self._try([job])) is not None}
        return StepReport(failures, fell_apart=True)

    def time(self, state: State, clock: Callable[[], float]) -> float:
        """How long a step of a state takes that belongs to no job, in seconds. Raises what the family raises."""
        _settle()
        begun = clock()
        self._family.denoise([state])
        _settle()
        return clock() - begun

    def steps_done(self, job: str) -> int:
        """Steps that the job has behind it."""
        return self._family.steps_done(self._states[job])

    def key(self, job: str) -> BatchKey:
        """With whom the job's next step may share a pass."""
        return self._family.key(self._states[job])

    def checkpoint(self, job: str) -> bytes:
        """The job's state, as `restore` takes it."""
        return self.save(self._states[job])

    def save(self, state: State) -> bytes:
        """A state, as `restore` takes it; in any thread."""
        with torch.inference_mode():
            return self._family.save(state)

    def state(self, job: str) -> State:
        """The job's state: immutable, so that it may be looked at while the job goes on."""
        return self._states[job]

    def take(self, job: str) -> State:
        """Hands the state out and forgets the job."""
        return self._states.pop(job)

    def drop(self, job: str) -> None:
        """Forgets the job, if it is there."""
        self._states.pop(job, None)

    def preview(self, state: State) -> Frames:
        """A cheap look at a state; in any thread."""
        with torch.inference_mode():
            return self._family.preview(state)

    def _try(self, jobs: Sequence[str]) -> Exception | None:
        try:
            moved = self._family.denoise([self._states[job] for job in jobs])
            _settle()
        except Exception as error:  # noqa: BLE001  whatever a model raises ends these jobs only
            _log.info("a step of %s failed", ", ".join(jobs), exc_info=True)
            return error
        self._states.update(zip(jobs, moved, strict=True))
        return None


def _settle() -> None:
    """Waits for the device, so that a step is told when it is done and timed by what it took."""
    if torch.accelerator.is_available():
        torch.accelerator.synchronize()
