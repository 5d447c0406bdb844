"""Animated GIF and WebP files."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import numpy as np
from PIL import Image, ImageSequence, UnidentifiedImageError

from kinoform.media.errors import MediaCorrupt, MediaTooLarge
from kinoform.media.footage.reel import Bounds, Footage, Reel
from kinoform.media.srgb import in_srgb

_FORMATS = ("GIF", "WEBP")
_SLOWED_MS = 100
"""What browsers make of a frame that says 0 or 10 ms."""


def read_animation(data: bytes, bounds: Bounds) -> Footage:
    """Every frame of a GIF or WebP file as it is shown, in sRGB by its ICC profile.

    Raises MediaTooLarge, MediaCorrupt, MediaUnsupported.
    """
    shown_ms = shown = 0
    with _opened(data) as image:
        # Pillow says it of GIF and of animated WebP only.
        reel = Reel(getattr(image, "n_frames", 1), bounds)
        reel.declare(image.width, image.height)
        for frame in ImageSequence.Iterator(image):
            reel.add(np.asarray(in_srgb(frame)))
            shown, shown_ms = shown + 1, shown_ms + _duration_ms(frame)
    return reel.footage(Fraction(1000 * shown, shown_ms))


def _duration_ms(frame: Image.Image) -> int:
    said = int(frame.info.get("duration", 0))
    return said if said > 10 else _SLOWED_MS


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            # Ours is the limit that counts, checked before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                yield image
    except Image.DecompressionBombError as error:
        raise MediaTooLarge("the declared size is far beyond what is allowed") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as error:
        raise MediaCorrupt(f"the animation is truncated or damaged: {error}") from error
