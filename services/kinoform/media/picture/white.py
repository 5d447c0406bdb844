"""Pictures without transparency."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def on_white(pixels: Pixels) -> Pixels:
    """(h, w, 3) uint8: transparency laid over white. pixels: (h, w, 3 or 4) uint8, straight alpha."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return np.asarray(np.rint(pixels[..., :3] * alpha + 255 * (1 - alpha)), np.uint8)
