from pathlib import Path

import numpy as np
import pytest
import torch

from kinoform.backbone.errors import WeightsMissing
from kinoform.engine.errors import BadCheckpoint, ModelError
from kinoform.engine.family import Family, Frames
from kinoform.models.clip import ClipRequest
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.state import ClipState, Conditioning
from tests.models.tiny_kino import write_tiny_kino


@pytest.fixture(scope="module")
def kino(tmp_path_factory: pytest.TempPathFactory) -> KinoMini:
    return KinoMini.from_folder(write_tiny_kino(tmp_path_factory.mktemp("kino")))


PICTURE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def clip(seed: int = 1, *, steps: int = 4, guidance: float = 3.0, **others: object) -> ClipRequest:
    size = {"frames": 4, "width": 32, "height": 32}
    return ClipRequest(prompt="a red ball bounces", seed=seed, steps=steps, guidance=guidance, **(size | others))  # type: ignore[arg-type]


def begin(kino: KinoMini, request: ClipRequest) -> ClipState:
    return kino.begin(request, kino.encode(request))


def finish(kino: KinoMini, state: ClipState) -> Frames:
    while state.step < state.steps:
        (state,) = kino.denoise([state])
    return kino.decode(state)


def make(kino: KinoMini, request: ClipRequest) -> bytes:
    return finish(kino, begin(kino, request)).tobytes()


REQUESTS = [
    clip(1),
    clip(2, steps=6),
    clip(3, image=PICTURE),
    clip(4, guidance=5.0, negative_prompt="blue"),
    clip(5, guidance=2.0),
    clip(6, steps=3),
    clip(7),
    clip(8, steps=5),
]


def test_it_is_a_family(kino: KinoMini) -> None:
    family: Family[ClipRequest, Conditioning, ClipState] = kino
    assert family.batch_exact


def test_batched_at_different_steps_equals_alone(kino: KinoMini) -> None:
    alone = [make(kino, request) for request in REQUESTS]
    running = {}
    together: dict[int, bytes] = {}
    waiting = list(enumerate(REQUESTS))
    largest = 0
    while waiting or running:
        if waiting:  # one more joins before every step, so that all stand at different steps
            index, request = waiting.pop(0)
            running[index] = begin(kino, request)
        for key in {kino.key(state) for state in running.values()}:
            members = [index for index, state in running.items() if kino.key(state) == key]
            largest = max(largest, len(members))
            for index, state in zip(members, kino.denoise([running[i] for i in members]), strict=True):
                running[index] = state
        for index in [i for i, state in running.items() if state.step == state.steps]:
            together[index] = kino.decode(running.pop(index)).tobytes()
    assert largest >= 3
    assert [together[index] for index in range(len(REQUESTS))] == alone


@pytest.mark.parametrize("prediction", ["x0", "v", "flow"])
def test_resumed_equals_undisturbed(tmp_path: Path, prediction: str) -> None:
    folder = write_tiny_kino(tmp_path, prediction=prediction)  # type: ignore[arg-type]
    first, second = KinoMini.from_folder(folder), KinoMini.from_folder(folder)
    request = clip(image=PICTURE, steps=5)
    state = begin(first, request)
    for _ in range(3):
        (state,) = first.denoise([state])
    saved = first.save(state)
    assert second.save(second.load(saved)) == saved
    assert finish(second, second.load(saved)).tobytes() == make(first, request)


def test_a_step_changes_no_earlier_state(kino: KinoMini) -> None:
    state = begin(kino, clip())
    before = kino.save(state)
    kino.denoise([state, begin(kino, clip(2))])
    assert kino.save(state) == before


def test_seed_prompt_picture_guidance_and_negative_prompt_all_matter(kino: KinoMini) -> None:
    variants = [
        clip(),
        clip(2),
        clip(guidance=1.0),
        clip(image=PICTURE),
        clip(negative_prompt="blue"),
        clip(steps=5),
    ]
    assert len({make(kino, request) for request in variants}) == len(variants)


def test_frames_are_a_clip_of_the_asked_size(kino: KinoMini) -> None:
    frames = finish(kino, begin(kino, clip(frames=6, width=48, height=16)))
    assert (frames.shape, frames.dtype) == ((6, 16, 48, 3), np.uint8)


def test_the_last_preview_shows_frames_of_the_finished_clip(kino: KinoMini) -> None:
    state = begin(kino, clip(frames=8))
    while state.step < state.steps:
        (state,) = kino.denoise([state])
    assert np.array_equal(kino.preview(state), kino.decode(state)[[0, 2, 5, 7]])


def test_guidance_starts_after_the_noisiest_steps_and_then_doubles_the_rows(kino: KinoMini) -> None:
    state = begin(kino, clip(steps=40))
    variants = []
    while state.step < 4:
        variants.append(kino.key(state).variant)
        (state,) = kino.denoise([state])
    assert variants == ["plain", "plain", "guided", "guided"]
    assert kino.cost(clip()).tokens == 2 * kino.cost(clip(guidance=1.0)).tokens == 2 * (2 * 2 * 2)


def test_other_bytes_are_no_checkpoint(kino: KinoMini, tmp_path: Path) -> None:
    saved = kino.save(begin(kino, clip()))
    others = KinoMini.from_folder(write_tiny_kino(tmp_path, seed=1))
    for garbage in (b"", b"garbage", saved[:100], saved[:-1], b"\xff" * 64):
        with pytest.raises(BadCheckpoint):
            kino.load(garbage)
    with pytest.raises(BadCheckpoint, match="wanted"):
        others.load(saved)


@pytest.mark.parametrize(
    ("field", "value"), [("frames", 3), ("frames", 0), ("width", 40), ("height", -16), ("width", 8)]
)
def test_a_size_without_whole_patches_is_refused_by_name(kino: KinoMini, field: str, value: int) -> None:
    with pytest.raises(ModelError) as caught:
        kino.encode(clip(**{field: value}))
    assert caught.value.field == field


def test_weights_without_picture_channels_refuse_a_picture(tmp_path: Path) -> None:
    kino = KinoMini.from_folder(write_tiny_kino(tmp_path, cond_channels=0))
    assert len(make(kino, clip())) == 4 * 32 * 32 * 3
    with pytest.raises(ModelError, match="takes no picture"):
        kino.encode(clip(image=PICTURE))


def test_an_incomplete_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match="autoencoder"):
        KinoMini.from_folder(tmp_path)


def test_noise_depends_on_the_seed_alone_not_on_the_global_generator(kino: KinoMini) -> None:
    request = clip(9)
    conditioning = kino.encode(request)
    torch.manual_seed(0)
    first = kino.begin(request, conditioning)
    torch.manual_seed(1)
    assert kino.save(kino.begin(request, conditioning)) == kino.save(first)


def test_a_prompt_that_is_cut_says_so(kino: KinoMini) -> None:
    short, long = clip(), clip(negative_prompt="red " * 40)
    assert kino.warnings(short) == []
    assert kino.warnings(long) == ["the negative prompt has 42 tokens; the model reads the first 32"]
