"""What is made of a clip's frames one by one, held still where the clip stands still.

A method that sees one frame at a time answers a little otherwise for each, as noise and compression have it: that
flickers before the eye, and in every clip that the maps steer.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

INERTIA = 0.85
"""Share of the frame before in what stands still."""
TOLERANCE = 6.0
"""Difference of two frames, in levels of 255, at which that share has fallen to a third."""
STILL = 2
"""Levels by which no channel of a pixel differs where nothing moves."""
_WINDOW = 5
_FLOW_SIDE = 384
"""Motion is looked for in frames of about this size."""
_LEAST_SIDE = 32
"""Smaller frames than this show no motion that could be followed."""


class Steady:
    """Takes the frames of a clip in their order, each with what was made of it."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._before: tuple[Pixels, Floats] | None = None

    def next(self, frame: Pixels, made: Floats) -> Floats:
        """`made`, mixed with what was made of the frame before it, moved along with the picture.

        The more two frames differ where they lie upon each other, the less of the older is mixed in: where something
        comes into sight, none. frame: (h, w, 3) uint8; made: (h, w) or (h, w, c), any range.
        """
        steadied = made if self._before is None else self._mixed(frame, made, *self._before)
        self._before = frame, steadied
        return steadied

    def _mixed(self, frame: Pixels, made: Floats, frame_before: Pixels, made_before: Floats) -> Floats:
        places = _places(self._motion(frame, frame_before))
        moved = _moved(frame_before, places)
        error = cv2.blur(cv2.absdiff(frame, moved).mean(axis=2, dtype=np.float32), (_WINDOW, _WINDOW))
        trust = np.asarray(INERTIA * np.exp(-np.square(error / TOLERANCE)), np.float32)
        kept = _moved(made_before, places)
        trust = trust if made.ndim == 2 else trust[..., None]
        return np.asarray(made + trust * (kept - made), np.float32)

    def _motion(self, frame: Pixels, before: Pixels) -> Floats:
        """(h, w, 2): where in the frame before each pixel was, relative to its place now, across and down."""
        height, width = frame.shape[:2]
        scale = min(1.0, _FLOW_SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        if min(size) < _LEAST_SIDE:
            return np.zeros((height, width, 2), np.float32)
        now, then = (
            cv2.resize(cv2.cvtColor(each, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
            for each in (frame, before)
        )
        flow = cv2.resize(
            self._flow.calc(now, then, np.zeros((*size[::-1], 2), np.float32)), (width, height)
        ) / np.float32(scale)
        flow[still(frame, before)] = 0
        return np.asarray(flow, np.float32)


def still(frame: Pixels, before: Pixels) -> NDArray[np.bool_]:
    """(h, w): where no channel differs by more than STILL levels."""
    return np.asarray(cv2.absdiff(frame, before).max(axis=2) <= STILL)


def _moved(picture: NDArray[Any], places: Floats) -> NDArray[Any]:
    across, down = cv2.split(places)
    return np.asarray(cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _places(motion: Floats) -> Floats:
    down, across = np.mgrid[: motion.shape[0], : motion.shape[1]].astype(np.float32)
    return motion + np.dstack([across, down])
