"""Bodies as OpenPose shows them (Cao et al. 2019, https://arxiv.org/abs/1812.08008): points, and limbs on black."""

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from kinoform.conditioning.blazepose import Body

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

_SHOULDERS = (11, 12)
_POINTS = (0, -1, 12, 14, 16, 11, 13, 15, 24, 26, 28, 23, 25, 27, 5, 2, 8, 7)
"""BlazePose's landmark for each of COCO's points as OpenPose orders them; -1 is the neck, between the shoulders."""
_LIMBS = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10)),
    *((1, 11), (11, 12), (12, 13), (1, 0), (0, 14), (14, 16), (0, 15), (15, 17)),
)
_VISIBLE = 0.5
_LIMB_SHADE = 0.6
_THICKNESS = 128
"""Sides of a picture over half a limb's width."""


def openpose_points(body: Body, width: int, height: int) -> Floats:
    """(18, 3): across, down, in pixels, and how sure; 0, 0, 0 for a point that is hidden or beyond the picture."""
    points = np.zeros((18, 3), np.float32)
    for place, landmark in enumerate(_POINTS):
        chosen = list(_SHOULDERS) if landmark < 0 else [landmark]
        sure = body.visible[chosen].min()
        across, down = body.points[chosen].mean(axis=0)
        if sure >= _VISIBLE and 0 <= across < width and 0 <= down < height:
            points[place] = across, down, sure
    return points


def draw(people: Sequence[Floats], width: int, height: int) -> Pixels:
    """(height, width, 3) uint8: limbs, then points, in OpenPose's colours on black. people: (18, 3) each."""
    picture = np.zeros((height, width, 3), np.uint8)
    half = max(1, round(max(width, height) / _THICKNESS))
    for points in people:
        for number, (start, end) in enumerate(_LIMBS):
            if points[start, 2] > 0 and points[end, 2] > 0:
                _limb(picture, points[start, :2], points[end, :2], half, _colour(number, _LIMB_SHADE))
        for number, (across, down, sure) in enumerate(points):
            if sure > 0:
                cv2.circle(picture, (round(float(across)), round(float(down))), half, _colour(number, 1), -1)
    return picture


def frame_json(people: Sequence[Floats], width: int, height: int) -> dict[str, object]:
    """One picture in the terms of OpenPose's JSON output (`pose_keypoints_2d`, COCO's 18 points)."""
    keypoints = [{"pose_keypoints_2d": [round(float(value), 3) for value in points.ravel()]} for points in people]
    return {"version": 1.3, "canvas_width": width, "canvas_height": height, "people": keypoints}


def _limb(picture: Pixels, start: Floats, end: Floats, half: int, colour: tuple[int, int, int]) -> None:
    middle, along = (start + end) / 2, end - start
    length, angle = float(np.hypot(*along)), math.degrees(math.atan2(along[1], along[0]))
    centre = round(float(middle[0])), round(float(middle[1]))
    ellipse = cv2.ellipse2Poly(centre, (int(length / 2), half), int(angle), 0, 360, 1)
    cv2.fillConvexPoly(picture, np.asarray(ellipse, np.int32), colour)


def _colour(number: int, shade: float) -> tuple[int, int, int]:
    """A hue of 18 around the circle, in OpenPose's steps of 85: red, orange, …, pink."""
    step, rest = divmod(number * 85, 255)
    up, down = rest, 255 - rest
    red, green, blue = ((255, up, 0), (down, 255, 0), (0, 255, up), (0, down, 255), (up, 0, 255), (255, 0, down))[step]
    return int(red * shade), int(green * shade), int(blue * shade)
