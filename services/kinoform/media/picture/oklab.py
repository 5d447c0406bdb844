"""Oklab, in which distances are about as large as the eye sees them (Ottosson 2020,
https://bottosson.github.io/posts/oklab/)."""

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def to_oklab(srgb: Colours) -> Colours:
    """(..., 3) L, a, b of sRGB colours (..., 3) in [0, 1]."""
    return light_to_oklab(np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4))


def light_to_oklab(light: Colours) -> Colours:
    """(..., 3) L, a, b of linear sRGB (..., 3)."""
    lab: Colours = np.cbrt(light @ _TO_CONES.T) @ _TO_LAB.T
    return lab


def from_oklab(lab: Colours) -> Colours:
    """(..., 3) sRGB in [0, 1], clipped, of Oklab colours (..., 3)."""
    linear = (lab @ np.linalg.inv(_TO_LAB).T) ** 3 @ np.linalg.inv(_TO_CONES).T
    linear = linear.clip(0, 1)
    srgb: Colours = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return srgb
