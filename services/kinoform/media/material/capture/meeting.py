"""Bends a strip so that its two ends show the same in the same place, and in the same tone."""

import cv2
import numpy as np

from kinoform.media.material.capture.cuts import EXPONENT, cheapest_cut
from kinoform.media.material.capture.offsets import FARTHEST, offsets_of
from kinoform.media.material.capture.strips import Floats, blurred, cut_costs, ends

_ROUNDS = 2
_WORTH = 0.75
"""Share of the cut's price to which bending must bring it: a pattern that repeats gains much, gravel nothing."""


def drawn_together(strip: Floats, overlap: int, *, ring: bool) -> Floats:
    """The strip (h, n + overlap, 3) with its right end's tone, and its shapes if that helps, brought to the left one's.

    Half of a difference goes to each end, and fades evenly along the strip between them (as in Wu & Yu 2004, feature
    matching and deformation, and as the smooth part of Moisan 2011).
    """
    toned = bent = _toned(strip, overlap, ring=ring)
    offsets = np.zeros((len(strip), 2), np.float32)
    most = FARTHEST * (strip.shape[1] - overlap)
    for _ in range(_ROUNDS):
        offsets = np.clip(offsets + offsets_of(bent, overlap, ring=ring), -most, most)
        bent = _bent(toned, offsets, overlap, ring=ring)
    return bent if _price(bent, overlap) < _WORTH * _price(toned, overlap) else toned


def _toned(strip: Floats, overlap: int, *, ring: bool) -> Floats:
    left, right = ends(strip, overlap)
    # Over as many rows as there are columns: what differs in fewer is no tone, but what the picture shows.
    gap = blurred((right - left).mean(axis=1, keepdims=True), overlap, ring=ring)
    return np.asarray(strip - gap * _fade(strip, overlap)[..., None], np.float32)


def _bent(strip: Floats, offsets: Floats, overlap: int, *, ring: bool) -> Floats:
    fade = _fade(strip, overlap)
    around = int(np.ceil(np.abs(offsets).max())) + 3
    padded = cv2.copyMakeBorder(strip, around, around, 0, 0, cv2.BORDER_WRAP if ring else cv2.BORDER_REFLECT)
    rows, columns = np.indices(strip.shape[:2], np.float32)
    x, y = columns + offsets[:, :1] * fade, rows + around + offsets[:, 1:] * fade
    return np.asarray(cv2.remap(padded, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT), np.float32)


def _fade(strip: Floats, overlap: int) -> Floats:
    """(1, n + overlap): from -1/2 in the middle of the left end to 1/2 in that of the right one."""
    width = strip.shape[1]
    return ((np.arange(width, dtype=np.float32)[None] - overlap / 2) / (width - overlap) - 0.5).astype(np.float32)


def _price(strip: Floats, overlap: int) -> float:
    """Of the cheapest cut, in units of the strip's values squared."""
    costs = cut_costs(strip, overlap)
    cut = cheapest_cut(costs)
    return float(costs[np.arange(len(costs)), cut].mean() ** (1 / EXPONENT))
