"""A mesh family small enough to be exact: a ball whose radius every step brings nearer to what the seed says."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from kinoform.engine.errors import BadCheckpoint, ModelError
from kinoform.engine.family import BatchKey, Cost, Frames, Probe
from kinoform.media.surface.field import Points
from kinoform.models.shape import MeshRequest

NOTHING = "nothing"
"""Prompt of an empty shape."""
_FORM = struct.Struct("<4sdqqd")


@dataclass(frozen=True)
class Ball:
    """A ball in the middle of the cube, red on its right side and blue on its left."""

    radius: float
    height_m: float

    def distance(self, points: Points) -> npt.NDArray[np.float32]:
        return (np.linalg.norm(points, axis=1) - self.radius).astype(np.float32)

    def appearance(self, points: Points) -> npt.NDArray[np.float32]:
        right = (points[:, :1] > 0).astype(np.float32)
        rest = np.tile(np.array([[0.5, 0.0]], np.float32), (len(points), 1))
        return np.concatenate([right, np.zeros_like(right), 1 - right, rest], axis=1)


@dataclass(frozen=True, slots=True)
class BallState:
    radius: float
    step: int
    steps: int
    wanted: float
    """The radius after the last step."""


class BallFamily:
    """Radius 0.3 to 0.8 by the seed; with pictures, by their mean brightness, each times its strength;
    sketches are dark."""

    name = "tiny"
    batch_exact = True

    def encode(self, request: MeshRequest) -> float:
        if request.prompt == NOTHING:
            return 0.0
        if request.views:
            light = [
                view.reach.strength * (0.1 if view.sketch else float(view.picture.mean()) / 255)
                for view in request.views
            ]
            return 0.3 + 0.5 * sum(light) / len(light)
        return 0.3 + 0.1 * (request.seed % 6)

    def warnings(self, request: MeshRequest) -> list[str]:
        return []

    def begin(self, request: MeshRequest, conditioning: float) -> BallState:
        if request.steps < 2:
            raise ModelError("spec.sampling.steps", f"must be at least 2, is {request.steps}")
        return BallState(0.1 if conditioning else 0.0, 0, request.steps, conditioning)

    def fork(self, state: BallState, request: MeshRequest, conditioning: float) -> BallState:
        return replace(state, wanted=conditioning, steps=request.steps)

    def denoise(self, states: Sequence[BallState]) -> list[BallState]:
        return [
            replace(state, radius=state.radius + (state.wanted - state.radius) / 3, step=state.step + 1)
            for state in states
        ]

    def steps_done(self, state: BallState) -> int:
        return state.step

    def key(self, state: BallState) -> BatchKey:
        return BatchKey(self.name, (1,), "plain")

    def preview(self, state: BallState) -> Frames:
        return np.full((1, 16, 16, 3), round(255 * state.radius), np.uint8)

    def decode(self, state: BallState) -> Ball:
        return Ball(state.radius, 2 * state.radius if state.radius else 0.0)

    def save(self, state: BallState) -> bytes:
        return _FORM.pack(b"BAL1", state.radius, state.step, state.steps, state.wanted)

    def load(self, data: bytes) -> BallState:
        if data[:4] != b"BAL1":
            raise BadCheckpoint("no checkpoint of a ball")
        _, radius, step, steps, wanted = _FORM.unpack(data)
        return BallState(radius, step, steps, wanted)

    def cost(self, request: MeshRequest) -> Cost:
        return Cost(tokens=1, steps=request.steps)

    def probes(self) -> Sequence[Probe[BallState]]:
        return ()
