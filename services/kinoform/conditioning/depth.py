"""Relative depth and normals of pictures, by the embedded model depth-mini."""

from collections import deque
from functools import cache

import numpy as np
from numpy.typing import NDArray

import kinoform_weights
from kinoform.models.depth_mini.predict import Answer, DepthMini, Surfaces, ends_of, surfaces

MODEL = "depth-mini"


def depth_of(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w) in [0, 1]: relative inverse depth, near is 1, of a picture (h, w, 3) uint8 sRGB."""
    return _model().see(pixels).inverse_depth


def normals_of(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 3) unit: x right, y up, z towards the viewer, of a picture (h, w, 3) uint8 sRGB."""
    return _model().see(pixels).normals


class DepthOfClip:
    """Depth and normals of a clip's frames, the depth in one range for the whole clip.

    Glances at every frame first, then says of each, in the same order, what is in it.
    """

    def __init__(self) -> None:
        self._answers: deque[Answer] = deque()
        self._ends: tuple[float, float] | None = None

    def glance(self, frame: NDArray[np.uint8]) -> None:
        """frame: (h, w, 3) uint8 sRGB."""
        self._answers.append(_model().answer(frame))

    def next(self, frame: NDArray[np.uint8]) -> Surfaces:
        """Of the next of the frames."""
        if self._ends is None:
            self._ends = ends_of(self._answers)
        return surfaces(self._answers.popleft(), frame, self._ends)


@cache
def _model() -> DepthMini:
    return DepthMini.from_folder(kinoform_weights.path(MODEL))
