"""Sets a photograph upright that was taken askew: lines that run together are made parallel, leaning ones straight."""

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

_SIDE = 256
"""Pixels of the picture in which edges are looked for."""
_EDGES = 4000
"""The strongest ones count."""
_BINS = 90
_COARSE, _FINE = 0.04, 0.01
_FARTHEST = 0.36
"""Of a horizon's p and q: a wall seen some 30 degrees off by a usual lens. Searched in two rounds of steps."""
_DOUBT = 1.0
"""How much likelier a picture from straight above is: what few lines say counts less than that."""
_BETTER = 1.08
"""How much more of one mind the edges must be; chance brings 1.02."""
_CLEAR, _NEAR = 0.4, np.radians(2)
"""Share of the edges that must lean alike, that near to each other, for the picture to be turned."""
_LEAST_LEAN, _MOST_LEAN = np.radians(1.5), np.radians(15)
"""Less is left to the tile's own edges, which may lean, and more is no accident."""


class Edges(NamedTuple):
    """Lines a x + b y + c = 0 through edges in a picture from (-1, -1) to (1, 1)."""

    a: Doubles
    b: Doubles
    c: Doubles
    strength: Doubles


def upright(picture: Floats, luminance: Floats) -> Floats:
    """The picture (n, n, 3), rectified, and of that the largest square; itself if nothing says that it is askew.

    The horizon p x + q y + 1 = 0 is the one in whose rectification edges run in the fewest directions: only what is
    built of lines has one.
    """
    edges = edges_of(luminance)
    p, q = horizon_of(edges)
    turn = lean_of(edges, p, q)
    if p == q == turn == 0:
        return picture
    rotation = np.array([[np.cos(turn), np.sin(turn), 0], [-np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    return _rectified(picture, rotation @ np.array([[1, 0, 0], [0, 1, 0], [p, q, 1]]))


def edges_of(luminance: Floats) -> Edges:
    """The strongest edges of a picture (n, n)."""
    small = cv2.GaussianBlur(cv2.resize(luminance, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), (0, 0), 1.5)
    a, b = (np.asarray(cv2.Sobel(small, cv2.CV_64F, *order)[4:-4, 4:-4], np.float64) for order in ((1, 0), (0, 1)))
    strength = np.hypot(a, b)
    chosen = np.argsort(-strength, axis=None, kind="stable")[:_EDGES]
    y, x = np.divmod(chosen, len(strength))
    x, y = (2 * (place + 4.5) / _SIDE - 1 for place in (x, y))
    a, b, strength = a.ravel()[chosen], b.ravel()[chosen], strength.ravel()[chosen]
    return Edges(a, b, -(a * x + b * y), strength)


def horizon_of(edges: Edges) -> tuple[float, float]:
    """(p, q) of the horizon; (0, 0) without one."""
    if not edges.strength.sum() > 0:
        return 0.0, 0.0
    best = (0.0, 0.0)
    for step, reach in ((_COARSE, _FARTHEST), (_FINE, _COARSE)):
        tried = np.arange(-round(reach / step), round(reach / step) + 1) * step
        horizons = [(best[0] + p, best[1] + q) for p in tried for q in tried]
        best = max(horizons, key=lambda horizon: _agreement(edges, *horizon) * _likelihood(*horizon))
    flat = _agreement(edges, 0, 0)
    return best if _agreement(edges, *best) * _likelihood(*best) > _BETTER * flat else (0.0, 0.0)


def lean_of(edges: Edges, p: float, q: float) -> float:
    """Radians by which most lines, once rectified, lean off the upright or level; 0 unless that is clear and little."""
    quarter = np.pi / 2
    folded = (_angles(edges, p, q) + quarter / 2) % quarter - quarter / 2
    counts, borders = np.histogram(folded, bins=4 * _BINS, range=(-quarter / 2, quarter / 2), weights=edges.strength)
    most = int(np.convolve(counts, np.ones(9), "same").argmax())
    near = np.abs(folded - (borders[most] + borders[most + 1]) / 2) < _NEAR
    if not edges.strength[near].sum() > _CLEAR * edges.strength.sum():
        return 0.0
    lean = float(np.average(folded[near], weights=edges.strength[near]))
    return lean if _LEAST_LEAN <= abs(lean) <= _MOST_LEAN else 0.0


def _angles(edges: Edges, p: float, q: float) -> Doubles:
    """Directions across the edges in [0, pi), after (x, y) -> (x, y) / (p x + q y + 1)."""
    return np.arctan2(edges.b - q * edges.c, edges.a - p * edges.c) % np.pi


def _agreement(edges: Edges, p: float, q: float) -> float:
    """1 for edges of all directions alike, up to _BINS / 3 for those of one."""
    bins = (_angles(edges, p, q) * (_BINS / np.pi)).astype(np.int64) % _BINS
    found = np.bincount(bins, edges.strength, _BINS)
    found = found + np.roll(found, 1) + np.roll(found, -1)
    return float(np.square(found).sum() / found.sum() ** 2 * _BINS)


def _likelihood(p: float, q: float) -> float:
    """Nearly all pictures are taken nearly from above."""
    return float(np.exp(-_DOUBT * (p * p + q * q)))


def _rectified(picture: Floats, homography: Doubles) -> Floats:
    """What a homography of (-1, -1) to (1, 1) makes of the picture: the largest upright square in it."""
    corners = np.array([[-1, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]]) @ homography.T
    x, y, half = _largest_square(corners[:, :2] / corners[:, 2:])
    side = len(picture)
    pixels = np.array([[2 / side, 0, 1 / side - 1], [0, 2 / side, 1 / side - 1], [0, 0, 1]])
    square = np.array([[half, 0, x], [0, half, y], [0, 0, 1]])
    source = np.linalg.inv(pixels) @ np.linalg.inv(homography) @ square @ pixels
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(picture, source, (side, side), flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(np.clip(warped, 0, 1), np.float32)


def _largest_square(corners: Doubles) -> tuple[float, float, float]:
    """Centre x, y and half the side of the largest upright square in a convex quadrangle (4, 2), clockwise."""
    along = np.roll(corners, -1, axis=0) - corners
    inward = np.stack([-along[:, 1], along[:, 0]], axis=-1)
    # Every corner inside: inward . (centre - corner) >= half * |inward|_1
    sides = np.concatenate([-inward, np.abs(inward).sum(axis=1, keepdims=True)], axis=1)
    limits = -(inward * corners).sum(axis=1)
    x, y, half = linprog([0, 0, -1], sides, limits, bounds=[(None, None), (None, None), (0, None)]).x
    return float(x), float(y), float(half)
