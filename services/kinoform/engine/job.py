"""A job as the engine takes it, and how far it has come."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from kinoform.engine.waiting import Terms

Request = TypeVar("Request")
Conditioning = TypeVar("Conditioning")

PACE_WEIGHT = 0.3
"""Of the newest interval between two steps in the pace that the ETA is told from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineJob(Generic[Request, Conditioning]):
    """What `Engine.submit` takes: either `conditioning`, to begin, or `checkpoint`, to go on."""

    id: str
    request: Request
    conditioning: Conditioning | None = None
    checkpoint: bytes | None = None
    project: str = ""
    """Who shares with whom: projects that wait are served alike."""
    priority: int = 0
    """Higher first."""
    deadline: float | None = None
    """When the last step should be done, in seconds of the engine's clock. Past it the job goes on, not favoured."""
    reproducible: bool = False
    """Never share a forward pass."""
    preview_every: int = 0
    """In steps; 0 for none."""
    checkpoint_every: int = 0
    """In steps; 0 for none, otherwise the state after the last step comes too."""
    checkpoint_gap_s: float = 0.0
    """Skips checkpoints that would follow the one before sooner than this; the last is never skipped."""

    def __post_init__(self) -> None:
        if (self.conditioning is None) == (self.checkpoint is None):
            raise ValueError(f"job {self.id!r} needs either conditioning or a checkpoint")

    @property
    def terms(self) -> Terms:
        """What the scheduler is to know of it."""
        return Terms(project=self.project, priority=self.priority, deadline=self.deadline, alone=self.reproducible)


class Progress:
    """A job's way through its steps. Times are monotonic seconds."""

    def __init__(self, steps: int, now: float) -> None:
        self.steps = steps
        self.position: int | None = None
        """In the queue, as last told."""
        self.preview_pending = False
        self._last_step: float | None = None
        self._pace = 0.0
        self._last_checkpoint = now

    def stepped(self, step: int, now: float, took: float) -> float:
        """Notes a step that took `took` seconds itself. Returns the time until the last one, in seconds."""
        interval = took if self._last_step is None else now - self._last_step
        self._pace = interval if self._last_step is None else self._pace + PACE_WEIGHT * (interval - self._pace)
        self._last_step = now
        return self._pace * (self.steps - step)

    def wants_preview(self, step: int, every: int) -> bool:
        """Not after the last step, whose result follows at once, nor while one is being made."""
        return every > 0 and step % every == 0 and step < self.steps and not self.preview_pending

    def wants_checkpoint(self, step: int, every: int, gap_s: float, now: float) -> bool:
        """Notes the checkpoint if it is due."""
        due = every > 0 and (step == self.steps or (step % every == 0 and now - self._last_checkpoint >= gap_s))
        if due:
            self._last_checkpoint = now
        return due
