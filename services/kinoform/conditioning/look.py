"""What networks see in a picture. Runs in a thread: torch lets others work meanwhile."""

from typing import assert_never

import numpy as np

from kinoform.conditioning.depth import depth_of, normals_of
from kinoform.conditioning.hed import soft_edges
from kinoform.conditioning.prepare import Made, Pixels, lines
from kinoform.conditioning.tasks import Depth, Normals, Seen, SoftEdges
from kinoform.media.picture.white import on_white

_WHITE = 65535


def seen(pixels: Pixels, wish: Seen) -> Made:
    """pixels: (h, w, 3 or 4) uint8 sRGB, upright. Raises NotInstalled."""
    opaque = on_white(pixels)
    match wish:
        case SoftEdges():
            return lines(soft_edges(opaque))
        case Depth():
            return Made(np.rint(depth_of(opaque) * _WHITE).astype(np.uint16))
        case Normals():
            return Made(np.rint((normals_of(opaque) + 1) * 127.5).astype(np.uint8))
    assert_never(wish)
