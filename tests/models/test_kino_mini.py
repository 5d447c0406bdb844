import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kinoform.backbone.errors import WeightsMissing
from kinoform.backbone.schedules import Prediction
from kinoform.engine.errors import BadCheckpoint, ModelError
from kinoform.engine.family import Family, Frames
from kinoform.models.checkpoint import pack, unpack
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
    clip(7, steps=2),
    clip(8, steps=5, image=PICTURE, guidance=1.0),
]


def test_it_is_a_family(kino: KinoMini) -> None:
    family: Family[ClipRequest, Conditioning, ClipState, Frames] = kino
    assert family.batch_exact


def test_batched_at_different_steps_equals_alone(kino: KinoMini) -> None:
    alone = [make(kino, request) for request in REQUESTS]
    running = {}
    together: dict[int, bytes] = {}
    waiting = list(enumerate(REQUESTS))
    largest, both_stages = 0, False
    while waiting or running:
        if waiting:  # one more joins before every step, so that all stand at different steps
            index, request = waiting.pop(0)
            running[index] = begin(kino, request)
        both_stages |= len({state.stage for state in running.values()}) == 2
        for key in {kino.key(state) for state in running.values()}:
            members = [index for index, state in running.items() if kino.key(state) == key]
            largest = max(largest, len(members))
            for index, state in zip(members, kino.denoise([running[i] for i in members]), strict=True):
                running[index] = state
        for index in [i for i, state in running.items() if state.step == state.steps]:
            together[index] = kino.decode(running.pop(index)).tobytes()
    assert largest >= 3
    assert both_stages
    assert [together[index] for index in range(len(REQUESTS))] == alone


@pytest.mark.parametrize("prediction", ["x0", "v", "flow"])
def test_resumed_after_any_step_equals_undisturbed(tmp_path: Path, prediction: Prediction) -> None:
    folder = write_tiny_kino(tmp_path, prediction=prediction)
    first, second = KinoMini.from_folder(folder), KinoMini.from_folder(folder)
    for request in (clip(steps=5), clip(image=PICTURE, steps=3)):
        undisturbed, state = make(first, request), begin(first, request)
        while state.step < state.steps:
            saved = first.save(state)
            assert second.save(second.load(saved)) == saved
            assert finish(second, second.load(saved)).tobytes() == undisturbed
            (state,) = first.denoise([state])


def test_the_keyframe_alone_hands_its_latent_to_the_clip(kino: KinoMini) -> None:
    state = begin(kino, clip(steps=5, frames=8))
    shapes, stages = [], []
    while state.step < state.steps:
        shapes.append(tuple(state.latent.shape))
        stages.append(state.stage)
        before, (state,) = state, kino.denoise([state])
        if (before.stage, state.stage) == ("keyframe", "clip"):
            assert state.conditioning.moved is not None
            assert torch.equal(state.clean, state.conditioning.moved[:, :1].expand(-1, 8, -1, -1))
            still = kino.preview(state)
            assert still.shape == (4, 32, 32, 3)
            assert all(np.array_equal(still[0], frame) for frame in still)
    assert stages == ["keyframe"] * 3 + ["clip"] * 2
    assert shapes == [(4, 1, 4, 4)] * 3 + [(4, 8, 4, 4)] * 2


def test_a_picture_takes_the_place_of_the_keyframe_stage(kino: KinoMini) -> None:
    made, given = begin(kino, clip()), begin(kino, clip(image=PICTURE))
    while made.stage == "keyframe":
        (made,) = kino.denoise([made])
    assert (given.step, given.stage) == (0, "clip")
    assert torch.equal(given.latent, made.latent)  # one seed, one noise
    assert kino.key(given).shape == kino.key(made).shape


def test_the_clip_begins_with_its_keyframe(kino: KinoMini) -> None:
    state = begin(kino, clip())
    while state.step < state.steps:
        (state,) = kino.denoise([state])
    assert state.conditioning.moved is not None
    assert torch.equal(state.latent[:, :1], state.conditioning.moved[:, :1])
    assert not torch.allclose(state.latent[:, 1:2], state.conditioning.moved[:, :1], atol=0.1)


def test_one_step_is_enough_with_a_picture_only(kino: KinoMini) -> None:
    assert len(make(kino, clip(image=PICTURE, steps=1))) == 4 * 32 * 32 * 3
    with pytest.raises(ModelError, match="at least 2") as refusal:
        kino.encode(clip(steps=1))
    assert refusal.value.field == "steps"


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
        clip(steps=6),
    ]
    assert len({make(kino, request) for request in variants}) == len(variants)
    assert [make(kino, request) for request in variants] == [make(kino, request) for request in variants]


@pytest.mark.parametrize("image", [None, PICTURE], ids=["text", "picture"])
def test_a_negative_prompt_acts_through_guidance_only(kino: KinoMini, image: Frames | None) -> None:
    def made(guidance: float, negative: str) -> bytes:
        return make(kino, clip(guidance=guidance, negative_prompt=negative, image=image))

    assert made(1.0, "blue") == made(1.0, "")
    assert len({made(3.0, "blue"), made(3.0, "red"), made(3.0, "")}) == 3


def test_frames_are_a_clip_of_the_asked_size(kino: KinoMini) -> None:
    frames = finish(kino, begin(kino, clip(frames=6, width=48, height=16)))
    assert (frames.shape, frames.dtype) == ((6, 16, 48, 3), np.uint8)


def test_the_last_preview_shows_frames_of_the_finished_clip(kino: KinoMini) -> None:
    state = begin(kino, clip(frames=8))
    while state.step < state.steps:
        (state,) = kino.denoise([state])
    assert np.array_equal(kino.preview(state), kino.decode(state)[[0, 2, 5, 7]])


def test_guidance_acts_on_the_keyframe_and_on_a_pictures_clip_after_the_noisiest_steps(kino: KinoMini) -> None:
    def variants(request: ClipRequest) -> list[str]:
        state, found = begin(kino, request), []
        while state.step < state.steps:
            found.append(kino.key(state).variant)
            (state,) = kino.denoise([state])
        return found

    keyframe = ["keyframe plain"] * 2 + ["keyframe guided"] * 23
    assert variants(clip(steps=50)) == keyframe + ["clip plain"] * 25
    assert variants(clip(steps=25, image=PICTURE)) == ["clip plain"] * 2 + ["clip guided"] * 23


def test_the_cost_is_the_mean_pass_of_both_stages(kino: KinoMini) -> None:
    keyframe, whole = 2 * 2, 2 * 2 * 2  # tokens of 32 x 32 pixels, and of 4 frames of them
    assert kino.cost(clip(steps=6, guidance=1.0))[:2] == ((keyframe + whole) // 2, 6)
    assert kino.cost(clip(steps=6))[:2] == ((2 * keyframe + whole) // 2, 6)
    assert kino.cost(clip(steps=6, image=PICTURE))[:2] == (2 * whole, 6)


def test_other_bytes_are_no_checkpoint(kino: KinoMini, tmp_path: Path) -> None:
    saved = kino.save(begin(kino, clip()))
    facts, parts = unpack(saved, torch.device("cpu"))
    old, early = pack(facts | {"version": 1}, parts), pack(facts | {"step": 2}, parts)
    others = KinoMini.from_folder(write_tiny_kino(tmp_path, seed=1))
    for garbage in (b"", b"garbage", saved[:100], saved[:-1], b"\xff" * 64, old, early):
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


@pytest.mark.parametrize("cond_channels", [0, 5])
def test_parts_that_do_not_fit_together_are_refused(tmp_path: Path, cond_channels: int) -> None:
    with pytest.raises(ModelError, match=rf"denoiser: .* must be \(4, 8\), got \(4, {cond_channels}\)"):
        KinoMini.from_folder(write_tiny_kino(tmp_path, cond_channels=cond_channels))


@pytest.mark.parametrize("part", ["autoencoder", "keyframe", "planner", "denoiser"])
def test_an_incomplete_folder_is_named(tmp_path: Path, part: str) -> None:
    shutil.rmtree(write_tiny_kino(tmp_path) / part)
    with pytest.raises(WeightsMissing, match=part):
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


@pytest.mark.parametrize("prediction", ["x0", "flow"])
def test_the_first_frame_is_the_given_picture(tmp_path: Path, prediction: Prediction) -> None:
    kino = KinoMini.from_folder(write_tiny_kino(tmp_path, prediction=prediction))
    frames = finish(kino, begin(kino, clip(3, image=PICTURE, steps=3)))
    still = kino.begin(clip(3, image=PICTURE), kino.encode(clip(3, image=PICTURE)))
    assert still.conditioning.moved is not None
    coded = kino.decode(replace(still, latent=still.conditioning.moved[:, :1]))
    assert np.abs(frames[0].astype(int) - coded[0]).max() <= 1
    assert np.abs(frames[-1].astype(int) - coded[0]).max() > 1


def test_the_seed_tells_the_keyframe_its_place(kino: KinoMini) -> None:
    # one step from noise of the same bits: only the place can make the difference
    state = begin(kino, clip(0))
    elsewhere = replace(state, seed=1)
    same_place = replace(state, seed=9)
    first, second, third = (kino.denoise([each])[0].clean for each in (state, elsewhere, same_place))
    assert not first.equal(second)
    assert first.equal(third)
