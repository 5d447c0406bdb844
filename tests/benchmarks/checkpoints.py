"""What checkpoints cost beside the steps, for every embedded family."""

import threading
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from kinoform.engine.engine import Engine
from kinoform.engine.events import Checkpointed, Denoised, Event, Failed
from kinoform.engine.job import EngineJob
from kinoform.models.clip import ClipRequest
from kinoform.models.form_mini.family import FormMini
from kinoform.models.grain_mini.family import GrainMini
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.material import MaterialRequest
from kinoform.models.shape import MeshRequest
from kinoform.serving.config import Rhythm
from tests.benchmarks.table import Figure, median

STEPS = 150
LOOKS = 20
CLIP = ClipRequest(
    prompt="a penguin jumps over snow", frames=16, width=64, height=64, steps=STEPS, guidance=3.0, seed=1
)
SOLID = MeshRequest(prompt="a red chair", steps=STEPS, guidance=2.0, seed=1)
TILE = MaterialRequest(prompt="red bricks", size=256, steps=STEPS, guidance=2.0, seed=1)


class Run(NamedTuple):
    """A job that was denoised."""

    seconds: float
    checkpoints: list[bytes]


def figures() -> Iterator[Figure]:
    """Of each family: a state's size, and the share of the time that saving takes by the services' rule."""
    rhythm = Rhythm(checkpoint_gap_s=0.0)
    for family, request in ((KinoMini.installed(), CLIP), (FormMini.installed(), SOLID), (GrainMini.installed(), TILE)):
        run = denoised(family, request, rhythm)
        save_s = median(_saving(family, run.checkpoints[0]) for _ in range(LOOKS))
        count = len(run.checkpoints)
        note = f"{count} in {STEPS} steps, {len(run.checkpoints[0]) / 1024:.0f} KiB and {1000 * save_s:.1f} ms each"
        yield Figure(
            name=f"{family.name}: saving over the time of all steps",
            value=count * save_s / run.seconds,
            unit="ratio",
            limit=f"<= {rhythm.checkpoint_share}",
            note=note,
        )


def denoised(family: Any, request: Any, rhythm: Rhythm) -> Run:
    """Through the engine, with checkpoints as the services ask for them."""
    ended, checkpoints = threading.Event(), list[bytes]()

    def listen(event: Event[Any]) -> None:
        if isinstance(event, Checkpointed):
            checkpoints.append(event.data)
        elif isinstance(event, Denoised | Failed):
            ended.set()

    engine: Engine[Any, Any, Any] = Engine(family).start()
    job = EngineJob(
        id="a",
        request=request,
        conditioning=family.encode(request),
        checkpoint_every=rhythm.checkpoint_every,
        checkpoint_gap_s=rhythm.checkpoint_gap_s,
        checkpoint_share=rhythm.checkpoint_share,
    )
    begun = time.perf_counter()
    engine.submit(job, listen)
    ended.wait()
    seconds = time.perf_counter() - begun
    engine.close()
    return Run(seconds, checkpoints)


def _saving(family: Any, data: bytes) -> float:
    state = family.load(data)
    begun = time.perf_counter()
    family.save(state)
    return time.perf_counter() - begun
