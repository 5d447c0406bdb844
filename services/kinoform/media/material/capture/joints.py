"""Finds the joints between bricks, tiles and slabs: a thin net of one tone around islands of others."""

import numpy as np
import numpy.typing as npt

from kinoform.media.material.capture.periodic import Doubles, Mask, components, depth_in, largest, smoothed

_FINE, _SLOW = 1 / 256, 1 / 6
"""Of the tile's side: what is finer or slower is no joint."""
_BINS = 128
_APART = 0.6
"""Share of the variance that two tones explain."""
_LEAST, _MOST = 0.02, 0.45
"""Of the tile's area."""
_THIN = 0.6
"""Of the islands' thickness."""
_CONNECTED = 0.6
"""Share of its own area that hangs together in a net."""
_ISLAND = 0.5
"""Share of theirs that the largest island has at the most."""
_THICKEST, _SMALLEST = 2.0, 6.0
"""Times the net's mean half width: what of it is thicker, together with islands that are not even so many times as
wide, is an island of nearly the joints' tone."""


def joints_in(lab: Doubles) -> Mask | None:
    """(n, n) where joints are; None if there is no such net. lab: (n, n, 3), a tile in Oklab."""
    tone = _main_tone(lab)
    threshold, apart = two_tones(tone)
    if apart < _APART:
        return None
    for net in (tone > threshold, tone <= threshold):
        if _LEAST < net.mean() < _MOST and (found := _net(net)) is not None:
            return found
    return None


def two_tones(values: Doubles) -> tuple[float, float]:
    """The threshold that splits values best in two, and the share of their variance that this explains (Otsu 1979)."""
    counts, borders = np.histogram(values, bins=_BINS)
    below = counts.cumsum()[:-1] / values.size
    moments = (counts * (borders[:-1] + borders[1:]) / 2).cumsum() / values.size
    apart = np.square(moments[-1] * below - moments[:-1]) / np.maximum(below * (1 - below), 1e-9)
    best = int(apart.argmax())
    return float(borders[best + 1]), float(apart[best]) / max(float(values.var()), 1e-12)


def half_width(mask: Mask) -> float:
    """Of a thin mask's parts, in pixels: in a strip the mean depth, less the half pixel that each counts too much, is
    half of it."""
    return max(2 * float(depth_in(mask)[mask].mean()) - 1, 0.5)


def _main_tone(lab: Doubles) -> Doubles:
    """(n, n) the direction of Oklab in which the tile varies most, without slow stains."""
    side = len(lab)
    planes = [smoothed(plane, _FINE * side) - smoothed(plane, _SLOW * side) for plane in np.moveaxis(lab, 2, 0)]
    varied = np.stack(planes, axis=-1).reshape(-1, 3)
    _, directions = np.linalg.eigh(varied.T @ varied)
    return np.asarray((varied @ directions[:, -1]).reshape(side, side), np.float64)


def _net(mask: Mask) -> Mask | None:
    """What of the mask is a net; None if it is none."""
    islands = ~mask
    if half_width(mask) > _THIN * half_width(islands):
        return None
    if largest(mask).sum() < _CONNECTED * mask.sum() or largest(islands).sum() > _ISLAND * islands.sum():
        return None
    width = half_width(mask)
    whole = mask | _small(islands, (_SMALLEST * width) ** 2)
    found = largest(whole & ~_thick(whole, _THICKEST * width))
    return found if found.mean() > _LEAST else None


def _small(mask: Mask, area: float) -> Mask:
    """The mask's connected parts of fewer pixels than that."""
    numbers = components(mask)
    return np.asarray(mask & (np.bincount(numbers.ravel())[numbers] < area))


def _thick(mask: Mask, radius: float) -> Mask:
    """Discs of that radius that lie wholly in the mask (a morphological opening)."""
    core: npt.NDArray[np.bool_] = depth_in(mask) > radius
    return np.asarray(mask & (depth_in(~core) <= radius)) if core.any() else core
