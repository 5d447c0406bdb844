"""Strips: pictures (h, n + overlap, 3) whose last columns show what the first ones show, more or less.

A strip may be a ring: then its last row is followed by its first.
"""

import cv2
import numpy as np
import numpy.typing as npt

from kinoform.media.material.capture.cuts import EXPONENT

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

BORDER = 1 / 6
"""Of the overlap's width, at both sides: no cut comes that near to where one of the ends stops."""
_DEVIATIONS = 4
_COARSE = 4
"""Pixels of the least deviation for a coarser grid's step."""


def ends(strip: Floats, overlap: int) -> tuple[Floats, Floats]:
    """(h, overlap, …) each: the left end, and the right one, whose columns shall take the left one's place."""
    return strip[:, :overlap], strip[:, -overlap:]


def cut_costs(strip: Floats, overlap: int) -> Doubles:
    """(h, overlap) what a cut costs at each place where the two ends lie upon each other."""
    left, right = ends(strip, overlap)
    costs = cv2.GaussianBlur(np.square(left - right).sum(axis=2), (0, 0), 1.0).astype(np.float64) ** EXPONENT
    border = round(BORDER * overlap)
    costs[:, :border] = costs[:, -border:] = 1e3
    return costs


def blurred(plane: Floats, deviation: float, *, ring: bool) -> Floats:
    """A Gaussian in pixels over (h, w) or (h, w, 3): round the ring, and reflected at what is no ring's."""
    wide = round(_DEVIATIONS * deviation)
    beyond = cv2.BORDER_WRAP if ring else cv2.BORDER_REFLECT
    padded = np.asarray(cv2.copyMakeBorder(plane, wide, wide, 0, 0, beyond), np.float32)
    return np.asarray(_gaussian(padded, deviation)[wide : len(padded) - wide], np.float32)


def _gaussian(plane: Floats, deviation: float) -> Floats:
    """A wide one leaves nothing fine, and is found on a coarser grid."""
    height, width = plane.shape[:2]
    step = max(1, int(deviation / _COARSE))
    size = (max(1, width // step), max(1, height // step))
    coarse = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(coarse, (0, 0), deviation * size[0] / width, sigmaY=deviation * size[1] / height)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
