"""An invisible mark in pictures: 64 bits, spread by a key over the luma's low frequencies.

Spread-spectrum watermarking (Cox et al. 1997, https://doi.org/10.1109/83.650120) in 8 × 8 DCT blocks. It survives
compression and scaling there and back; it does not survive crops, turns or other sizes than it was written in, and
whoever has the key can remove it. For review copies: masters for compositing stay unmarked.
"""

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

BITS = 64
STRENGTH = 5.0
"""Amplitude in a block of middling activity, in 8-bit steps of an orthonormal DCT's coefficient."""
PRESENT = 5.0
"""Evidence from which on a mark counts as found; by chance once in three million pictures."""
_SIDE = 8
_PLACES = ((0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (1, 2), (2, 1))
"""Coefficients that carry it: above a block's mean, below what half the resolution loses."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_CALM, _BUSY = 2.0, 24.0
"""Deviation of a block's luma at which the mark is at its weakest, and at its strongest."""
_QUIETEST, _LOUDEST = 0.8, 1.3

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Mark:
    """What was found."""

    payload: int
    """The 64 bits, as an unsigned number; of no meaning where the mark is not present."""
    evidence: float
    """How far the bits stand out of the picture, in standard deviations."""

    @property
    def present(self) -> bool:
        """Whether there is a mark of this key."""
        return self.evidence >= PRESENT


def marked(picture: Picture, payload: int, key: bytes, *, strength: float = STRENGTH) -> Picture:
    """The picture with the mark in it. picture: (h, w, 3) uint8, at least 64 blocks; payload: 0 to 2**64 - 1.

    Raises ValueError for a picture that is too small or a payload that is too large.
    """
    if not 0 <= payload < 1 << BITS:
        raise ValueError(f"payload must be 0 to 2**64 - 1, is {payload}")
    blocks, pattern = _blocks(picture), _pattern(*_grid(picture), key)
    signs = np.array([2 * (payload >> number & 1) - 1 for number in range(BITS)], np.float32)
    coefficients: NDArray[np.float32] = np.zeros_like(blocks)
    activity = np.interp(blocks.std(axis=(1, 2)), (_CALM, _BUSY), (_QUIETEST, _LOUDEST))
    loudness = (strength * activity).astype(np.float32)
    values = (loudness * signs[pattern.bit])[:, None] * pattern.sign
    for number, (row, column) in enumerate(_PLACES):
        coefficients[:, row, column] = values[:, number]
    basis = _basis()
    change = _unblocked((basis.T @ coefficients @ basis).astype(np.float32), *_grid(picture))
    made = picture.astype(np.float32)
    made[: change.shape[0], : change.shape[1]] += change[..., None]
    return np.rint(made).clip(0, 255).astype(np.uint8)


def found(pictures: NDArray[np.uint8], key: bytes) -> Mark:
    """The mark in pictures that all carry the same. pictures: (n, h, w, 3) uint8, as large as when they were marked."""
    pattern, basis = _pattern(*_grid(pictures[0]), key), _basis()
    # The mean of all, not all after another: what the pictures have in common would vote once for each of them.
    luma = np.mean([_blocks(picture) for picture in pictures], axis=0)
    coefficients = basis @ luma @ basis.T
    seen = np.stack([coefficients[:, row, column] for row, column in _PLACES], axis=1)
    # What the picture itself has there is noise; bounded, so that no single edge outvotes the rest.
    scale = np.median(np.abs(seen), axis=0) + 1.0
    votes = (np.tanh(seen / (2 * scale)) * pattern.sign).sum(axis=1)
    scores = np.bincount(pattern.bit, votes, BITS) / np.sqrt(np.bincount(pattern.bit, votes**2, BITS) + 1e-9)
    payload = sum(1 << number for number in range(BITS) if scores[number] > 0)
    # By chance each score is normal: the mean of their sizes would be 0.798, with a deviation of 0.0753.
    return Mark(payload, float((np.abs(scores).mean() - 0.798) / 0.0753))


@dataclass(frozen=True, slots=True)
class _Pattern:
    bit: NDArray[np.int64]
    """(blocks,): the bit that each carries."""
    sign: NDArray[np.float32]
    """(blocks, places): 1 or -1."""


@cache
def _pattern(rows: int, columns: int, key: bytes) -> _Pattern:
    """Of a key and a size; by a hash, since no library's random numbers are promised to stay."""
    count = rows * columns
    if count < BITS:
        raise ValueError(f"a mark needs {BITS} blocks of 8 × 8 pixels, the picture has {count}")
    seed = hashlib.sha256(b"kinoform watermark\0" + key).digest() + rows.to_bytes(4, "big") + columns.to_bytes(4, "big")
    places = len(_PLACES)
    drawn = np.frombuffer(hashlib.shake_256(seed).digest(count * (8 + places)), np.uint8)
    order = np.argsort(drawn[: 8 * count].copy().view(">u8"), kind="stable")
    bit = np.empty(count, np.int64)
    bit[order] = np.arange(count) % BITS
    sign = 1.0 - 2.0 * (drawn[8 * count :] & 1).reshape(count, places)
    return _Pattern(bit, sign.astype(np.float32))


def _grid(picture: Picture) -> tuple[int, int]:
    return picture.shape[0] // _SIDE, picture.shape[1] // _SIDE


def _blocks(picture: Picture) -> NDArray[np.float32]:
    """(n, 8, 8) of the luma; what is left over at the right and below carries nothing."""
    rows, columns = _grid(picture)
    luma = picture[: rows * _SIDE, : columns * _SIDE].astype(np.float32) @ _LUMA
    return luma.reshape(rows, _SIDE, columns, _SIDE).swapaxes(1, 2).reshape(-1, _SIDE, _SIDE)


def _unblocked(blocks: NDArray[np.float32], rows: int, columns: int) -> NDArray[np.float32]:
    return blocks.reshape(rows, columns, _SIDE, _SIDE).swapaxes(1, 2).reshape(rows * _SIDE, columns * _SIDE)


@cache
def _basis() -> NDArray[np.float32]:
    """The orthonormal DCT-II: coefficients = basis @ block @ basis.T."""
    frequency, place = np.mgrid[:_SIDE, :_SIDE]
    rows = np.cos(np.pi * (2 * place + 1) * frequency / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
    rows[0] /= np.sqrt(2)
    return rows.astype(np.float32)
