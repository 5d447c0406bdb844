"""What the engine tells of a job. Every job ends in exactly one of `Denoised`, `Failed` and `Released`."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from kinoform.engine.family import Frames

State = TypeVar("State")


class Reason(Enum):
    """Why a job was let go before its end."""

    PAUSED = "paused"
    CANCELLED = "cancelled"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class Queued:
    """The job was taken, or moved up in the queue."""

    position: int
    """Jobs that must end before it gets its first turn; 0 if it is next."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step is done."""

    step: int
    """Steps done, 1 to `steps`."""
    steps: int
    eta_s: float
    """Seconds until the last step at the present pace, the turns of others included."""


@dataclass(frozen=True, slots=True)
class Previewed:
    """A look at the unfinished clip. Comes a little later than the step it was taken after."""

    step: int
    frames: Frames


@dataclass(frozen=True, slots=True)
class Checkpointed:
    """The state after `step`, as `EngineJob.checkpoint` takes it. Comes a little later than that step, in order."""

    step: int
    data: bytes
    kept: bool = False
    """Whether it was asked for by `EngineJob.keep_steps`."""


@dataclass(frozen=True, slots=True)
class Denoised(Generic[State]):
    """All steps are done; `Family.decode` takes the state. Last."""

    state: State


@dataclass(frozen=True, slots=True)
class Failed:
    """The job can't go on; the others do. Last."""

    error: Exception


@dataclass(frozen=True, slots=True)
class Released:
    """Let go before the end. Last."""

    data: bytes | None
    """The state to go on from; None after a cancel, and for a job that has not begun."""
    reason: Reason


Event = Queued | Stepped | Previewed | Checkpointed | Denoised[State] | Failed | Released
Listener = Callable[[Event[State]], None]
"""Called in the engine's thread, in order: it must return at once."""
