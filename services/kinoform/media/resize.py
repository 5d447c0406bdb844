"""Pictures and clips at other sizes."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


def resize_nearest(frames: Pixels, width: int, height: int) -> Pixels:
    """The clip at any size, each pixel the one that lies under its centre. frames: uint8 (l, h, w, 3).

    At whole multiples of the clip's size every pixel becomes a square.
    """
    rows = (2 * np.arange(height) + 1) * frames.shape[1] // (2 * height)
    columns = (2 * np.arange(width) + 1) * frames.shape[2] // (2 * width)
    return np.ascontiguousarray(frames[:, rows][:, :, columns])


def resize_lanczos(frames: Pixels, width: int, height: int) -> Pixels:
    """The clip at any size, by a Lanczos filter of three lobes. frames: uint8 (l, h, w, 3)."""
    resized = [Image.fromarray(frame).resize((width, height), Image.Resampling.LANCZOS) for frame in frames]
    return np.stack([np.asarray(frame) for frame in resized])
