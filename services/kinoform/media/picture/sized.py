"""Pictures at other sizes, by rule."""

from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]


class Fit(Enum):
    """How a picture gets another size."""

    COVER = "cover"
    """Filled wholly, proportions kept, what juts out cut off evenly."""
    CONTAIN = "contain"
    """Shown wholly, proportions kept: one side may come out shorter."""
    STRETCH = "stretch"
    """Each side by itself."""


def within(pixels: Pixels, side: int) -> Pixels:
    """The picture, made smaller if one of its sides is longer. pixels: (h, w, 3 or 4) uint8."""
    height, width = pixels.shape[:2]
    return pixels if max(height, width) <= side else sized(pixels, side, side, Fit.CONTAIN)


def sized(pixels: Pixels, width: int, height: int, fit: Fit) -> Pixels:
    """The picture (h, w, 3 or 4) uint8 at another size, by a Lanczos filter of three lobes; alpha weighs colours."""
    image = Image.fromarray(pixels)
    if fit is Fit.STRETCH:
        return _resized(image, (width, height))
    scale = (min if fit is Fit.CONTAIN else max)(width / image.width, height / image.height)
    if fit is Fit.CONTAIN:
        return _resized(image, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    across, down = (image.width - width / scale) / 2, (image.height - height / scale) / 2
    return _resized(image, (width, height), (across, down, image.width - across, image.height - down))


def _resized(image: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float] | None = None) -> Pixels:
    return np.asarray(image.resize(size, Image.Resampling.LANCZOS, box))
