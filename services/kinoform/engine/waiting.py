"""What a scheduling policy looks at: plain data, no state of a model, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from kinoform.engine.cost import CostModel
from kinoform.engine.family import BatchKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a job came."""

    project: str = ""
    """With whom it shares: projects that wait are served alike."""
    priority: int = 0
    """Higher first."""
    deadline: float | None = None
    """When its last step should be done, in seconds of the engine's clock."""
    alone: bool = False
    """Never share a forward pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A job that waits for its next step."""

    id: str
    terms: Terms
    key: BatchKey | None
    """With whom it may share its next pass; None while its state is not in memory for the first time."""
    tokens: int
    """Of one of its forward passes."""
    bytes: int
    """That its state takes in memory."""
    steps_left: int
    step_s: float
    """Predicted time of a step of its own, in seconds; 0 while nothing was measured."""
    arrival: int
    """Jobs that came before it, ever."""
    last_turn: int
    """When it last had a turn, or came: in turns."""
    started: bool
    """Whether it has had a turn here."""

    @property
    def work_s(self) -> float:
        """Predicted time of the steps that are left, alone."""
        return self.steps_left * self.step_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What there is to share."""

    max_batch: int = 8
    """Jobs in a forward pass."""
    max_active: int = 8
    """Jobs that take turns."""
    memory: int | None = None
    """Bytes for the states of those who take turns; None for no bound."""
    patience: int = 64
    """Turns after which a job that was passed over counts for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that a policy may know before a turn."""

    jobs: tuple[Waiting, ...]
    turn: int
    now: float
    """Seconds of the clock that deadlines are told by."""
    served: Mapping[str, float]
    """Of each project with a job here: its virtual time, in seconds of passes over its weight."""
    room: Room
    apart: frozenset[BatchKey]
    """Keys that must not share a pass."""
    cost: CostModel
    """Read, never fed."""
