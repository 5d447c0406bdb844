"""What the engine needs of a model, and nothing more."""

from collections.abc import Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

Request = TypeVar("Request", contravariant=True)
Conditioning = TypeVar("Conditioning")
State = TypeVar("State")
Result = TypeVar("Result", covariant=True)

Frames = npt.NDArray[np.uint8]
"""A clip: (l, h, w, 3), sRGB, 0 to 255."""


class BatchKey(NamedTuple):
    """Jobs with equal keys may share a forward pass."""

    model: str
    shape: tuple[int, ...]
    """Latent shape (c, l, h, w)."""
    variant: str
    """Whatever else must agree: guided or not, the expert in charge, the length of the text."""


TOKEN_BYTES = 1024
"""Of a state, for each token of a forward pass, where a family says nothing better: latents, their history, texts."""


class Cost(NamedTuple):
    """What a request asks of the machine."""

    tokens: int
    """Latent tokens of one forward pass, guidance rows included."""
    steps: int
    state_bytes: int | None = None
    """That a state takes in memory, conditions included, about; None for an estimate from the tokens."""

    @property
    def bytes(self) -> int:
        """That a state takes in memory."""
        return self.tokens * TOKEN_BYTES if self.state_bytes is None else self.state_bytes


class Probe(NamedTuple, Generic[State]):
    """A state whose next step is timed, to learn how fast this machine is."""

    state: State
    tokens: int
    """Of that step's pass, as `Cost.tokens` counts them."""


class Family(Protocol[Request, Conditioning, State, Result]):
    """A model behind the engine.

    Everything is deterministic: the same request gives the same bytes, alone, resumed from `save`d bytes, and, where
    `batch_exact` says so, batched with other states. A state is never changed in place: `denoise` returns new ones.
    `encode`, `preview` and `decode` may run in other threads than `denoise`, at the same time; `denoise` runs in one.
    """

    name: str
    batch_exact: bool

    def encode(self, request: Request) -> Conditioning:
        """Turns text and pictures into conditions. Raises `ModelError` when the request can't be run."""

    def warnings(self, request: Request) -> list[str]:
        """What the caller should know though the request is run: a prompt of which the end is not read."""

    def begin(self, request: Request, conditioning: Conditioning) -> State:
        """The state before the first step: noise drawn from the request's seed."""

    def fork(self, state: State, request: Request, conditioning: Conditioning) -> State:
        """The state with what the request says from its next step on; the steps that are done stay done.

        `request.steps` counts them, too: where it is not the state's own number, those that are left share the rest of
        the way evenly. With the state's own request it is the state. Raises `ModelError` for what can't be changed now.
        """

    def denoise(self, states: Sequence[State]) -> list[State]:
        """One step of each. The states have equal keys, may stand at different steps, and none is done."""

    def steps_done(self, state: State) -> int:
        """Steps that `state` has behind it, 0 to `cost(request).steps`."""

    def key(self, state: State) -> BatchKey:
        """With whom the state's next step may share a forward pass."""

    def preview(self, state: State) -> Frames:
        """A cheap look at what the state will become, (k, h, w, 3) with k small. Only after the first step."""

    def decode(self, state: State) -> Result:
        """What was asked for: a clip's frames (l, h, w, 3), a shape's field, a material's maps."""

    def save(self, state: State) -> bytes:
        """The whole state, conditions and random generator included, with a format version."""

    def load(self, data: bytes) -> State:
        """The state that `save` wrote. Raises `BadCheckpoint` on anything else."""

    def cost(self, request: Request) -> Cost:
        """What the request asks of the machine, without running anything."""

    def probes(self) -> Sequence[Probe[State]]:
        """Small states of different sizes, to be timed before the first job; none if that would not be cheap."""
