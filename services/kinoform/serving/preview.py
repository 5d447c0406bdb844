"""Previews: a few frames side by side, small enough for an event."""

import io

import numpy as np
from PIL import Image

from kinoform.engine.family import Frames

MAX_BYTES = 256 * 1024
SMALL_SIDE = 160
"""Pictures up to this many pixels wide are doubled, so that they can be seen."""


def preview_png(frames: Frames) -> bytes:
    """PNG of the frames (k, h, w, 3) side by side: small ones doubled, large ones halved until it fits `MAX_BYTES`."""
    strip = Image.fromarray(np.concatenate(list(frames), axis=1))
    if frames.shape[2] <= SMALL_SIDE:
        strip = strip.resize((2 * strip.width, 2 * strip.height), Image.Resampling.NEAREST)
    while len(data := _png(strip)) > MAX_BYTES:
        strip = strip.resize((max(1, strip.width // 2), max(1, strip.height // 2)), Image.Resampling.BOX)
    return data


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
