"""A job as the engine takes it, and how far it has come."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from kinoform.engine.waiting import Terms

Request = TypeVar("Request")
Conditioning = TypeVar("Conditioning")

PACE_WEIGHT = 0.3
"""Of the newest interval between two steps in the pace that the ETA is told from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineJob(Generic[Request, Conditioning]):
    """What `Engine.submit` takes: either `conditioning`, to begin, or `checkpoint`, to go on.

    With `origin` beside the conditioning it begins with that state instead of noise: a fork.
    """

    id: str
    request: Request
    conditioning: Conditioning | None = None
    checkpoint: bytes | None = None
    origin: bytes | None = None
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
    checkpoint_share: float = 1.0
    """Of the steps' time that saving may take, at the most: the dearer a state, the rarer its checkpoints."""
    keep_steps: frozenset[int] = frozenset()
    """Steps whose checkpoint comes whatever it costs."""
    pause_at: int | None = None
    """Steps done after which the job is let go as PAUSED."""

    def __post_init__(self) -> None:
        if (self.conditioning is None) == (self.checkpoint is None):
            raise ValueError(f"job {self.id!r} needs either conditioning or a checkpoint")
        if self.origin is not None and self.conditioning is None:
            raise ValueError(f"job {self.id!r} needs conditioning beside its origin")
        if not 0 < self.checkpoint_share <= 1:
            raise ValueError(f"job {self.id!r}: checkpoint_share must be in (0, 1], got {self.checkpoint_share}")

    def pauses_after(self, step: int) -> bool:
        """Whether a job with this many steps done is to be let go."""
        return self.pause_at is not None and step >= self.pause_at

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
        self.saves_pending = 0
        """Checkpoints being made."""
        self._last_step: float | None = None
        self._pace = 0.0
        self._last_checkpoint = now
        self._save_s = 0.0
        """What the last checkpoint took."""

    def stepped(self, step: int, now: float, took: float) -> float:
        """Notes a step that took `took` seconds itself. Returns the time until the last one, in seconds."""
        interval = took if self._last_step is None else now - self._last_step
        self._pace = interval if self._last_step is None else self._pace + PACE_WEIGHT * (interval - self._pace)
        self._last_step = now
        return self._pace * (self.steps - step)

    def wants_preview(self, step: int, every: int) -> bool:
        """Not after the last step, whose result follows at once, nor while one is being made."""
        return every > 0 and step % every == 0 and step < self.steps and not self.preview_pending

    def wants_checkpoint(self, job: EngineJob[Any, Any], step: int, now: float) -> bool:
        """Notes the checkpoint if it is due."""
        due = step in job.keep_steps or self._may_save(job, step, now)
        if due:
            self._last_checkpoint = now
            self.saves_pending += 1
        return due

    def saved(self, took: float) -> None:
        """A checkpoint is made, in `took` seconds."""
        self.saves_pending -= 1
        self._save_s = took

    def _may_save(self, job: EngineJob[Any, Any], step: int, now: float) -> bool:
        if job.checkpoint_every == 0 or step == self.steps:
            return job.checkpoint_every > 0
        gap_s = max(job.checkpoint_gap_s, self._save_s / job.checkpoint_share)
        return step % job.checkpoint_every == 0 and not self.saves_pending and now - self._last_checkpoint >= gap_s
