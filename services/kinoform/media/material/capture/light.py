"""Takes the light out of a photograph of a flat surface, as far as its colours tell."""

import cv2
import numpy as np
import numpy.typing as npt

from kinoform.media.render.tone import from_srgb, to_srgb

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709."""

_GRID = 48
"""Side of the grid on which the light is found."""
_REACH = 0.2
"""Of the picture's side: what varies more slowly than this counts as light."""
_ROUNDS = 4
_OUTLIER = 4.0
"""Deviations away from the light; what lies beyond, such as a dark stain, does not pull at it."""
_BLACK = 0.01
"""Added before the logarithm: noise in the dark is no light."""
_MOST = 1.0
"""Natural logarithm of the brightest and of one over the dimmest light, beside the mean."""
_GLINT = 1 / 48
"""Of the picture's side; a glint is shorter whichever way it is measured."""
_FAINT = 0.08
"""Linear light by which glints stand out at least."""
_SOFTENED = 0.7
"""Share of a glint that is taken away."""
_DEEPEST, _DARK, _BRIGHT, _WHITEST = 0.013, 0.03, 0.75, 0.87
"""Linear. Nothing dry and matt reflects less than the first (charcoal) or more than the last (fresh snow); beyond the
middle two a picture is bent towards them, since shadows and highlights go on."""


def evenly_lit(colour: Floats) -> Floats:
    """The picture as if the light fell evenly on it. colour: (n, n, 3) sRGB in [0, 1].

    Homomorphic: light times reflectance is a sum of logarithms, of which the slow one is taken for the light. Keeps the
    mean colour; what of a surface itself varies as slowly as light does goes with it.
    """
    linear = without_glints(from_srgb(colour))
    even = linear * np.exp(-illumination(np.log(linear @ LUMA + np.float32(_BLACK))))[..., None]
    even *= linear.mean(axis=(0, 1)) / np.maximum(even.mean(axis=(0, 1)), 1e-6)
    return to_srgb(_reflectable(even))


def illumination(brightness: Floats) -> Floats:
    """The slow part of a logarithm of brightness (n, n), less its mean.

    By robust, locally linear regression (Cleveland 1979, LOWESS), which follows a light that rises to the picture's
    border and does not follow stains.
    """
    small = cv2.resize(brightness, (_GRID, _GRID), interpolation=cv2.INTER_AREA).astype(np.float64)
    light, weights = small, np.ones_like(small)
    for _ in range(_ROUNDS):
        light = _locally_linear(small, weights)
        off = np.abs(small - light)
        limit = _OUTLIER * 1.4826 * float(np.median(off)) + 1e-6
        weights = np.clip(1 - (off / limit) ** 2, 0, 1) ** 2 + 1e-3
    light = np.clip(light - light.mean(), -_MOST, _MOST).astype(np.float32)
    return np.asarray(cv2.resize(light, brightness.shape[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def without_glints(linear: Floats) -> Floats:
    """Softens highlights that are small whichever way they are measured. linear: (n, n, 3).

    A highlight adds the same to all channels (Shafer 1985, the dichromatic model), so it shows in the least of them.
    Thin lines are kept: joints of light mortar are no highlights.
    """
    grey = linear.min(axis=2)
    length = max(3, round(_GLINT * len(grey)) | 1)
    kept = np.max([cv2.morphologyEx(grey, cv2.MORPH_OPEN, line) for line in _lines(length)], axis=0)
    glint = np.maximum(grey - kept - np.float32(_FAINT), 0)
    return np.asarray(linear - np.float32(_SOFTENED) * glint[..., None], np.float32)


def _locally_linear(values: Doubles, weights: Doubles) -> Doubles:
    """At each place of a grid (n, n) the value of the plane that fits best around it, under a Gaussian window."""
    side = len(values)
    y, x = np.mgrid[:side, :side] / (_REACH * side)

    def around(plane: Doubles) -> Doubles:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), _REACH * side, borderType=cv2.BORDER_CONSTANT), np.float64)

    # Moments about the grid's origin, moved to each place.
    sums = {(i, j): around(weights * x**i * y**j) for i in range(3) for j in range(3) if i + j < 3}
    s, sx, sy = sums[0, 0], sums[1, 0] - x * sums[0, 0], sums[0, 1] - y * sums[0, 0]
    sxx = sums[2, 0] - 2 * x * sums[1, 0] + x * x * s
    syy = sums[0, 2] - 2 * y * sums[0, 1] + y * y * s
    sxy = sums[1, 1] - x * sums[0, 1] - y * sums[1, 0] + x * y * s
    t, tx, ty = (around(weights * values * factor) for factor in (1, x, y))
    normal = np.stack([np.stack(row, -1) for row in ((s, sx, sy), (sx, sxx, sxy), (sy, sxy, syy))], -2)
    right = np.stack([t, tx - x * t, ty - y * t], -1)
    solved: Doubles = np.linalg.solve(normal + 1e-9 * np.eye(3), right[..., None])[..., 0, 0]
    return solved


def _lines(length: int) -> list[npt.NDArray[np.uint8]]:
    """Four line segments of that length in pixels, as masks."""
    diagonal = np.eye(length, dtype=np.uint8)
    flat = np.ones((1, length), np.uint8)
    return [flat, flat.T, diagonal, np.ascontiguousarray(diagonal[::-1])]


def _reflectable(linear: Floats) -> Floats:
    """Colours (n, n, 3) whose luminance a surface can have."""
    luminance = linear @ LUMA
    down, up = np.clip(luminance / _DARK, 0, 1), np.clip((1 - luminance) / (1 - _BRIGHT), 0, 1)
    toe = _DEEPEST + (_DARK - _DEEPEST) * down ** (_DARK / (_DARK - _DEEPEST))
    shoulder = _WHITEST - (_WHITEST - _BRIGHT) * up ** ((1 - _BRIGHT) / (_WHITEST - _BRIGHT))
    bent = np.where(luminance < _DARK, toe, np.where(luminance > _BRIGHT, shoulder, luminance))
    return np.asarray(np.clip(linear + (bent - luminance)[..., None], 0, 1), np.float32)
