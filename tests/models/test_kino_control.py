"""Maps, last frames and repaints on kino-mini: they lead, can be left out bit for bit, and survive everything."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from kinoform.backbone.errors import WeightsMissing
from kinoform.backbone.guidance import StepRange
from kinoform.engine.errors import ModelError
from kinoform.engine.family import Frames
from kinoform.models.clip import MAP_KINDS, ClipRequest, FollowMap, LastFrame, Palette, Repaint
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.kino_mini.pixels import map_values
from kinoform.models.kino_mini.state import ClipState
from kinoform.models.reach import Reach
from tests.models.tiny_kino import write_tiny_control, write_tiny_kino

RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (40, 50, 3), dtype=np.uint8)
LAST = RNG.integers(0, 256, (32, 32, 3), dtype=np.uint8)
MAP = RNG.integers(0, 256, (4, 32, 32), dtype=np.uint8)
CLIP = RNG.integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
ANEW = np.zeros((4, 32, 32), np.uint8)
ANEW[:, 8:20, 8:24] = 255

PLAIN = ClipRequest(prompt="a red ball bounces", frames=4, width=32, height=32, steps=6, guidance=1.0, seed=1)
FROM_PICTURE = replace(PLAIN, image=PICTURE)
LED = [
    *(replace(PLAIN, maps=(FollowMap(kind, MAP),)) for kind in MAP_KINDS),
    *(replace(PLAIN, maps=(FollowMap(kind, MAP[:1]),)) for kind in MAP_KINDS),
    replace(PLAIN, last=LastFrame(LAST)),
    replace(FROM_PICTURE, last=LastFrame(LAST)),
    replace(PLAIN, palette=Palette(LAST)),
    replace(FROM_PICTURE, palette=Palette(LAST[:4], Reach(0.5)), maps=(FollowMap("mask", MAP),)),
    replace(PLAIN, repaint=Repaint(CLIP, ANEW)),
    replace(PLAIN, repaint=Repaint(CLIP[:1], ANEW[:1])),
    replace(PLAIN, maps=(FollowMap("mask", MAP), FollowMap("edges", MAP, Reach(0.5, StepRange(0, 0.6))))),
    replace(FROM_PICTURE, image_reach=Reach(0.6, StepRange(0, 0.5)), guidance=3.0, maps=(FollowMap("depth", MAP),)),
]


@pytest.fixture(scope="module")
def kino(tmp_path_factory: pytest.TempPathFactory) -> KinoMini:
    return KinoMini.from_folder(write_tiny_control(write_tiny_kino(tmp_path_factory.mktemp("kino"))))


def begin(kino: KinoMini, request: ClipRequest) -> ClipState:
    return kino.begin(request, kino.encode(request))


def finish(kino: KinoMini, state: ClipState) -> Frames:
    while state.step < state.steps:
        (state,) = kino.denoise([state])
    return kino.decode(state)


def make(kino: KinoMini, request: ClipRequest) -> Frames:
    return finish(kino, begin(kino, request))


@pytest.mark.parametrize("request_", LED)
def test_every_condition_changes_the_clip(kino: KinoMini, request_: ClipRequest) -> None:
    plain = replace(request_, maps=(), last=None, palette=None, repaint=None, image_reach=Reach())
    assert make(kino, request_).tobytes() != make(kino, plain).tobytes()


@pytest.mark.parametrize("kind", MAP_KINDS)
def test_strength_0_equals_no_condition(kino: KinoMini, kind: str) -> None:
    none = Reach(0.0)
    for plain in (PLAIN, FROM_PICTURE):
        silent = replace(
            plain, maps=(FollowMap(kind, MAP, none),), last=LastFrame(LAST, none), palette=Palette(LAST, none)
        )  # type: ignore[arg-type]
        assert make(kino, silent).tobytes() == make(kino, plain).tobytes()
    assert make(kino, replace(FROM_PICTURE, image_reach=none)).tobytes() == make(kino, PLAIN).tobytes()


def test_a_condition_that_no_step_reaches_equals_none(kino: KinoMini) -> None:
    silent = FollowMap("mask", MAP, Reach(1.0, StepRange(0.0, 0.01)))
    assert make(kino, replace(PLAIN, maps=(silent,))).tobytes() == make(kino, PLAIN).tobytes()


def test_a_map_of_one_frame_says_nothing_of_those_after_it(kino: KinoMini) -> None:
    (lead,) = begin(kino, replace(PLAIN, maps=(FollowMap("edges", MAP[:1]),))).conditioning.leads.each
    assert lead.keyframe is not None
    assert lead.clip is None


def test_a_repaint_keeps_what_is_dark_exactly(kino: KinoMini) -> None:
    frames = make(kino, replace(PLAIN, repaint=Repaint(CLIP, ANEW)))
    keep = ANEW < 128
    np.testing.assert_array_equal(frames[keep], CLIP[keep])
    assert (frames[~keep] != CLIP[~keep]).any()


def test_a_still_is_kept_in_all_frames(kino: KinoMini) -> None:
    frames = make(kino, replace(PLAIN, repaint=Repaint(CLIP[:1], ANEW[:1])))
    assert all(np.array_equal(frame[ANEW[0] < 128], CLIP[0][ANEW[0] < 128]) for frame in frames)


def test_the_preview_of_a_repaint_shows_what_is_kept(kino: KinoMini) -> None:
    (state,) = kino.denoise([begin(kino, replace(PLAIN, repaint=Repaint(CLIP, ANEW)))])
    np.testing.assert_array_equal(kino.preview(state)[0][ANEW[0] < 128], CLIP[0][ANEW[0] < 128])


def test_the_last_frame_ends_the_clip(kino: KinoMini) -> None:
    state = begin(kino, replace(FROM_PICTURE, last=LastFrame(LAST)))
    still = kino.encode(replace(PLAIN, image=LAST)).moved
    while state.step < state.steps:
        (state,) = kino.denoise([state])
    assert still is not None
    torch.testing.assert_close(state.latent[:, -1], still[:, 0])


def test_batched_at_different_steps_equals_alone(kino: KinoMini) -> None:
    work = [PLAIN, FROM_PICTURE, *LED]
    alone = [make(kino, request).tobytes() for request in work]
    states = [begin(kino, request) for request in work]
    largest = 0
    for turn in range(2 * PLAIN.steps):
        for key in {kino.key(state) for state in states if state.step < state.steps}:
            members = [i for i, state in enumerate(states) if state.step < state.steps and kino.key(state) == key]
            members = members[turn % 2 :] or members  # so that they come apart
            largest = max(largest, len(members))
            for index, state in zip(members, kino.denoise([states[i] for i in members]), strict=True):
                states[index] = state
    assert largest > 2
    assert [finish(kino, state).tobytes() for state in states] == alone


@pytest.mark.parametrize("request_", LED)
def test_resumed_from_bytes_at_any_step_equals_undisturbed(kino: KinoMini, request_: ClipRequest) -> None:
    state, whole = begin(kino, request_), make(kino, request_).tobytes()
    for _ in range(request_.steps):
        data = kino.save(state)
        assert kino.save(kino.load(data)) == data
        (state,) = kino.denoise([kino.load(data)])
    assert kino.decode(state).tobytes() == whole


def test_a_model_without_control_says_so(tmp_path: Path) -> None:
    plain = KinoMini.from_folder(write_tiny_kino(tmp_path))
    with pytest.raises(ModelError) as caught:
        plain.encode(LED[0])
    assert caught.value.field == "conditions"


def test_a_control_folder_without_a_part_names_it(tmp_path: Path) -> None:
    folder = write_tiny_control(write_tiny_kino(tmp_path))
    (folder / "control" / "follower" / "config.json").unlink()
    with pytest.raises(WeightsMissing, match="follower"):
        KinoMini.from_folder(folder)


def test_branches_made_for_another_trunk_are_refused(tmp_path: Path) -> None:
    folder = write_tiny_control(write_tiny_kino(tmp_path))
    (folder / "control" / "clip").rename(folder / "control" / "other")
    (folder / "control" / "keyframe").rename(folder / "control" / "clip")
    (folder / "control" / "other").rename(folder / "control" / "keyframe")
    with pytest.raises(ModelError, match="control/keyframe"):
        KinoMini.from_folder(folder)


@pytest.mark.parametrize(("frames", "anew", "field"), [(CLIP[:3], ANEW, "footage"), (CLIP, ANEW[:2], "mask")])
def test_a_repaint_of_another_length_is_refused(kino: KinoMini, frames: Frames, anew: Frames, field: str) -> None:
    with pytest.raises(ModelError) as caught:
        kino.encode(replace(PLAIN, repaint=Repaint(frames, anew)))
    assert caught.value.field == f"repaint.{field}"


def test_longer_maps_are_spread_over_the_clip(kino: KinoMini) -> None:
    twice = MAP.repeat(2, axis=0)
    spread: Sequence[int] = [0, 2, 5, 7]
    direct = replace(PLAIN, maps=(FollowMap("mask", twice[spread]),))
    assert make(kino, replace(PLAIN, maps=(FollowMap("mask", twice),))).tobytes() == make(kino, direct).tobytes()


def test_lines_of_a_large_drawing_stay_lines_and_faint_ones_count_in_full() -> None:
    drawing = np.zeros((1, 512, 512), np.uint8)
    drawing[0, :, 100] = 90
    values = map_values(FollowMap("edges", drawing), 4, 64, 64)
    assert values.shape == (1, 64, 64)
    torch.testing.assert_close(values[0, :, 12], torch.ones(64))
    assert values.sum() == 64
    assert not map_values(FollowMap("edges", np.zeros_like(drawing)), 4, 64, 64).any()


def test_the_middle_of_a_wide_map_is_what_counts() -> None:
    wide = np.zeros((1, 64, 128), np.uint8)
    wide[0, :, 32:96] = 255
    for kind in MAP_KINDS:
        torch.testing.assert_close(map_values(FollowMap(kind, wide), 4, 64, 64), torch.ones(1, 64, 64))
