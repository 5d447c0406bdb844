"""Frames as they are decoded: of one size, and never more of them in memory than will be kept."""

from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kinoform.media.errors import MediaCorrupt, MediaTooLarge, MediaUnsupported
from kinoform.media.picture.sized import within
from kinoform.media.picture.white import on_white

Pixels = NDArray[np.uint8]

MAX_PIXELS = 64_000_000
"""Of one frame, as declared."""
MAX_SIDE = 16_384
MAX_DECODED = 1 << 31
"""Pixels of all frames together, as declared: 240 frames in 4K. Decoding is what hostile files make long."""

MAX_KEPT = 1 << 28
"""Pixels of all frames together, as they are kept: 768 MiB."""


@dataclass(frozen=True, slots=True)
class Footage:
    """A picture or a clip that somebody brought."""

    frames: Pixels
    """uint8 (l, h, w, 3), sRGB, 0…255; l is 1 for a still."""
    rate: Fraction | None
    """Frames per second; of a clip of uneven times the average. None for a still, and where a file says nothing."""


class Bounds(NamedTuple):
    """How much is taken."""

    max_frames: int
    max_side: int
    """Of a frame as it is kept, in pixels."""


class Reel:
    """Takes frames one by one, makes each smaller, and keeps them."""

    def __init__(self, count: int, bounds: Bounds) -> None:
        """count: frames that the file declares. Raises MediaTooLarge, MediaCorrupt."""
        if count > bounds.max_frames:
            raise MediaTooLarge(f"{count} frames; at most {bounds.max_frames} are taken")
        if count < 1:
            raise MediaCorrupt("there is no frame in it")
        self._count, self._max_side = count, bounds.max_side
        self._frames: Pixels | None = None
        self._kept = 0

    def declare(self, width: int, height: int) -> None:
        """What the file says of its frames' size, before one is decoded. Raises MediaTooLarge, MediaCorrupt."""
        _check_frame(width, height)
        if (pixels := width * height * self._count) > MAX_DECODED:
            raise MediaTooLarge(
                f"{self._count} frames of {width}×{height} are {pixels} pixels; at most {MAX_DECODED} are decoded"
            )

    def add(self, pixels: Pixels) -> None:
        """The next frame, (h, w, 3 or 4) uint8. Raises MediaTooLarge, MediaUnsupported, MediaCorrupt."""
        small = within(on_white(pixels), self._max_side)
        if self._frames is None:
            if (kept := self._count * small.shape[0] * small.shape[1]) > MAX_KEPT:
                raise MediaTooLarge(f"{self._count} frames are {kept} pixels; at most {MAX_KEPT} are kept")
            self._frames = np.empty((self._count, *small.shape), np.uint8)
        if small.shape != self._frames.shape[1:]:
            raise MediaUnsupported(f"frame {self._kept + 1} has another size than those before it")
        if self._kept == self._count:
            raise MediaCorrupt(f"more frames than the {self._count} that it declares")
        self._frames[self._kept] = small
        self._kept += 1

    def footage(self, rate: Fraction | None) -> Footage:
        """All that came. Raises MediaCorrupt if nothing did."""
        if self._frames is None:
            raise MediaCorrupt("no frame of it can be decoded")
        return Footage(self._frames[: self._kept], rate if self._kept > 1 else None)


def _check_frame(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise MediaCorrupt(f"a clip of {width}×{height} pixels")
    if max(width, height) > MAX_SIDE:
        raise MediaTooLarge(f"{width}×{height}; no side may be longer than {MAX_SIDE} pixels")
    if width * height > MAX_PIXELS:
        raise MediaTooLarge(f"{width}×{height} are {width * height} pixels; at most {MAX_PIXELS} are allowed")
