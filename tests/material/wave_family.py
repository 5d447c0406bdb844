"""A material family small enough to be exact: waves whose height every step brings nearer to the full one."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from kinoform.engine.errors import BadCheckpoint
from kinoform.engine.family import BatchKey, Cost, Frames, Probe
from kinoform.models.material import MaterialRequest, TileMaps

_FORM = struct.Struct("<4sdqqqq")


@dataclass(frozen=True, slots=True)
class WaveState:
    height: float
    step: int
    steps: int
    size: int
    waves: int


class WaveFamily:
    """1 to 4 waves by the seed, which tile by construction."""

    name = "tiny"
    batch_exact = True

    def encode(self, request: MaterialRequest) -> int:
        return 1 + request.seed % 4

    def warnings(self, request: MaterialRequest) -> list[str]:
        return []

    def begin(self, request: MaterialRequest, conditioning: int) -> WaveState:
        return WaveState(0.0, 0, request.steps, request.size, conditioning)

    def fork(self, state: WaveState, request: MaterialRequest, conditioning: int) -> WaveState:
        return replace(state, waves=conditioning, steps=request.steps)

    def denoise(self, states: Sequence[WaveState]) -> list[WaveState]:
        return [replace(state, height=(state.height + 1) / 2, step=state.step + 1) for state in states]

    def steps_done(self, state: WaveState) -> int:
        return state.step

    def key(self, state: WaveState) -> BatchKey:
        return BatchKey(self.name, (1, state.size), "plain")

    def preview(self, state: WaveState) -> Frames:
        return np.full((1, 16, 16, 3), round(255 * state.height), np.uint8)

    def decode(self, state: WaveState) -> TileMaps:
        angles = 2 * np.pi * state.waves * (np.arange(state.size) + 0.5) / state.size
        wave = np.add.outer(np.sin(angles), np.cos(angles)).astype(np.float32) / 4 + 0.5
        return TileMaps(
            base_colour=np.stack([wave, 1 - wave, np.full_like(wave, 0.5)], axis=-1),
            roughness=np.full_like(wave, 0.6),
            metallic=np.zeros_like(wave),
            height=wave * np.float32(state.height),
            size_m=0.5,
            height_m=0.01,
        )

    def save(self, state: WaveState) -> bytes:
        return _FORM.pack(b"WAV1", state.height, state.step, state.steps, state.size, state.waves)

    def load(self, data: bytes) -> WaveState:
        if data[:4] != b"WAV1":
            raise BadCheckpoint("no checkpoint of waves")
        _, height, step, steps, size, waves = _FORM.unpack(data)
        return WaveState(height, step, steps, size, waves)

    def cost(self, request: MaterialRequest) -> Cost:
        return Cost(tokens=1, steps=request.steps)

    def probes(self) -> Sequence[Probe[WaveState]]:
        return ()
