"""Guesses how rough a surface is where: a usual roughness, varied by what mostly goes with it."""

import numpy as np
import numpy.typing as npt

from kinoform.media.material.capture.periodic import smoothed
from kinoform.media.picture.oklab import to_oklab

Floats = npt.NDArray[np.float32]

_STONE, _METAL = 0.78, 0.4
"""Of surfaces of which nothing is known, and of metals."""
_NEAR = 1 / 64
"""Of the tile's side."""
_DARK, _UNEVEN, _PALE = 0.5, 0.8, 1.2
"""Roughness for a lightness below its surroundings' mean, for a deviation of lightness, and less of it for light that
is paler than the mean colour: dirt and pits are dull, smooth places shine, and shine is white."""
_MOST = 0.18


def roughness_of(colour: Floats, *, metal: bool) -> Floats:
    """(n, n) perceptual roughness in [0, 1] of an evenly lit tile (n, n, 3) in sRGB."""
    lab = to_oklab(colour.astype(np.float64))
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    deviation = _NEAR * len(colour)
    above = lightness - smoothed(lightness, 4 * deviation)
    uneven = np.sqrt(np.maximum(smoothed(np.square(above), deviation), 0))
    pale = np.maximum(above, 0) * np.clip(1 - chroma / max(float(chroma.mean()), 1e-6), 0, 1)
    varied = _UNEVEN * (uneven - uneven.mean()) - _DARK * np.minimum(above, 0) - _PALE * pale
    usual = _METAL if metal else _STONE
    return np.asarray(usual + _MOST * np.tanh(varied / _MOST), np.float32)
