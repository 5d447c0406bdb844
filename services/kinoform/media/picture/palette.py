"""The colours that describe a picture."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

from kinoform.media.picture.oklab import from_oklab, to_oklab

Pixels = NDArray[np.uint8]

SAMPLES = 40_000
"""Pixels that are looked at, evenly spread."""
ROUNDS = 30
BAR_WIDTH, BAR_HEIGHT = 512, 128
_OPAQUE = 128


class Swatch(NamedTuple):
    """A colour, and how much of the picture it stands for."""

    hex: str
    """`#rrggbb`, sRGB."""
    share: float


def palette(pixels: Pixels, colours: int) -> tuple[Swatch, ...]:
    """At most `colours` of them, the most frequent first; fewer where the picture has no more. By k-means in Oklab.

    pixels: (h, w, 3 or 4) uint8; transparent ones do not count. A function of the pixels alone. Empty if all are
    transparent.
    """
    flat = pixels.reshape(-1, pixels.shape[2])
    if flat.shape[1] == 4:
        flat = flat[flat[:, 3] >= _OPAQUE, :3]
    if not len(flat):
        return ()
    seen = flat[:: max(1, len(flat) // SAMPLES)]
    distinct = np.unique(seen, axis=0)
    lab = to_oklab(seen / 255)
    if len(distinct) <= colours:
        centres = to_oklab(distinct / 255)
    else:
        centres, _ = kmeans2(lab, colours, iter=ROUNDS, minit="++", rng=np.random.default_rng(0), missing="raise")
    nearest = np.square(lab[:, None] - centres[None]).sum(axis=2).argmin(axis=1)
    shares = np.bincount(nearest, minlength=len(centres)) / len(lab)
    order = sorted(np.flatnonzero(shares), key=lambda place: (-shares[place], place))
    return tuple(Swatch(_hex(centres[place]), float(shares[place])) for place in order)


def bars(swatches: tuple[Swatch, ...]) -> Pixels:
    """(BAR_HEIGHT, BAR_WIDTH, 3) uint8: a bar of each colour, as wide as its share."""
    ends = np.rint(np.cumsum([swatch.share for swatch in swatches]) * BAR_WIDTH).astype(int)
    picture = np.zeros((BAR_HEIGHT, BAR_WIDTH, 3), np.uint8)
    for swatch, start, end in zip(swatches, [0, *ends[:-1]], ends, strict=True):
        picture[:, start:end] = tuple(bytes.fromhex(swatch.hex[1:]))
    return picture


def _hex(lab: NDArray[np.float64]) -> str:
    return "#" + np.rint(from_oklab(lab) * 255).astype(np.uint8).tobytes().hex()
