"""From a photograph of a flat surface to the maps of a seamless material."""

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from kinoform.media.material.capture.closing import closed
from kinoform.media.material.capture.gloss import roughness_of
from kinoform.media.material.capture.light import LUMA, evenly_lit
from kinoform.media.material.capture.relief import height_m, relief_of
from kinoform.media.material.capture.repeat import Repeat, repeat_of
from kinoform.media.material.capture.upright import upright
from kinoform.media.material.errors import PictureTooSmall
from kinoform.media.material.maps import MaterialMaps
from kinoform.media.material.relief import cut_quietly

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

SMALLEST = 32
"""Pixels of the shorter side; less shows no surface."""
_OVERLAP = 1 / 4
"""Of the tile's side."""

# One thread: equal pictures give equal bytes on every machine, and other jobs have the other cores.
cv2.setNumThreads(1)


def square_of(pixels: Pixels, side: int) -> Pixels:
    """The largest square in the middle of a picture (h, w, 3), as large as a tile of `side` pixels is cut from.

    Raises PictureTooSmall.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < SMALLEST:
        raise PictureTooSmall(f"{width}×{height}; a surface takes at least {SMALLEST}×{SMALLEST} pixels")
    length, wanted = min(height, width), round(side * (1 + _OVERLAP))
    left, top = (width - length) // 2, (height - length) // 2
    middle = np.ascontiguousarray(pixels[top : top + length, left : left + length])
    return np.asarray(Image.fromarray(middle).resize((wanted, wanted), Image.Resampling.LANCZOS))


def captured(square: Pixels, side: int, *, size_m: float, relief_m: float, metal: bool) -> MaterialMaps:
    """The material of a square picture (n, n, 3) from `square_of`: seamless, evenly lit, its maps guessed.

    size_m: edge of the tile; relief_m: metres from its lowest to its highest place, as such a material usually has.
    A function of its arguments alone.
    """
    colour = seamless(square, side)
    relief = relief_of(colour)
    rest = [roughness_of(colour, metal=metal), np.full_like(relief, float(metal)), relief]
    planes = cut_quietly(np.stack([*np.moveaxis(colour, 2, 0), *rest]))
    return MaterialMaps.of_planes(planes, height_m=height_m(relief, relief_m, size_m), size_m=size_m)


def seamless(square: Pixels, side: int) -> Floats:
    """(side, side, 3) sRGB in [0, 1]: an evenly lit tile of the picture, which repeats both ways."""
    even = evenly_lit(np.asarray(square, np.float32) / np.float32(255))
    straight = upright(even, even @ LUMA)
    overlap = round(_OVERLAP * side)
    return np.clip(closed(_spread(straight, repeat_of(straight @ LUMA), side, overlap), overlap), 0, 1)


def _spread(picture: Floats, repeat: Repeat, side: int, overlap: int) -> Floats:
    """(side + overlap, side + overlap, 3): of the picture so much that it repeats every `side` pixels, with the middle
    of the overlap, as far as there is room, where the best cut is."""
    edges = np.array([repeat.across, repeat.down]).T
    room = 1 - np.diag(edges) * (1 + overlap / side)
    start = np.clip(np.array(repeat.cut) - np.diag(edges) * overlap / (2 * side), 0, np.maximum(room, 0))
    lean = edges - np.diag(np.diag(edges))
    corner = start - lean.sum(axis=1) * (1 + overlap / side) / 2
    # Pixels have their middle at a half.
    matrix = np.column_stack(
        [edges * len(picture) / side, len(picture) * (corner + edges.sum(axis=1) / (2 * side)) - 0.5]
    )
    shape, flags = (side + overlap, side + overlap), cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    spread = cv2.warpAffine(picture, matrix, shape, flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(np.clip(spread, 0, 1), np.float32)
