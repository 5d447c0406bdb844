"""sRGB and linear light (IEC 61966-2-1)."""

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Picture


def linear_from_srgb(colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Linear light in [0, 1], of any shape, from sRGB in 0…255."""
    s = np.arange(256) / 255
    table = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
    return table[colours]


def srgb_from_linear(light: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """sRGB in 0…255, of any shape, from linear light; clipped to [0, 1]."""
    x = np.clip(light.astype(np.float64), 0, 1)
    s = np.where(x <= 0.0031308, x * 12.92, 1.055 * x ** (1 / 2.4) - 0.055)
    return np.rint(s * 255).astype(np.uint8)


def sampled(picture: Picture, uvs: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """The pixels (n, 3) at UVs (n, 2), origin bottom-left, repeating: the nearest ones."""
    height, width, _ = picture.shape
    wrapped = uvs - np.floor(uvs)
    column = np.minimum((wrapped[:, 0] * width).astype(np.intp), width - 1)
    row = np.minimum(((1 - wrapped[:, 1]) * height).astype(np.intp), height - 1)
    return picture[row, column]
