"""People in pictures: found, placed, drawn."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from kinoform.conditioning.blazepose import PACKAGE, RUNTIME, Body, bodies
from kinoform.conditioning.blazepose import installed as networks
from kinoform.conditioning.skeleton import draw, openpose_points
from kinoform.serving.errors import NotInstalled
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from tests.conditioning.conditioning_peer import conditioning_service, png
from tests.conditioning.test_conditioning_clips import frames_of, written
from tests.conditioning.test_conditioning_clips import prepared as prepared_clip
from tests.conditioning.test_conditioning_runs import picture, prepared

missing = any(importlib.util.find_spec(each) is None for each in (PACKAGE, RUNTIME))
installed = pytest.mark.skipif(missing, reason="mediapipe or ai-edge-litert is not installed")
POSE = pb.ConditioningSpec(pose=pb.Pose())
NOSE, RIGHT_SHOULDER, LEFT_SHOULDER, RIGHT_EYE, LEFT_EYE = 0, 2, 5, 14, 15
Pixels = np.ndarray


def astronaut() -> Pixels:
    """Eileen Collins, 512 x 512; her face is about (222, 115)."""
    data = pytest.importorskip("skimage.data")
    return np.asarray(data.astronaut())


def points_of(pixels: Pixels) -> Pixels:
    (body,) = bodies(pixels)
    return openpose_points(body, pixels.shape[1], pixels.shape[0])


@installed
def test_a_person_is_found_where_she_is() -> None:
    points = points_of(astronaut())
    assert np.hypot(*(points[NOSE, :2] - (221, 126))) < 15
    assert np.hypot(*(points[[RIGHT_EYE, LEFT_EYE], :2].mean(axis=0) - (222, 108))) < 15
    assert points[RIGHT_SHOULDER, 0] < points[NOSE, 0] < points[LEFT_SHOULDER, 0], "her right is on our left"
    assert 180 < points[RIGHT_SHOULDER, 1] < 280


@installed
@pytest.mark.parametrize("turned", [False, True])
def test_a_person_is_found_elsewhere_smaller_and_turned(turned: bool) -> None:
    pixels, points = astronaut(), points_of(astronaut())
    wide = np.full((300, 700, 3), 128, np.uint8)
    wide[40:296, 400:656] = pixels[::2, ::2]
    if turned:
        wide = np.ascontiguousarray(np.rot90(wide))
    found = points_of(wide)
    expected = points[:, :2] / 2 + (400, 40)
    expected = np.column_stack([expected[:, 1], 699 - expected[:, 0]]) if turned else expected
    seen = (points[:, 2] > 0) & (found[:, 2] > 0)
    seen[[4, 7, 8, 9, 10, 11, 12, 13]] = False  # guessed: beyond the picture
    assert seen.sum() >= 6
    assert np.median(np.hypot(*(found[seen, :2] - expected[seen]).T)) < 12


@installed
async def test_the_service_draws_the_pose_and_tells_its_points(tmp_path: Path) -> None:
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared(peer, POSE, png(astronaut()))
        drawn, told = picture(peer, stream), json.loads(peer.store.read(stream.outputs["pose"]))
        again = await prepared(peer, POSE, png(astronaut()))
        assert again.outputs == stream.outputs
    assert (told["canvas_width"], told["canvas_height"]) == (512, 512)
    points = np.reshape(told["people"][0]["pose_keypoints_2d"], (18, 3))
    assert np.allclose(points, points_of(astronaut()), atol=1e-3)
    across, down = points[NOSE, :2].round().astype(int)
    assert drawn.shape == (512, 512, 3)
    assert tuple(drawn[down, across]) == (255, 0, 0)
    assert 0.001 < drawn.any(axis=2).mean() < 0.1


@installed
async def test_a_clip_has_a_pose_for_each_frame(tmp_path: Path) -> None:
    nobody = np.full((512, 512, 3), 128, np.uint8)
    frames = np.stack([astronaut(), nobody])
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared_clip(peer, POSE, written(frames, tmp_path / "clip"))
        told = json.loads(peer.store.read(stream.outputs["pose"]))
        clip = frames_of(peer, stream)
    assert [len(frame["people"]) for frame in told] == [1, 0]
    assert [bool(frame.any()) for frame in clip] == [True, False]


@installed
async def test_a_picture_without_people_is_the_callers_to_change(tmp_path: Path) -> None:
    async with conditioning_service(tmp_path) as peer:
        stream = await prepared(peer, POSE, png(np.full((64, 64, 3), 128, np.uint8)))
    assert "nobody" in stream.heard[-1].failed.error.message


def test_points_that_are_hidden_or_beyond_the_picture_are_none() -> None:
    points, visible = np.full((33, 2), 10, np.float32), np.ones(33, np.float32)
    points[25], visible[14] = (10, 90), 0.2  # left knee, right elbow
    found = openpose_points(Body(points, visible), 64, 64)
    assert [place for place in range(18) if found[place, 2] == 0] == [3, 12]
    assert not found[[3, 12]].any()
    assert not draw([np.zeros((18, 3), np.float32)], 64, 64).any()


def test_the_package_is_named_where_it_is_missing() -> None:
    with pytest.raises(NotInstalled, match=r"pip install --no-deps mediapipe==0\.10\.21"):
        networks("no_such_package")
