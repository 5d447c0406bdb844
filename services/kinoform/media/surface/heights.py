"""Depth pictures as heights."""

import io

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from kinoform.media.image import load_rgba, probe_image
from kinoform.media.surface.errors import BadWish

Heights = npt.NDArray[np.float32]
"""(h, w) in [0, 1]; row 0 is the top; 1 is nearest."""
LUMA = np.array([0.2126, 0.7152, 0.0722])
"""Rec. ITU-R BT.709, section 3.2."""


def load_heights(data: bytes, longest: int) -> Heights:
    """A PNG, JPEG or WebP picture as heights: white is 1, black and what is transparent 0, to 16 bits if it has them.

    longest: samples along the longer side, at the most; a larger picture is averaged over areas. Never enlarged.
    Raises MediaUnsupported, MediaTooLarge, MediaCorrupt, and BadWish for less than two samples along a side.
    """
    probe_image(data)
    with Image.open(io.BytesIO(data)) as image:
        deep = image.mode.startswith("I;16")
        levels = _deep(image) if deep else _luma(data)
    height, width = levels.shape
    scale = min(1.0, longest / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if min(size) < 2:
        raise BadWish(
            f"a relief needs 2 samples along each side, and of {width}×{height} pixels {size[0]}×{size[1]} remain"
        )
    if size == (width, height):
        return levels
    return np.asarray(Image.fromarray(levels).resize(size, Image.Resampling.BOX)).clip(0, 1)


def _deep(image: Image.Image) -> Heights:
    levels: Heights = np.asarray(ImageOps.exif_transpose(image), np.float32) / np.float32(65535)
    return levels


def _luma(data: bytes) -> Heights:
    pixels = load_rgba(data).astype(np.float64) / 255
    levels = pixels[..., :3] @ LUMA
    shown = levels * pixels[..., 3] if pixels.shape[2] == 4 else levels
    return shown.astype(np.float32)
