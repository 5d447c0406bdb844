"""A lit picture of a tile's maps, for previews and contact sheets. No torch."""

import numpy as np
import numpy.typing as npt

RELIEF = 5.0
"""Slope of a height step of 1 between neighbouring pixels: as much as reads well, not as the metres say."""
LIGHT = np.array([-0.48, -0.48, 0.73])
GAMMA = 2.2


def swatch(planes: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """(n, n, 3) sRGB of planes (6, n, n) in [0, 1]: red, green, blue, roughness, metallic, height. Light from the
    upper left, seen from straight above (Blinn-Phong)."""
    roughness, metallic, height = np.clip(planes[3], 0.08, 1), planes[4], planes[5]
    normal = _normals(height)
    diffuse = np.clip(np.tensordot(normal, LIGHT, axes=(2, 0)), 0, 1)
    middle = LIGHT + np.array([0.0, 0.0, 1.0])
    glance = np.clip(np.tensordot(normal, middle / np.linalg.norm(middle), axes=(2, 0)), 0, 1)
    gloss = glance ** (2 / roughness**2) * (1 - roughness)
    colour = np.moveaxis(planes[:3], 0, 2).astype(np.float64) ** GAMMA
    reflected = 0.06 + metallic[..., None] * (colour - 0.06)
    lit = colour * (0.25 + 0.95 * diffuse)[..., None] + 1.5 * reflected * gloss[..., None]
    return np.round(np.clip(lit, 0, 1) ** (1 / GAMMA) * 255).astype(np.uint8)


def _normals(height: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    slopes = [(np.roll(height, -1, axis) - np.roll(height, 1, axis)).astype(np.float64) * RELIEF for axis in (1, 0)]
    normal = np.stack([-slopes[0], -slopes[1], np.ones_like(slopes[0])], axis=2)
    return normal / np.linalg.norm(normal, axis=2, keepdims=True)
