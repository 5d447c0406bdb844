"""The engine on kino-mini: what is promised of one model must hold together with the other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kinoform.engine.engine import Engine
from kinoform.engine.events import Checkpointed, Denoised, Previewed, Stepped
from kinoform.engine.family import Frames
from kinoform.engine.job import EngineJob
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from tests.engine.transcript import Transcript
from tests.models.tiny_kino import write_tiny_kino

REQUEST = ClipRequest(prompt="a penguin", frames=4, width=32, height=32, steps=6, guidance=3.0, seed=1)
REQUESTS = [
    REQUEST,
    replace(REQUEST, prompt="a whale over a teal background", seed=2),
    replace(REQUEST, prompt="a red fox", negative_prompt="blue", steps=9, seed=3),
    replace(REQUEST, prompt="a snail", image=np.full((20, 30, 3), 90, np.uint8), guidance=2.0, seed=4),
]


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> KinoMini:
    folder: Path = write_tiny_kino(tmp_path_factory.mktemp("kino"))
    return KinoMini.from_folder(folder, device=torch.device("cpu"))


@pytest.fixture
def engine(family: KinoMini) -> Iterator[Engine[Any, Any, Any]]:
    engine: Engine[Any, Any, Any] = Engine(family)
    yield engine.start()
    engine.close()


def alone(family: KinoMini, request: ClipRequest) -> Frames:
    """The bare loop."""
    with torch.inference_mode():
        state = family.begin(request, family.encode(request))
        for _ in range(request.steps):
            (state,) = family.denoise([state])
        return family.decode(state)


def frames_of(family: KinoMini, transcript: Transcript) -> Frames:
    last = transcript.last()
    assert isinstance(last, Denoised), last
    return family.decode(last.state)


def test_four_staggered_clips_share_passes_and_equal_each_alone(
    family: KinoMini, engine: Engine[Any, Any, Any]
) -> None:
    assert family.batch_exact
    conditions = [family.encode(request) for request in REQUESTS]
    transcripts: list[Transcript] = []

    def submit_next(event: object) -> None:
        if isinstance(event, Stepped) and event.step == 1 and len(transcripts) < len(REQUESTS):
            submit(len(transcripts))

    def submit(index: int) -> None:
        transcripts.append(Transcript(submit_next))
        job = EngineJob(id=str(index), request=REQUESTS[index], conditioning=conditions[index], preview_every=2)
        engine.submit(job, transcripts[index])

    submit(0)
    frames_of(family, transcripts[0])
    for request, transcript in zip(REQUESTS, transcripts, strict=True):
        np.testing.assert_array_equal(frames_of(family, transcript), alone(family, request))
    previews = [event for transcript in transcripts for event in transcript.of(Previewed)]
    assert {len(event.frames) for event in previews} == {1, 4}  # the first frame alone, then the clip
    assert any(event.frames.std() > 0 for event in previews)


@pytest.mark.parametrize("clip", [REQUESTS[0], REQUESTS[3]], ids=["text", "picture"])
def test_every_checkpoint_leads_to_the_same_clip(
    family: KinoMini, engine: Engine[Any, Any, Any], clip: ClipRequest
) -> None:
    transcript, whole = Transcript(), alone(family, clip)
    every = frozenset(range(1, 7))
    engine.submit(EngineJob(id="a", request=clip, conditioning=family.encode(clip), keep_steps=every), transcript)
    transcript.last()
    checkpoints = transcript.of(Checkpointed)
    assert [event.step for event in checkpoints] == list(range(1, 7))
    for event in checkpoints:
        again = Transcript()
        engine.submit(EngineJob(id=str(event.step), request=clip, checkpoint=event.data), again)
        np.testing.assert_array_equal(frames_of(family, again), whole)
