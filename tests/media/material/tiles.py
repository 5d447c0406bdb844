"""Small materials."""

import numpy as np
import numpy.typing as npt

from kinoform.media.material.maps import MaterialMaps

Floats = npt.NDArray[np.float32]


def waves(side: int = 64, *, cycles_x: int = 3, cycles_y: int = 0) -> Floats:
    """(side, side) in [0, 1]: sines to the right and up the picture, without a seam."""
    x = np.arange(side) / side * 2 * np.pi
    field = np.sin(cycles_x * x)[None, :] + (np.sin(-cycles_y * x)[:, None] if cycles_y else 0)
    return np.broadcast_to(field / (4 if cycles_y else 2) + 0.5, (side, side)).astype(np.float32)


def noise(side: int = 32, seed: int = 0) -> MaterialMaps:
    """Every level of every map by chance."""
    rng = np.random.default_rng(seed)
    planes = rng.random((6, side, side), np.float32)
    return MaterialMaps.of_planes(planes, height_m=0.004, size_m=0.5)


def wavy(side: int = 32) -> MaterialMaps:
    height = waves(side)
    planes = np.stack([height, height / 2, height / 3, 0.3 + height / 2, np.zeros_like(height), height])
    return MaterialMaps.of_planes(planes, height_m=0.01, size_m=0.5)
