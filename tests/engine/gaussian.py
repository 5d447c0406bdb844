"""A diffusion family small enough to be exact: the data are a Gaussian, so that the perfect denoiser is a formula."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from kinoform.engine.errors import BadCheckpoint, ModelError
from kinoform.engine.family import BatchKey, Cost, Frames, Probe

SPREAD = 0.1
_HEADER = struct.Struct("<4sdqqqq")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A request: a point of N(mean, SPREAD² I)."""

    mean: float = 0.0
    size: int = 16
    steps: int = 6
    seed: int = 0
    breaks_at: int = -1
    """The step at which the denoiser raises."""


@dataclass(frozen=True, slots=True)
class Point:
    """x: (size,) float64 at time 1 - step / steps."""

    x: Tensor
    draw: Draw
    step: int


class GaussianFamily:
    """dx/dt of the probability flow from N(0, 1) at t = 1 to the data at t = 0, in Euler steps."""

    name = "gaussian"
    batch_exact = True

    def __init__(self, most_rows: int = 1000, probes: Sequence[Probe[Point]] = ()) -> None:
        self.passes: list[list[tuple[int, int]]] = []
        """Of each forward pass: (seed, step) of its members."""
        self._most_rows = most_rows
        self._probes = probes

    def encode(self, request: Draw) -> float:
        return request.mean

    def begin(self, request: Draw, conditioning: float) -> Point:
        if not np.isfinite(conditioning):
            raise ModelError("mean", f"must be finite, got {conditioning}")
        generator = torch.Generator().manual_seed(request.seed)
        return Point(torch.randn(request.size, dtype=torch.float64, generator=generator), request, 0)

    def fork(self, state: Point, request: Draw, conditioning: float) -> Point:
        if request.steps != state.draw.steps:
            raise ModelError("steps", f"must stay {state.draw.steps}")
        return replace(state, draw=replace(request, mean=conditioning))

    def denoise(self, states: Sequence[Point]) -> list[Point]:
        self.passes.append([(state.draw.seed, state.step) for state in states])
        if len(states) > self._most_rows:
            raise MemoryError("too many rows")
        for state in states:
            if state.step == state.draw.breaks_at:
                raise ArithmeticError(f"broken at {state.step}")
        x = torch.stack([state.x for state in states])
        time = torch.tensor([[1 - state.step / state.draw.steps] for state in states], dtype=torch.float64)
        width = torch.tensor([[1 / state.draw.steps] for state in states], dtype=torch.float64)
        mean = torch.tensor([[state.draw.mean] for state in states], dtype=torch.float64)
        moved = x - width * velocity(x, time, mean)
        return [replace(state, x=row, step=state.step + 1) for state, row in zip(states, moved.unbind(), strict=True)]

    def warnings(self, request: Draw) -> list[str]:
        return []

    def steps_done(self, state: Point) -> int:
        return state.step

    def key(self, state: Point) -> BatchKey:
        return BatchKey(self.name, tuple(state.x.shape), "plain")

    def preview(self, state: Point) -> Frames:
        return self.decode(state)

    def decode(self, state: Point) -> Frames:
        levels = (state.x * 32 + 128).round().clamp(0, 255).to(torch.uint8)
        return levels.reshape(1, 1, -1, 1).expand(1, 1, -1, 3).numpy()

    def save(self, state: Point) -> bytes:
        draw = state.draw
        header = _HEADER.pack(b"GAU1", draw.mean, draw.seed, draw.steps, draw.breaks_at, state.step)
        return header + state.x.numpy().tobytes()

    def load(self, data: bytes) -> Point:
        if data[:4] != b"GAU1":
            raise BadCheckpoint("no checkpoint of gaussian")
        _, mean, seed, steps, breaks_at, step = _HEADER.unpack_from(data)
        x = torch.frombuffer(bytearray(data[_HEADER.size :]), dtype=torch.float64)
        draw = Draw(mean=mean, size=len(x), steps=steps, seed=seed, breaks_at=breaks_at)
        return Point(x, draw, step)

    def cost(self, request: Draw) -> Cost:
        return Cost(tokens=request.size, steps=request.steps, state_bytes=8 * request.size)

    def probes(self) -> Sequence[Probe[Point]]:
        return self._probes


def velocity(x: Tensor, time: Tensor, mean: Tensor) -> Tensor:
    """E[noise - data | x] on the straight path x = (1 - t) data + t noise (Lipman et al. 2023)."""
    variance = (1 - time) ** 2 * SPREAD**2 + time**2
    surprise = (x - (1 - time) * mean) / variance
    return time * surprise - (mean + (1 - time) * SPREAD**2 * surprise)
