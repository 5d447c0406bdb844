"""Finds by how much a strip's two ends are out of place, row by row."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from kinoform.media.material.capture.light import LUMA
from kinoform.media.material.capture.strips import Floats, blurred, ends

Doubles = npt.NDArray[np.float64]

FARTHEST = 0.03
"""Of the tile's side; nothing is looked for further away."""
_WIDTH = 48
"""Pixels of the overlap on the grid where the ends are compared."""
_TONE, _ROWS = 1 / 4, 1 / 2
"""Of the overlap: waves larger than the first are tone; over so many rows as the second the offset stays the same."""
_STAY = 0.05
"""What the farthest offset costs beside the difference in units of the variance: without a reason nothing moves."""


def offsets_of(strip: Floats, overlap: int, *, ring: bool) -> Floats:
    """(h, 2) for each row of a strip (h, n + overlap, 3), by how many pixels to the right and down its right end shows
    things further than its left one.

    By trying all of them, around each row, on a grid; between the grid's places by a parabola.
    """
    detail = strip @ LUMA
    detail -= blurred(detail, _TONE * overlap, ring=ring)
    scale = _WIDTH / overlap
    size = (_WIDTH, max(1, round(len(strip) * scale)))
    left, right = (np.asarray(cv2.resize(end, size, interpolation=cv2.INTER_AREA)) for end in ends(detail, overlap))
    most = round(FARTHEST * (strip.shape[1] - overlap) * scale)
    mode = "wrap" if ring else "reflect"
    costs = gaussian_filter1d(_differences(left, right, most, mode), _ROWS * _WIDTH, axis=2, mode=mode)
    costs /= 2 * float(detail.var()) + 1e-12
    far = np.hypot(*np.mgrid[-most : most + 1, -most : most + 1]) / most
    found = gaussian_filter1d(_cheapest(costs + _STAY * np.square(far)[..., None]), _ROWS * _WIDTH, axis=0, mode=mode)
    return np.asarray(cv2.resize(found / scale, (2, len(strip)), interpolation=cv2.INTER_LINEAR), np.float32)


def _differences(left: npt.NDArray[Any], right: npt.NDArray[Any], most: int, mode: str) -> Doubles:
    """(2 most + 1, 2 most + 1, h) mean squares of what differs in each row, by offset down and to the right."""
    rows, width = left.shape
    padded = np.pad(right, ((most, most), (0, 0)), mode="wrap" if mode == "wrap" else "symmetric")
    seen, span = left[:, most : width - most], range(2 * most + 1)
    moved = [[padded[down : down + rows, across : across + seen.shape[1]] for across in span] for down in span]
    return np.array([[np.square(each - seen).mean(axis=1) for each in line] for line in moved], np.float64)


def _cheapest(costs: Doubles) -> Doubles:
    """(h, 2) offsets to the right and down of the least costs (k, k, h)."""
    count, _, rows = costs.shape
    down, across = np.divmod(costs.reshape(-1, rows).argmin(axis=0), count)
    at = np.arange(rows)
    exact_across = across + _vertex(*(costs[down, np.clip(across + step, 0, count - 1), at] for step in (-1, 0, 1)))
    exact_down = down + _vertex(*(costs[np.clip(down + step, 0, count - 1), across, at] for step in (-1, 0, 1)))
    return np.stack([exact_across, exact_down], axis=-1) - count // 2


def _vertex(before: Doubles, here: Doubles, after: Doubles) -> Doubles:
    """Where, from -1/2 to 1/2, the parabola through three neighbours is least."""
    bend = before - 2 * here + after
    return np.clip((before - after) / np.maximum(2 * bend, 1e-12), -0.5, 0.5)
