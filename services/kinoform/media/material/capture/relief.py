"""Guesses how high a surface is where, from its colours alone.

One picture does not tell a dark stain from a hole. What is darker than its surroundings is taken for deeper, since
less light reaches into pits; thin nets around islands are taken for joints, whatever their tone.
"""

import numpy as np
import numpy.typing as npt

from kinoform.media.material.capture.joints import half_width, joints_in
from kinoform.media.material.capture.periodic import Doubles, Mask, depth_in, filtered, low_pass, smoothed
from kinoform.media.picture.oklab import to_oklab

Floats = npt.NDArray[np.float32]

_FINEST, _RATIO = 0.5, 1.6
"""Pixels of the finest Gaussian, and how much coarser the next one is."""
_COARSEST = 1 / 5
_TYPICAL = 1 / 48
"""Of the tile's side: the scale of most relief. Finer and coarser bands count less, by powers of their scale."""
_RISE, _FALL = 0.6, 0.7
_HEIGHT, _MOST = 4.5, 0.45
"""Height for a lightness in Oklab, and the most that it brings up or down."""
_ON_FACES, _MOST_ON_FACES = 3.0, 0.2
"""The same where joints make the main relief."""
_JOINT, _FACE = 0.15, 0.75
"""Heights of joints and of what lies between them."""
_ROUNDED = 1.5
"""Half widths of a joint over which faces rise from it."""
_STEEPEST = 1.0
"""Root of the mean squared slope: loose stones and blades do not stand steeper than at 45 degrees."""


def relief_of(colour: Floats) -> Floats:
    """(n, n) heights in [0, 1] of an evenly lit tile (n, n, 3) in sRGB; 0.5 where nothing shows."""
    lab = to_oklab(colour.astype(np.float64))
    net = joints_in(lab)
    if net is None:
        return _bounded(0.5, _HEIGHT * _shape(lab[..., 0]), _MOST)
    return _bounded(_between(net), _ON_FACES * _shape(_one_tone(lab[..., 0], net)), _MOST_ON_FACES)


def height_m(relief: Floats, usual_m: float, size_m: float) -> float:
    """Metres from height 0 to 1 for a tile of size_m: the usual ones, or less where slopes would be too steep."""
    steps = [(np.roll(relief, -1, axis) - np.roll(relief, 1, axis)) * (len(relief) / 2) for axis in (0, 1)]
    slope = float(np.sqrt(np.mean(np.square(steps[0]) + np.square(steps[1])))) / size_m
    return min(usual_m, _STEEPEST / max(slope, 1e-9))


def _shape(lightness: Doubles) -> Doubles:
    """The bands of a tile's lightness, each weighted by how much relief its scale tells of."""
    side = len(lightness)
    gain = np.zeros_like(low_pass(side, 0))
    finer, deviation = low_pass(side, 0), _FINEST
    while deviation < _COARSEST * side:
        coarser = low_pass(side, deviation * _RATIO)
        scale = deviation / (_TYPICAL * side)
        gain += (finer - coarser) * (scale**_RISE if scale < 1 else scale**-_FALL)
        finer, deviation = coarser, deviation * _RATIO
    return filtered(lightness, gain)


def _between(net: Mask) -> Doubles:
    """(n, n) heights of faces that stand rounded out of joints."""
    side = len(net)
    rise = np.clip(depth_in(~net) / (_ROUNDED * half_width(net)), 0, 1)
    return _JOINT + (_FACE - _JOINT) * smoothed(rise * (2 - rise), side / 400)


def _one_tone(lightness: Doubles, net: Mask) -> Doubles:
    """The lightness as if joints and faces were equally light."""
    faces = 1 - smoothed(net.astype(np.float64), len(net) / 300)
    return lightness - faces * (lightness[~net].mean() - lightness[net].mean())


def _bounded(base: Doubles | float, detail: Doubles, most: float) -> Floats:
    return np.asarray(np.clip(base + most * np.tanh(detail / most), 0, 1), np.float32)
