"""Finds by which shifts a picture repeats itself best, so that whole periods of a pattern make the tile."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from kinoform.media.material.capture.cuts import EXPONENT, cheapest_cut, prices

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

SHORTEST, LONGEST = 0.5, 0.8
"""Of the picture's side; the rest of it is where the tile's borders are cut."""
_SIDE = 192
"""Pixels of the picture in which shifts are tried."""
_LEAN = 0.04
"""Of the side: how far a shift may go aside."""
_SLOW = 1 / 12
"""Of the side: larger waves say nothing of where a pattern fits."""
_CANDIDATES = 64
"""Shifts at which the picture looks most like itself, in each direction, that are tried with a real cut."""
_UNLIKE, _LENGTH, _UPRIGHT, _SQUARE = 0.75, 0.4, 1.0, 3.0
"""What it costs beside the cut's own price, in standard deviations, that the picture looks not like itself at a shift
(smooth boards are cut cheaply anywhere, and yet have their width), that the shift is short, that it leans, and that the
tile is oblong."""


class Repeat(NamedTuple):
    """A tile in a picture, in sides of the picture."""

    across: tuple[float, float]
    down: tuple[float, float]
    """Its edges: by these vectors (x, y) it repeats."""
    cut: tuple[float, float]
    """About where a cut down the picture has its x, and one across the picture its y, when the picture is laid over
    itself to the right and below."""


class _Shifts(NamedTuple):
    """Candidates, in pixels."""

    length: Numbers
    aside: Numbers
    price: Doubles


def repeat_of(luminance: Floats) -> Repeat:
    """The best one for a picture (n, n): long, square, upright, and with the cheapest cuts along both borders."""
    small = cv2.resize(luminance, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    detail = (small - cv2.GaussianBlur(small, (0, 0), _SLOW * _SIDE)).astype(np.float64)
    across, down = _candidates(detail), _candidates(np.ascontiguousarray(detail.T))
    oblong = np.square(np.log(across.length[:, None] / down.length[None]))
    total = across.price[:, None] + down.price[None] + _SQUARE * oblong
    i, j = np.unravel_index(total.argmin(), total.shape)
    right, aside = int(across.length[i]), int(across.aside[i])
    below, beside = int(down.length[j]), int(down.aside[j])
    cut = (_cut_at(detail, right, aside), _cut_at(detail.T, below, beside))
    return Repeat((right / _SIDE, aside / _SIDE), (beside / _SIDE, below / _SIDE), cut)


def likeness(picture: Doubles) -> Doubles:
    """(2n, 2n) correlation of a picture (n, n) with itself shifted down by the row and right by the column, modulo 2n:
    over what both show, normalised by what both show there (Padfield 2012, masked registration)."""
    shape = (2 * len(picture), 2 * len(picture))

    def spectrum(plane: Doubles) -> npt.NDArray[np.complex128]:
        return np.fft.rfft2(plane, shape)

    def overlap(fixed: npt.NDArray[np.complex128], moved: npt.NDArray[np.complex128]) -> Doubles:
        return np.fft.irfft2(np.conj(fixed) * moved, shape)

    one, plain, square = spectrum(np.ones_like(picture)), spectrum(picture), spectrum(picture * picture)
    count = np.maximum(np.rint(overlap(one, one)), 1)
    first, second = overlap(plain, one), overlap(one, plain)
    spread = (overlap(square, one) - first**2 / count) * (overlap(one, square) - second**2 / count)
    together = overlap(plain, plain) - first * second / count
    return np.where(spread > 1e-12, together / np.sqrt(np.maximum(spread, 1e-12)), 0.0)


def _candidates(detail: Doubles) -> _Shifts:
    """Shifts to the right."""
    length = np.arange(round(SHORTEST * _SIDE), round(LONGEST * _SIDE) + 1)
    most = round(_LEAN * _SIDE)
    aside, length = (plane.ravel() for plane in np.meshgrid(np.arange(-most, most + 1), length, indexing="ij"))
    price = _UNLIKE * (1 - likeness(detail)[aside % (2 * _SIDE), length])
    price += _LENGTH * (LONGEST - length / _SIDE) + _UPRIGHT * np.abs(aside) / _SIDE
    chosen = np.argsort(price, kind="stable")[:_CANDIDATES]
    length, aside = length[chosen], aside[chosen]
    return _Shifts(length, aside, price[chosen] + _cut_prices(detail, length, aside))


def _cut_prices(detail: Doubles, length: Numbers, aside: Numbers) -> Doubles:
    """What the best cuts through the overlaps of the picture and its shifted self cost, per pixel."""
    costs = np.full((len(length), _SIDE, _SIDE - int(length.min())), 1e6)
    for there, right, down in zip(costs, length, aside, strict=True):
        there[:, : _SIDE - right] = _overlap_costs(detail, right, down)
    found: Doubles = (prices(costs) / _SIDE) ** (1 / EXPONENT)
    return found


def _cut_at(detail: Doubles, right: int, down: int) -> float:
    """Mean x of the cheapest cut, in sides of the picture."""
    return float(cheapest_cut(_overlap_costs(detail, right, down)).mean() + 0.5) / _SIDE


def _overlap_costs(detail: Doubles, right: int, down: int) -> Doubles:
    """(n, n - right) costs of a cut where the picture (n, n) lies upon itself, shifted; nothing where it does not."""
    rows = _SIDE - abs(down)
    fixed, moved = detail[max(0, -down) :][:rows, : _SIDE - right], detail[max(0, down) :][:rows, right:]
    differing = np.zeros((_SIDE, _SIDE - right))
    differing[max(0, -down) :][:rows] = np.square(fixed - moved) / (2 * float(detail.var()) + 1e-12)
    return np.asarray(cv2.GaussianBlur(differing, (0, 0), 1.0) ** EXPONENT, np.float64)
