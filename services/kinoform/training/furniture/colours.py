"""Which of the named colours a solid has."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from skimage.color import rgb2lab

from kinoform.training.furniture.solid import Furniture
from kinoform.training.furniture.voxels import SIDE
from kinoform.training.shapes.paint import COLOURS

Colour = tuple[float, float, float]

SHADES: Mapping[str, tuple[Colour, ...]] = {
    "red": ((0.45, 0.06, 0.08), (0.70, 0.25, 0.22)),
    "orange": ((0.80, 0.40, 0.12),),
    "yellow": ((0.90, 0.80, 0.40), (0.80, 0.65, 0.10)),
    "green": ((0.08, 0.25, 0.08), (0.55, 0.75, 0.40), (0.35, 0.42, 0.18)),
    "blue": ((0.08, 0.10, 0.30), (0.55, 0.70, 0.90), (0.25, 0.42, 0.65), (0.27, 0.33, 0.45)),
    "purple": ((0.30, 0.15, 0.35),),
    "pink": ((0.85, 0.45, 0.55),),
    "brown": ((0.82, 0.66, 0.46), (0.65, 0.44, 0.24), (0.28, 0.17, 0.10), (0.66, 0.54, 0.42)),
    "white": ((0.90, 0.88, 0.82), (0.80, 0.80, 0.80)),
    "grey": ((0.28, 0.28, 0.29), (0.64, 0.64, 0.64)),
    "black": ((0.14, 0.13, 0.13),),
}
"""Name -> further sRGB colours that it is said of: real things are seldom as vivid as COLOURS. What MTL files
mean to be white is often 0.8, the default of Blender."""

_ANCHORS = [(name, colour) for name, plain in COLOURS.items() for colour in (plain, *SHADES.get(name, ()))]
_LAB = rgb2lab(np.array([colour for _, colour in _ANCHORS]))
_NAMES = list(COLOURS)
_OWNERS = np.array([_NAMES.index(name) for name, _ in _ANCHORS])


def names_of(colours: npt.NDArray[np.float32]) -> npt.NDArray[np.intp]:
    """(n,) places in COLOURS of the names for sRGB colours (n, 3) in [0, 1]: of the nearest in CIELAB."""
    gaps = rgb2lab(colours.astype(np.float64))[:, None] - _LAB
    nearest: npt.NDArray[np.intp] = _OWNERS[(gaps * gaps).sum(axis=2).argmin(axis=1)]
    return nearest


def colour_shares(solid: Furniture) -> dict[str, float]:
    """Named colour -> its share of the solid's outside, each cell of the surface counting once; the most first."""
    cells = ((solid.points + 1) * (SIDE / 2)).astype(np.int64)
    _, firsts = np.unique(cells @ np.array([SIDE * SIDE, SIDE, 1]), return_index=True)
    counts = np.bincount(names_of(solid.looks[firsts, :3]), minlength=len(_NAMES))
    order = np.argsort(-counts, kind="stable").tolist()
    return {_NAMES[place]: float(counts[place] / len(firsts)) for place in order if counts[place]}
