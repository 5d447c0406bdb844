"""Filters of tiles, which know no border."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Doubles = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def frequency(side: int) -> Doubles:
    """(side, side // 2 + 1) cycles a pixel of each place in a tile's half spectrum."""
    return np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])


def filtered(tile: Doubles, gain: Doubles) -> Doubles:
    """The tile (n, n) with its half spectrum (n, n // 2 + 1) multiplied."""
    return np.fft.irfft2(np.fft.rfft2(tile) * gain, tile.shape)


def low_pass(side: int, deviation: float) -> Doubles:
    """Gain of a Gaussian of that deviation in pixels."""
    return np.exp(-2 * np.square(np.pi * deviation * frequency(side)))


def smoothed(tile: Doubles, deviation: float) -> Doubles:
    """The tile (n, n) under a Gaussian in pixels."""
    return filtered(tile, low_pass(len(tile), deviation))


def depth_in(mask: Mask) -> Doubles:
    """(n, n) distance in pixels from each place of the mask to the next outside it, up to a quarter of the tile; 0
    outside."""
    around = len(mask) // 4
    padded = np.pad(mask, around, mode="wrap")
    padded[[0, -1]] = padded[:, [0, -1]] = False
    return np.asarray(ndimage.distance_transform_edt(padded)[around:-around, around:-around], np.float64)


def components(mask: Mask) -> npt.NDArray[np.int64]:
    """(n, n) numbers of the mask's connected parts, joined over the border; 0 outside."""
    labels, count = ndimage.label(mask)
    root = np.arange(count + 1)
    borders = [(labels[0], labels[-1]), (labels[:, 0], labels[:, -1])]
    pairs = {pair for one, other in borders for pair in zip(one.tolist(), other.tolist(), strict=True) if all(pair)}
    for one, other in sorted(pairs):
        root[root == max(root[one], root[other])] = min(root[one], root[other])
    return np.asarray(root[labels], np.int64)


def largest(mask: Mask) -> Mask:
    """The largest connected part of the mask (empty for none)."""
    numbers = components(mask)
    counts = np.bincount(numbers.ravel())
    counts[0] = 0
    return np.asarray(mask & (numbers == counts.argmax()))
