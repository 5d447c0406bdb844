"""Pinhole cameras in a scene, as people hold them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinoform.training.depth.stage import Stage

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Eye:
    """Where a picture is taken from."""

    position: Floats
    """(3,) metres."""
    axes: Floats
    """(3, 3) rows: right, up, forward."""
    field_of_view: float
    """Radians across the longer side of the picture."""

    def rays(self, width: int, height: int) -> Floats:
        """(h * w, 3) through the pixels' middles, rows from the top; their forward part is 1, so a ray's length counts
        depth along the optical axis."""
        scale = 2 * np.tan(self.field_of_view / 2) / max(width, height)
        x = (np.arange(width) + 0.5 - width / 2) * scale
        y = (height / 2 - np.arange(height) - 0.5) * scale
        across, up = np.meshgrid(x, y)
        flat = np.stack([across, up, np.ones_like(across)], axis=-1).reshape(-1, 3)
        return np.asarray(flat @ self.axes, np.float32)

    def turned(self, normals: Floats) -> Floats:
        """(n, 3) of the world in the camera's own axes: x right, y up, z towards the viewer."""
        return np.asarray(normals @ (self.axes * np.array([[1], [1], [-1]], np.float32)).T, np.float32)


def looking(position: npt.ArrayLike, target: npt.ArrayLike, field_of_view: float, roll: float = 0.0) -> Eye:
    """Upright but for `roll` radians; not straight up or down."""
    start = np.asarray(position, np.float64)
    forward = np.asarray(target, np.float64) - start
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, (0, 1, 0))
    right /= np.linalg.norm(right)
    up = np.cross(right, forward)
    sine, cosine = np.sin(roll), np.cos(roll)
    axes = np.stack([cosine * right + sine * up, cosine * up - sine * right, forward])
    return Eye(start.astype(np.float32), axes.astype(np.float32), field_of_view)


def any_eye(rng: np.random.Generator, stage: Stage) -> Eye:
    """Looks past or at one of the things, from so near that it fills the picture to across the place."""
    field_of_view = float(np.radians(rng.uniform(35, 75)))
    spot = stage.spots[int(rng.integers(len(stage.spots)))]
    centre = np.array(spot.centre)
    away = max(spot.size * np.exp(rng.uniform(np.log(0.9), np.log(6))) / (2 * np.tan(field_of_view / 2)), 0.3)
    angle, rise = rng.uniform(0, 2 * np.pi), rng.normal(0.25, 0.3)
    offset = away * np.array([np.cos(rise) * np.sin(angle), np.sin(rise), np.cos(rise) * np.cos(angle)])
    low, high = (-stage.half[0], 0.12, -stage.half[1]), (stage.half[0], stage.height, stage.half[1])
    position = np.clip(centre + offset, np.array(low) + 0.03, np.array(high) - 0.1)
    target = centre + rng.normal(0, 0.35 * spot.size, 3) + (0, rng.normal(0, 0.1 * away), 0)
    if np.linalg.norm((target - position)[[0, 2]]) < 0.05:
        target += (0.3, 0, 0.3)  # never straight up or down
    return looking(position, target, field_of_view, float(rng.normal(0, 0.04)))
