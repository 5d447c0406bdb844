"""Closes a picture on itself: what lies at its right border is joined to its left, what lies at its foot to its top."""

import numpy as np

from kinoform.media.material.capture.cuts import Columns, cheapest_cut, cheapest_loop
from kinoform.media.material.capture.meeting import drawn_together
from kinoform.media.material.capture.strips import BORDER, Floats, blurred, cut_costs, ends

_FINEST = 0.75
"""Pixels of the narrowest blend; each next one is twice as wide, up to a share of the overlap."""
_WIDEST = 1 / 12


def closed(picture: Floats, overlap: int) -> Floats:
    """(n, n, 3) that repeats both ways, of a picture (n + overlap, n + overlap, 3) that shows the same at its opposite
    borders, more or less.

    Image quilting (Efros & Freeman 2001) of the picture with itself: brought to meet, cut where the two ends differ
    least, and blended over the cut in bands (Burt & Adelson 1983), the coarse ones wide, the fine ones narrow, so that
    nothing is seen twice.
    """
    across = _joined(picture, overlap, ring=False)
    both = _joined(np.ascontiguousarray(across.swapaxes(0, 1)), overlap, ring=True)
    return np.ascontiguousarray(both.swapaxes(0, 1))


def _joined(strip: Floats, overlap: int, *, ring: bool) -> Floats:
    """(h, n, 3) of a strip (h, n + overlap, 3)."""
    met = drawn_together(strip, overlap, ring=ring)
    costs = cut_costs(met, overlap)
    return _blended(met, cheapest_loop(costs) if ring else cheapest_cut(costs), overlap, ring=ring)


def _blended(strip: Floats, cut: Columns, overlap: int, *, ring: bool) -> Floats:
    """The strip without its right end, which is laid over the left one as far as the cut."""
    columns = np.arange(overlap)
    over = (columns < cut[:, None]).astype(np.float32)
    border = BORDER * overlap
    least, most = 1 - (columns + 0.5) / border, (overlap - columns - 0.5) / border
    joined, rest, width = np.zeros_like(strip[:, :overlap]), strip, _FINEST
    while True:
        last = 2 * width > _WIDEST * overlap
        coarser = np.zeros_like(rest) if last else blurred(rest, 2 * width, ring=ring)
        left, right = ends(rest - coarser, overlap)
        share = np.clip(blurred(over, width, ring=ring), least, most)[..., None]
        joined += left + share * (right - left)
        if last:
            return np.concatenate([joined, strip[:, overlap:-overlap]], axis=1).astype(np.float32)
        rest, width = coarser, 2 * width
