"""A picture in another's colours: the linear map that moves one cloud of colours onto another with the least effort.

Pitié & Kokaram 2007, "The linear Monge-Kantorovitch linear colour mapping for example-based colour transfer", here in
Oklab, so that lightness and hue move as far as the eye sees them move.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kinoform.media.picture.oklab import from_oklab, to_oklab

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]

_LEAST_SPREAD = 1e-6
"""Added to every variance: a picture of one colour has none, and can't be stretched to have some."""


class Tones(NamedTuple):
    """Where a picture's colours lie in Oklab."""

    mean: Matrix
    """(3,)"""
    spread: Matrix
    """(3, 3) covariance."""


def tones_of(pixels: Pixels) -> Tones:
    """Of a picture (..., 3) uint8 sRGB."""
    return _tones(_colours(pixels))


def recoloured(pixels: Pixels, tones: Tones, amount: float = 1.0) -> Pixels:
    """The picture (..., 3) uint8 sRGB with its colours moved to `tones`; amount: 0 = not at all, 1 = all the way."""
    colours = _colours(pixels)
    own = _tones(colours)
    root, back = _powers(own.spread)
    middle, _ = _powers(root @ tones.spread @ root)
    moved = (colours - own.mean) @ (back @ middle @ back) + tones.mean
    mixed = from_oklab(colours + amount * (moved - colours))
    return np.asarray(np.rint(mixed * 255), np.uint8).reshape(pixels.shape)


def _colours(pixels: Pixels) -> Matrix:
    return to_oklab(pixels.reshape(-1, 3).astype(np.float64) / 255)


def _tones(colours: Matrix) -> Tones:
    spread = np.cov(colours, rowvar=False, bias=True) + _LEAST_SPREAD * np.eye(3)
    return Tones(colours.mean(axis=0), spread)


def _powers(matrix: Matrix) -> tuple[Matrix, Matrix]:
    """Its square root and the inverse of that; the matrix is symmetric and positive."""
    values, vectors = np.linalg.eigh(matrix)
    roots = np.sqrt(values.clip(min=_LEAST_SPREAD**2))
    return (vectors * roots) @ vectors.T, (vectors / roots) @ vectors.T
