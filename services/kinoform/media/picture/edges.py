"""Edges of pictures by Canny's method."""

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


def canny(pixels: Pixels, *, low: float, high: float, aperture: int = 3, blur: float = 0.0) -> Pixels:
    """(h, w) uint8, 255 on edges, of a picture (h, w, 3) uint8: OpenCV's `Canny` of its grey (Canny 1986).

    low, high: of the gradient's l1 norm; aperture: width of the Sobel kernel, 3, 5 or 7; blur: standard deviation in
    pixels of a Gaussian before it.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if blur > 0:
        grey = cv2.GaussianBlur(grey, (0, 0), blur)
    return np.asarray(cv2.Canny(grey, low, high, apertureSize=aperture), np.uint8)
