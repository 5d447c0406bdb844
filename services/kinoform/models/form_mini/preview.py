"""A quick look at a solid: orthographic, from a corner, lit from above."""

import numpy as np
import numpy.typing as npt

from kinoform.engine.family import Frames
from kinoform.media.surface.field import Field, Points

SIDE = 128
"""Of the picture in pixels."""
DEPTHS = 40
REACH = 1.25
"""Half of the width of what is seen, and of the depth that is searched, in the cube's units."""
AZIMUTH, ELEVATION = np.radians(35), np.radians(22)
BACKDROP = (232, 233, 235)
AMBIENT = 0.45


def look(field: Field) -> Frames:
    """One picture (1, SIDE, SIDE, 3)."""
    right, up, back = _axes()
    steps = ((np.arange(SIDE, dtype=np.float32) + 0.5) * (2 / SIDE) - 1) * REACH
    x, y = np.meshgrid(steps, -steps)
    start = x.reshape(-1, 1) * right + y.reshape(-1, 1) * up
    depths = np.linspace(REACH, -REACH, DEPTHS, dtype=np.float32)
    points = start[:, None] + depths[:, None] * back
    inside = np.abs(points).max(axis=2) <= 1
    distance = np.ones(points.shape[:2], np.float32)
    distance[inside] = field.distance(points[inside])
    hit = (distance < 0).any(axis=1)
    depth = _crossing(distance[hit], depths)
    picture = np.empty((SIDE * SIDE, 3), np.uint8)
    picture[:] = BACKDROP
    picture[hit] = _shaded(field, start[hit] + depth[:, None] * back, 0.5 * back + up - 0.3 * right)
    return picture.reshape(1, SIDE, SIDE, 3)


def _axes() -> tuple[Points, Points, Points]:
    back = np.array([np.sin(AZIMUTH) * np.cos(ELEVATION), np.sin(ELEVATION), np.cos(AZIMUTH) * np.cos(ELEVATION)])
    right = np.array([np.cos(AZIMUTH), 0, -np.sin(AZIMUTH)])
    return right.astype(np.float32), np.cross(back, right).astype(np.float32), back.astype(np.float32)


def _crossing(distance: npt.NDArray[np.float32], depths: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Where each ray (n, DEPTHS) first goes inside, between two samples."""
    rows, first = np.arange(len(distance)), (distance < 0).argmax(axis=1)
    before = np.maximum(first - 1, 0)
    outer, inner = np.maximum(distance[rows, before], 1e-6), distance[rows, first]
    share = outer / (outer - inner)
    crossing: npt.NDArray[np.float32] = depths[before] + share * (depths[first] - depths[before])
    return crossing


def _shaded(field: Field, points: Points, light: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    step = np.float32(0.02)
    offsets = step * np.eye(3, dtype=np.float32)
    slope = np.stack([field.distance(points + o) - field.distance(points - o) for o in offsets], axis=1)
    normals = slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9)
    lit = np.maximum(normals @ (light / np.linalg.norm(light)), 0)
    colour = field.appearance(points)[:, :3] * (AMBIENT + (1 - AMBIENT) * lit)[:, None]
    return np.round(255 * colour.clip(0, 1)).astype(np.uint8)
