"""Fixed point sets: no random numbers, so equal scenes give equal pictures."""

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter

Floats = npt.NDArray[np.float32]

TILE = 4
"""Neighbouring pixels in squares of this side use different samples; averaging a square uses them all."""


def sphere_directions(count: int) -> Floats:
    """(count, 3) unit vectors, evenly spread on a Fibonacci spiral."""
    index = np.arange(count)
    height = 1 - (2 * index + 1) / count
    turn = np.pi * (1 + 5**0.5) * index
    across = np.sqrt(1 - height * height)
    return np.stack([across * np.cos(turn), height, across * np.sin(turn)], axis=-1).astype(np.float32)


def square_samples(count: int) -> Floats:
    """(count, 2) in [-1, 1], evenly spread: the R2 sequence (Roberts 2018)."""
    step = np.array([0.7548776662466927, 0.5698402909980532])
    return (2 * ((0.5 + np.outer(np.arange(count), step)) % 1) - 1).astype(np.float32)


def tile_numbers(rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(n,) in [0, TILE^2): a pixel's number in its square, neighbours far apart (Bayer's order)."""
    order = np.array([0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5])
    return order[(rows % TILE) * TILE + columns % TILE]


def smoothed(noisy: Floats, guide: Floats, tolerance: float) -> Floats:
    """Average each pixel with those of a square around it that its guide says are of the same surface.

    noisy: (h, w); guide: (k, h, w), of which pixels alike differ by much less than tolerance.
    """
    height, width = noisy.shape
    before, after = TILE // 2, TILE - 1 - TILE // 2
    edges = ((before, after), (before, after))
    around, guides = np.pad(noisy, edges, mode="edge"), np.pad(guide, ((0, 0), *edges), mode="edge")
    total, weights = np.zeros_like(noisy), np.zeros_like(noisy)
    for down in range(TILE):
        for across in range(TILE):
            there = slice(down, down + height), slice(across, across + width)
            change = guides[:, *there] - guide
            unlike = np.einsum("khw,khw->hw", change, change)
            weight = np.maximum(1 - unlike * np.float32(1 / tolerance**2), np.float32(1e-4))
            total += weight * around[there]
            weights += weight
    return total / weights


def blurred(values: Floats) -> Floats:
    """Average each cell of a grid with those of a square around it, twice: without noise, and without steps."""
    return np.asarray(uniform_filter(uniform_filter(values, TILE, origin=-1), TILE), np.float32)


def cosine_directions(count: int) -> Floats:
    """(count, 3) unit vectors above the horizon, the denser the higher, as a level surface weighs light."""
    u, v = (square_samples(count).T + 1) / 2
    across, turn = np.sqrt(u), 2 * np.pi * v
    return np.stack([across * np.cos(turn), np.sqrt(1 - u), across * np.sin(turn)], axis=-1).astype(np.float32)
