"""What follows from a tile's height: normals, occlusion; and how well a map tiles."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

FLAT = 1e-7
"""Steps of planes in [0, 1] that are none."""
_DIRECTIONS = 8
_REACH = 1 / 12
"""Of the tile's edge; how far away a height still takes light."""
_STEPS = 8


def normal_from_height(height: Floats, amplitude_m: float, size_m: float) -> Floats:
    """(n, n, 3) unit normals in tangent space: x to the right, y up the picture (OpenGL), z out of it.

    height: (n, n) in [0, 1], periodic; amplitude_m: metres from 0 to 1; size_m: metres along the edge. Central
    differences across the seam, so that normals tile as the height does.
    """
    metres_per_pixel = size_m / len(height)
    steep = np.float32(amplitude_m / (2 * metres_per_pixel))
    right = steep * (np.roll(height, -1, axis=1) - np.roll(height, 1, axis=1))
    up = steep * (np.roll(height, 1, axis=0) - np.roll(height, -1, axis=0))
    normals = np.stack([-right, -up, np.ones_like(height)], axis=-1)
    return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True), np.float32)


def occlusion_from_height(height: Floats, amplitude_m: float, size_m: float) -> Floats:
    """(n, n) in [0, 1]: the share of the sky over each pixel that no other height hides, weighted by the cosine.

    In each of eight directions the sky is open above the steepest line to a height on the way (horizon-based, Bavoil
    2008; a level surface under a horizon of slope t receives 1 / (1 + t^2)). Exactly 1 on a flat tile. Periodic.
    """
    side = len(height)
    pixels_per_metre = side / size_m
    lengths = np.unique(np.rint(np.geomspace(1, max(side * _REACH, 1), _STEPS)))
    open_ = np.zeros_like(height)
    for turn in np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS:
        slope = np.zeros_like(height)
        for length in lengths:
            down, across = round(length * np.sin(turn)), round(length * np.cos(turn))
            rise = np.roll(height, (-down, -across), axis=(0, 1)) - height
            np.maximum(slope, rise * np.float32(amplitude_m * pixels_per_metre / np.hypot(down, across)), out=slope)
        open_ += 1 / (1 + slope * slope)
    return np.asarray(open_ / _DIRECTIONS, np.float32)


def tileability(picture: npt.NDArray[np.floating] | npt.NDArray[np.uint16]) -> tuple[float, float]:
    """How visible the seams are, across x and across y: the mean step over the border beside the median step between
    neighbouring columns or rows inside. About 1 for a tile, 10 and more for a crop; under 1.5 it tiles.

    picture: (n, n) or (n, n, channels), of any range.
    """
    planes = picture.astype(np.float64).reshape(*picture.shape[:2], -1)
    return _seam(planes), _seam(planes.swapaxes(0, 1))


def cut_quietly(planes: Floats) -> Floats:
    """Periodic planes (c, n, n), rolled so that the border runs where colour and height change least.

    The first three planes are the colour, the last one is the height. A tile may be cut anywhere; along a joint the
    cut shows as soon as a renderer filters without wrapping or a neighbour is another material.
    """
    for axis in (1, 2):
        steps = np.abs(planes - np.roll(planes, 1, axis=axis)).astype(np.float64)
        colour, height = steps[:3].mean(axis=(0, 3 - axis)), steps[-1].mean(axis=2 - axis)
        worse = np.maximum(_beside_median(colour), _beside_median(height))
        planes = np.roll(planes, -int(worse.argmin()), axis=axis)
    return np.ascontiguousarray(planes)


def _beside_median(steps: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return steps / max(float(np.median(steps)), FLAT)


def _seam(planes: npt.NDArray[np.float64]) -> float:
    steps = np.abs(planes - np.roll(planes, 1, axis=1)).mean(axis=(0, 2))
    inside = float(np.median(steps[1:]))
    if inside == 0:
        return 1.0 if steps[0] == 0 else float("inf")
    return float(steps[0]) / inside
