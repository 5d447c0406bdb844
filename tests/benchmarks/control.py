"""What a condition costs a clip: once, when it is read, and in every step, on the embedded model."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from kinoform.models.clip import MAP_KINDS, ClipRequest, FollowMap
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.state import ClipState
from kinoform.models.registry import embedded
from tests.benchmarks.engine import timed
from tests.benchmarks.table import Figure, median

RUNS = 12


def figures() -> Iterator[Figure]:
    """Steps of both stages with one condition and with three, over the same steps without."""
    family, card = KinoMini.installed(), embedded()[0].card
    width, height = card.ranges.default_size
    frames = card.ranges.default_frames
    plain = ClipRequest(
        prompt=" ".join(card.held_out[0]),
        frames=frames,
        width=width,
        height=height,
        steps=card.ranges.default_steps,
        guidance=card.ranges.default_guidance,
        seed=0,
    )
    values = np.random.default_rng(0).integers(0, 256, (frames, height, width), dtype=np.uint8)
    led = {count: replace(plain, maps=tuple(FollowMap(kind, values) for kind in MAP_KINDS[:count])) for count in (1, 3)}
    for count, request in led.items():
        for stage in ("keyframe", "clip"):
            yield Figure(
                name=f"{stage} step with {count} condition{'s' if count > 1 else ''} / without",
                value=median([_ratio(family, request, plain, stage) for _ in range(RUNS)]),
                unit="ratio",
                note=f"median of {RUNS} pairs",
            )
    ratios = [timed(lambda: family.encode(led[1])) / timed(lambda: family.encode(plain)) for _ in range(RUNS)]
    yield Figure(
        name="reading a request with a condition / without",
        value=median(ratios),
        unit="ratio",
        note="once a job: text encoder, maps, motion",
    )


def _ratio(family: KinoMini, led: ClipRequest, plain: ClipRequest, stage: str) -> float:
    states = [_at(family, request, stage) for request in (led, plain)]
    with torch.inference_mode():
        return timed(lambda: family.denoise([states[0]])) / timed(lambda: family.denoise([states[1]]))


def _at(family: KinoMini, request: ClipRequest, stage: str) -> ClipState:
    """A state of the stage, made by as few steps as there must be."""
    state = family.begin(request, family.encode(request))
    while state.stage != stage:
        (state,) = family.denoise([state])
    return state
