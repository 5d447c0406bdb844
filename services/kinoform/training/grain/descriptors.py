"""What a judge looks at: numbers of a tile's maps that say what it is made of, whatever its colour."""

import numpy as np
import numpy.typing as npt

from kinoform.media.picture.oklab import light_to_oklab

Planes = npt.NDArray[np.float32]
"""(6, n, n) in [0, 1]: red, green, blue, roughness, metallic, height."""
Vector = npt.NDArray[np.float64]

RINGS, SECTORS = 9, 6
COARSEST, FINEST = 1.0, 48.0
"""Waves along 256 pixels: finer ones are left to the codec."""
HARMONICS = 16
LUMA = np.array([0.2126, 0.7152, 0.0722])
FLOOR = 1e-4
FLAT = 0.02
"""Deviation of the noise that a plane without texture may have: what is weaker says nothing."""


def texture(planes: Planes) -> Vector:
    """Of grey, roughness, metallic and height: mean, deviation, skewness, and how the variance spreads over wavelengths
    and directions."""
    grey = np.tensordot(LUMA, planes[:3].astype(np.float64), axes=1)
    parts = [_statistics(plane) for plane in (grey / max(grey.mean(), 0.05), *planes[3:].astype(np.float64))]
    return np.concatenate(parts)


def periods(planes: Planes) -> Vector:
    """How the variance of grey and height spreads over 1 to HARMONICS waves along each row, and down each column."""
    grey = np.tensordot(LUMA, planes[:3].astype(np.float64), axes=1)
    shares = []
    for plane in (grey, planes[5].astype(np.float64)):
        for axis in (0, 1):
            power = (np.abs(np.fft.rfft(plane, axis=axis)) ** 2).mean(axis=1 - axis)[1 : HARMONICS + 1]
            shares.append(np.log(power / max(power.sum(), 1e-12) + 0.01))
    return np.concatenate(shares)


def mean_colour(planes: Planes) -> Vector:
    """(3,) the mean colour in Oklab (Ottosson 2020), averaged as light."""
    light = np.where(planes[:3] <= 0.04045, planes[:3] / 12.92, ((planes[:3] + 0.055) / 1.055) ** 2.4)
    return light_to_oklab(light.reshape(3, -1).mean(axis=1).astype(np.float64))


def seam(planes: Planes) -> tuple[float, float]:
    """How much more a tile changes across its border than inside: down, right. 1 is no seam.

    The mean absolute step of colour and height from the last line to the first, over the median of the inner lines'.
    """
    kept = planes[[0, 1, 2, 5]]
    found = []
    for axis in (1, 2):
        steps = np.abs(np.roll(kept, -1, axis=axis) - kept).mean(axis=(0, 3 - axis))
        found.append(float(steps[-1] / max(float(np.median(steps[:-1])), FLOOR)))
    return found[0], found[1]


def _statistics(plane: npt.NDArray[np.float64]) -> Vector:
    mean, deviation = plane.mean(), plane.std()
    skewness = (((plane - mean) / max(deviation, 1e-3)) ** 3).mean()
    power = np.abs(np.fft.rfft2(plane - mean)) ** 2
    y, x = np.fft.fftfreq(plane.shape[0], 1 / 256)[:, None], np.fft.rfftfreq(plane.shape[1], 1 / 256)[None]
    reach = np.hypot(x, y)
    ring = np.floor(np.log(np.maximum(reach, 1e-9) / COARSEST) / np.log(FINEST / COARSEST) * RINGS)
    sector = np.floor(np.arctan2(y, np.maximum(x, 1e-9)) / np.pi * SECTORS + SECTORS / 2) % SECTORS
    inside = (reach >= COARSEST) & (reach < FINEST)
    index = (ring * SECTORS + sector)[inside].astype(np.int64)
    sums = np.bincount(index, weights=power[inside], minlength=RINGS * SECTORS)
    noise = (FLAT * plane.size) ** 2 / 2  # rfft2 holds each wave once
    shares = np.log(sums / (sums.sum() + noise) + 1e-2)
    asymmetry = np.clip(skewness, -3, 3) * deviation / (deviation + FLAT)
    return np.concatenate([[mean, np.log(deviation + FLAT), asymmetry], shares])
