"""Wan in our engine against diffusers' own loop: the same frames, bit for bit."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler, FlowMatchEulerDiscreteScheduler, WanPipeline

from kinoform.engine.engine import Engine
from kinoform.engine.errors import BadCheckpoint, ModelError
from kinoform.engine.events import Denoised
from kinoform.engine.family import Frames
from kinoform.engine.job import EngineJob
from kinoform.models.clip import ClipRequest
from kinoform.models.load import load_family
from kinoform.models.registry import parse_registration
from kinoform.models.wan.family import WanFamily
from tests.engine.transcript import Transcript
from tests.models.tiny_wan import write_tiny_wan

CPU = torch.device("cpu")
REQUEST = ClipRequest(
    prompt="a penguin&amp;  walks to the left\u00e2\u20ac\u2122",
    negative_prompt="red background",
    frames=9,
    width=48,
    height=32,
    steps=4,
    guidance=5.0,
    seed=11,
)
OTHER = replace(REQUEST, prompt="a red teal penguin", steps=6, guidance=3.0, seed=5)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_wan(tmp_path_factory.mktemp("wan"))


@pytest.fixture(scope="module")
def family(folder: Path) -> WanFamily:
    return WanFamily.from_pretrained(str(folder), name="tiny", device=CPU)


@pytest.fixture
def engine(family: WanFamily) -> Iterator[Engine[Any, Any, Any]]:
    engine: Engine[Any, Any, Any] = Engine(family)
    yield engine.start()
    engine.close()


@pytest.fixture(scope="module")
def euler_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_wan(tmp_path_factory.mktemp("wan-euler"), scheduler="euler")


@cache
def reference(folder: Path, request: ClipRequest) -> Frames:
    """What WanPipeline makes of the request."""
    pipeline = WanPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    levels = pipeline(
        prompt=request.prompt,
        negative_prompt=request.negative_prompt,
        height=request.height,
        width=request.width,
        num_frames=request.frames,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance,
        generator=torch.Generator().manual_seed(request.seed),
    ).frames[0]
    return (levels * 255).round().astype(np.uint8)


def frames_of(family: WanFamily, transcript: Transcript) -> Frames:
    last = transcript.last()
    assert isinstance(last, Denoised), last
    return family.decode(last.state)


def through_engine(family: WanFamily, request: ClipRequest) -> Frames:
    engine: Engine[Any, Any, Any] = Engine(family).start()
    transcript = Transcript()
    engine.submit(EngineJob(id="a", request=request, conditioning=family.encode(request)), transcript)
    frames = frames_of(family, transcript)
    engine.close()
    return frames


@pytest.mark.parametrize(
    "request_",
    [REQUEST, OTHER, replace(REQUEST, guidance=1.0), replace(REQUEST, frames=1), replace(REQUEST, negative_prompt="")],
    ids=["guided", "longer", "unguided", "still", "no-negative"],
)
def test_the_engines_frames_are_wan_pipelines(folder: Path, family: WanFamily, request_: ClipRequest) -> None:
    frames = through_engine(family, request_)
    assert frames.shape == (request_.frames, request_.height, request_.width, 3)
    assert frames.std() > 5
    np.testing.assert_array_equal(frames, reference(folder, request_))


@pytest.mark.parametrize(
    "variant", [{"experts": 2}, {"per_token_time": True}], ids=["wan-2.2-two-experts", "wan-2.2-per-token-time"]
)
def test_wan_2_2s_layouts_too(tmp_path: Path, variant: dict[str, Any]) -> None:
    folder = write_tiny_wan(tmp_path, **variant)
    family = WanFamily.from_pretrained(str(folder), name="tiny", device=CPU)
    np.testing.assert_array_equal(through_engine(family, OTHER), reference(folder, OTHER))


def test_bfloat16_too(folder: Path) -> None:
    family = WanFamily.from_pretrained(str(folder), name="tiny", device=CPU, dtype=torch.bfloat16)
    pipeline = WanPipeline.from_pretrained(folder, dtype={"default": torch.bfloat16, "vae": torch.float32})
    pipeline.set_progress_bar_config(disable=True)
    generator = torch.Generator().manual_seed(REQUEST.seed)
    levels = pipeline(
        REQUEST.prompt,
        REQUEST.negative_prompt,
        num_frames=9,
        width=48,
        height=32,
        num_inference_steps=4,
        generator=generator,
    ).frames[0]
    np.testing.assert_array_equal(through_engine(family, REQUEST), (levels * 255).round().astype(np.uint8))


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("scheduler", ["unipc", "euler"])
def test_stopped_saved_and_resumed_elsewhere_it_ends_in_the_same_frames(
    folder: Path, euler_folder: Path, scheduler: str, after: int
) -> None:
    folder = folder if scheduler == "unipc" else euler_folder
    here, there = (WanFamily.from_pretrained(str(folder), name="tiny", device=CPU) for _ in range(2))
    state = here.begin(REQUEST, here.encode(REQUEST))
    for _ in range(after):
        (state,) = here.denoise([state])
    saved = here.save(state)
    state = there.load(saved)
    assert there.save(state) == saved
    np.testing.assert_array_equal(there.preview(state), here.preview(here.load(saved)))
    for _ in range(after, REQUEST.steps):
        (state,) = there.denoise([state])
    np.testing.assert_array_equal(there.decode(state), reference(folder, REQUEST))


def test_taking_turns_with_another_request_changes_nothing(
    folder: Path, family: WanFamily, engine: Engine[Any, Any, Any]
) -> None:
    requests = [REQUEST, OTHER]
    transcripts = [Transcript(), Transcript()]
    for index, (request, transcript) in enumerate(zip(requests, transcripts, strict=True)):
        job = EngineJob(
            id=str(index), request=request, conditioning=family.encode(request), reproducible=True, preview_every=1
        )
        engine.submit(job, transcript)
    for request, transcript in zip(requests, transcripts, strict=True):
        np.testing.assert_array_equal(frames_of(family, transcript), reference(folder, request))


def test_sharing_a_pass_changes_latents_by_rounding_only(family: WanFamily) -> None:
    one, two = (family.begin(request, family.encode(request)) for request in (REQUEST, OTHER))
    assert family.key(one) == family.key(two)
    (two,) = family.denoise([two])
    together = family.denoise([one, two])
    for shared, state in zip(together, [one, two], strict=True):
        (alone,) = family.denoise([state])
        torch.testing.assert_close(shared.latents, alone.latents, rtol=1e-4, atol=1e-5)


def test_clips_decoded_at_the_same_time_do_not_mix(folder: Path, family: WanFamily) -> None:
    states = [family.begin(request, family.encode(request)) for request in (REQUEST, OTHER)]
    alone = [family.decode(state) for state in states]
    found: dict[int, list[Frames]] = {0: [], 1: []}

    def decode(index: int) -> None:
        found[index] = [family.decode(states[index]) for _ in range(4)]

    threads = [threading.Thread(target=decode, args=(index,)) for index in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, clips in found.items():
        assert len(clips) == 4
        for clip in clips:
            np.testing.assert_array_equal(clip, alone[index])


def test_a_preview_shows_stills_of_the_clip(family: WanFamily, engine: Engine[Any, Any, Any]) -> None:
    state = family.begin(REQUEST, family.encode(REQUEST))
    for _ in range(REQUEST.steps):
        (state,) = family.denoise([state])
    stills = family.preview(state)
    assert stills.shape == (3, 32, 48, 3)
    # the solver ends where it foresaw, and the first frame is decoded alone in the clip as well
    np.testing.assert_allclose(stills[0].astype(int), family.decode(state)[0].astype(int), atol=1)


@pytest.mark.parametrize(
    ("field", "change"),
    [("frames", {"frames": 10}), ("width", {"width": 50}), ("height", {"height": 0})],
)
def test_a_size_that_fits_no_patches_is_refused_by_name(family: WanFamily, field: str, change: dict[str, int]) -> None:
    with pytest.raises(ModelError) as refusal:
        family.encode(replace(REQUEST, **change))  # type: ignore[arg-type]
    assert refusal.value.field == field


def test_a_picture_is_refused(family: WanFamily) -> None:
    with pytest.raises(ModelError, match="image: tiny takes no picture"):
        family.encode(replace(REQUEST, image=np.zeros((4, 4, 3), np.uint8)))


def test_a_scheduler_that_cannot_be_reproduced_is_refused(folder: Path) -> None:
    pipeline = WanPipeline.from_pretrained(folder)
    for scheduler in (DPMSolverMultistepScheduler(), FlowMatchEulerDiscreteScheduler(stochastic_sampling=True)):
        pipeline.scheduler = scheduler
        with pytest.raises(ModelError, match="scheduler"):
            WanFamily(pipeline, name="tiny")


@pytest.mark.parametrize("damage", [b"", b"garbage", b"\x00" * 64], ids=["empty", "text", "zeros"])
def test_bytes_that_are_no_checkpoint_are_refused(family: WanFamily, damage: bytes) -> None:
    with pytest.raises(BadCheckpoint):
        family.load(damage)


def test_a_cut_checkpoint_and_that_of_other_weights_are_refused(euler_folder: Path, family: WanFamily) -> None:
    state = family.begin(REQUEST, family.encode(REQUEST))
    data = family.save(state)
    with pytest.raises(BadCheckpoint):
        family.load(data[:-8])
    other = WanFamily.from_pretrained(str(euler_folder), name="tiny", device=CPU)
    with pytest.raises(BadCheckpoint, match="wanted"):
        other.load(data)


def test_it_loads_by_its_registration(folder: Path) -> None:
    entry = parse_registration(f"tiny=wan:{folder}")
    family = load_family(entry, threads=torch.get_num_threads(), device=CPU)
    request = replace(REQUEST, frames=entry.card.ranges.default_frames, width=entry.card.ranges.default_size[0])
    assert family.name == "tiny"
    assert family.cost(request).steps == 4
    state = family.begin(request, family.encode(request))
    assert family.steps_done(state) == 0
