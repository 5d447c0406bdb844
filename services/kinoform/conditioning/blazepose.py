"""Bodies in pictures by BlazePose (Bazarevsky et al. 2020, https://arxiv.org/abs/2006.10204): detector, then landmarks.

The networks are those of the PyPI package mediapipe (Apache-2.0), of which only two files are read, run by LiteRT.
"""

import importlib.util
import math
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kinoform.serving.errors import NotInstalled

if TYPE_CHECKING:
    from ai_edge_litert.interpreter import Interpreter

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

PACKAGE, RUNTIME = "mediapipe", "ai_edge_litert"
REMEDY = "pip install --no-deps mediapipe==0.10.21 ai-edge-litert==2.3.0"
MOST = 8
"""Bodies in one picture."""
_DETECTOR, _LANDMARKS = (
    "modules/pose_detection/pose_detection.tflite",
    "modules/pose_landmark/pose_landmark_full.tflite",
)
_SEEN, _CLOSE = 224, 256
"""Sides of what the detector and the landmarks' network see."""
_GRIDS = ((28, 2), (14, 2), (7, 6))
"""Cells a side, and anchors in each cell, of the detector's answers."""
_SURE = 0.5
_OVERLAP = 0.3
_MARGIN = 1.25
"""Of the square that the landmarks' network sees, over the detector's circle."""


class Body(NamedTuple):
    """A person."""

    points: Floats
    """(33, 2): BlazePose's landmarks, across and down, in pixels of the picture."""
    visible: Floats
    """(33,) in [0, 1]."""


class _Circle(NamedTuple):
    """Around a body: from the middle of its hips; upright when `angle` is 0."""

    across: float
    down: float
    radius: float
    angle: float


def bodies(pixels: Pixels) -> list[Body]:
    """The people in a picture (h, w, 3) uint8 sRGB, the surest first. Raises NotInstalled."""
    found = [_landmarks(pixels, circle) for circle in _circles(pixels)]
    return [body for body in found if body is not None]


def _circles(pixels: Pixels) -> list[_Circle]:
    side = max(pixels.shape[:2])
    down, across = (side - pixels.shape[0]) // 2, (side - pixels.shape[1]) // 2
    square = np.zeros((side, side, 3), np.uint8)
    square[down : down + pixels.shape[0], across : across + pixels.shape[1]] = pixels
    seen = cv2.resize(square, (_SEEN, _SEEN), interpolation=cv2.INTER_AREA if side > _SEEN else cv2.INTER_LINEAR)
    answers = _asked(_DETECTOR, seen.astype(np.float32) / np.float32(127.5) - 1)
    raw, logits = answers[0][0], answers[1][0, :, 0]
    scores = 1 / (1 + np.exp(-logits.clip(-80, 80)))
    centres = np.tile(_anchors(), 5)  # of the box and of four points
    places = raw[:, [0, 1, *range(4, 12)]] / _SEEN + centres
    order = [int(place) for place in np.argsort(-scores, kind="stable") if scores[place] >= _SURE]
    kept: list[int] = []
    for place in order:
        if all(_overlap(places[place], raw[place], places[other], raw[other]) < _OVERLAP for other in kept):
            kept.append(place)
    return [_circle(places[place] * side - np.tile((across, down), 5)) for place in kept[:MOST]]


def _circle(points: Floats) -> _Circle:
    """points: (10,): a box's centre, the hips' middle, the point that says how large and how turned the body is, …."""
    (hip_x, hip_y), (far_x, far_y) = points[2:4], points[4:6]
    radius, angle = math.hypot(far_x - hip_x, far_y - hip_y), math.atan2(far_x - hip_x, hip_y - far_y)
    return _Circle(float(hip_x), float(hip_y), radius * _MARGIN, angle)


def _landmarks(pixels: Pixels, circle: _Circle) -> Body | None:
    cos, sin, scale = math.cos(circle.angle), math.sin(circle.angle), 2 * circle.radius / _CLOSE
    turn = np.array([[cos, -sin], [sin, cos]]) * scale
    shift = np.array([circle.across, circle.down]) - turn @ np.full(2, _CLOSE / 2)
    back = np.column_stack([turn, shift])
    close = cv2.warpAffine(pixels, back, (_CLOSE, _CLOSE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    points, present = _asked(_LANDMARKS, close.astype(np.float32) / np.float32(255))[:2]
    if present[0, 0] < _SURE:
        return None
    rows = points.reshape(39, 5)[:33]
    placed = rows[:, :2] @ turn.T + shift
    return Body(np.asarray(placed, np.float32), np.asarray(1 / (1 + np.exp(-rows[:, 3])), np.float32))


def _overlap(one: Floats, one_raw: Floats, other: Floats, other_raw: Floats) -> float:
    sizes = one_raw[2:4] / _SEEN, other_raw[2:4] / _SEEN
    low = np.maximum(one[:2] - sizes[0] / 2, other[:2] - sizes[1] / 2)
    high = np.minimum(one[:2] + sizes[0] / 2, other[:2] + sizes[1] / 2)
    both = float(np.prod((high - low).clip(0)))
    return both / max(float(np.prod(sizes[0]) + np.prod(sizes[1])) - both, 1e-9)


@cache
def _anchors() -> Floats:
    """(2254, 2): the middles of the cells, across and down, in [0, 1]."""
    rows = []
    for side, each in _GRIDS:
        down, across = np.mgrid[:side, :side].reshape(2, -1)
        rows.append(np.repeat(np.column_stack([across + 0.5, down + 0.5]) / side, each, axis=0))
    return np.asarray(np.concatenate(rows), np.float32)


def _asked(name: str, picture: NDArray[np.float32]) -> list[Floats]:
    """A network's answers in their order of a picture (h, w, 3)."""
    network = _network(name)
    network.set_tensor(network.get_input_details()[0]["index"], picture[None])
    network.invoke()
    return [network.get_tensor(answer["index"]) for answer in network.get_output_details()]


@cache
def _network(name: str) -> "Interpreter":
    path = installed() / name
    from ai_edge_litert.interpreter import Interpreter  # not above: only this kind needs it

    network = Interpreter(str(path), num_threads=1)
    network.allocate_tensors()
    return network


def installed(package: str = PACKAGE) -> Path:
    """The folder of the package that has the networks. Raises NotInstalled."""
    # Found without importing it: the package would load much that is not wanted, and need what is not there.
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations or importlib.util.find_spec(RUNTIME) is None:
        raise NotInstalled("the networks of poses", REMEDY)
    return Path(found.submodule_search_locations[0])
