"""The step engine against loops without it, on the embedded model."""

import threading
import time
from collections.abc import Callable, Iterator

import torch

from kinoform.engine.engine import Engine
from kinoform.engine.events import Denoised, Event, Failed
from kinoform.engine.job import EngineJob
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.state import ClipState, Conditioning
from kinoform.models.registry import embedded
from tests.benchmarks.table import Figure, median

RUNS = 5
TOGETHER = 4


def figures() -> Iterator[Figure]:
    """Overhead of the engine on one clip, and throughput of four clips at a time."""
    family, card = KinoMini.installed(), embedded()[0].card
    width, height = card.ranges.default_size
    caption = " ".join(card.held_out[0])

    def request(seed: int) -> ClipRequest:
        return ClipRequest(
            prompt=caption,
            frames=card.ranges.default_frames,
            width=width,
            height=height,
            steps=card.ranges.default_steps,
            guidance=card.ranges.default_guidance,
            seed=seed,
        )

    yield overhead(family, request(0))
    yield throughput(family, [request(seed) for seed in range(TOGETHER)])


def overhead(family: KinoMini, request: ClipRequest) -> Figure:
    """Wall time from submission to the last state over the bare loop of the same forward passes."""
    conditioning = family.encode(request)
    engine: Engine[ClipRequest, Conditioning, ClipState] = Engine(family).start()
    ratios = []
    for _ in range(RUNS + 1):
        bare = timed(lambda: bare_loop(family, request, conditioning))
        ours = timed(lambda: through_engine(engine, [(request, conditioning)]))
        ratios.append(ours / bare)
    engine.close()
    return Figure(
        name="engine wall time / bare loop of the same forwards",
        value=median(ratios[1:]),
        unit="ratio",
        limit="<= 1.05",
        note=f"median of {RUNS} pairs, {request.steps} steps",
    )


def throughput(family: KinoMini, requests: list[ClipRequest]) -> Figure:
    """Clips a second of four submitted at once, over a loop that makes one clip after the other."""
    work = [(request, family.encode(request)) for request in requests]
    engine: Engine[ClipRequest, Conditioning, ClipState] = Engine(family).start()
    ratios = []
    for _ in range(RUNS + 1):
        one_by_one = timed(lambda: [bare_loop(family, *item) for item in work])
        together = timed(lambda: through_engine(engine, work))
        ratios.append(one_by_one / together)
    engine.close()
    return Figure(
        name=f"{len(work)} clips at once / one after the other",
        value=median(ratios[1:]),
        unit="ratio",
        note=f"throughput against a plain denoising loop, median of {RUNS} pairs, {requests[0].steps} steps",
    )


def bare_loop(family: KinoMini, request: ClipRequest, conditioning: Conditioning) -> ClipState:
    """What a script would do: no scheduler, no events, no checkpoints."""
    with torch.inference_mode():
        state = family.begin(request, conditioning)
        for _ in range(request.steps):
            [state] = family.denoise([state])
    return state


def through_engine(
    engine: Engine[ClipRequest, Conditioning, ClipState], work: list[tuple[ClipRequest, Conditioning]]
) -> None:
    """Submits everything at once and waits for the last."""
    left = threading.Semaphore(0)
    failures: list[Exception] = []

    def listen(event: Event[ClipState]) -> None:
        if isinstance(event, Failed):
            failures.append(event.error)
        if isinstance(event, Denoised | Failed):
            left.release()

    for number, (request, conditioning) in enumerate(work):
        engine.submit(EngineJob(id=str(number), request=request, conditioning=conditioning), listen)
    for _ in work:
        left.acquire()
    if failures:
        raise failures[0]


def timed(act: Callable[[], object]) -> float:
    """Seconds that it takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun
