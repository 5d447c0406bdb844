"""Relative depth and normals of pictures, by the embedded model depth-mini."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

import kinoform_weights
from kinoform.models.depth_mini.predict import DepthMini

MODEL = "depth-mini"


def depth_of(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w) in [0, 1]: relative inverse depth, near is 1, of a picture (h, w, 3) uint8 sRGB."""
    return _model().see(pixels).inverse_depth


def normals_of(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 3) unit: x right, y up, z towards the viewer, of a picture (h, w, 3) uint8 sRGB."""
    return _model().see(pixels).normals


@cache
def _model() -> DepthMini:
    return DepthMini.from_folder(kinoform_weights.path(MODEL))
