"""Small pictures of solids from random sides: what image conditioning is trained on."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F

from kinoform.media.surface.field import Field

SIDE = 80
"""Of a rendered view in pixels: more than the model sees, since the object is then framed."""
FIELD_OF_VIEW = np.radians(32)
DISTANCE = 4.2
"""Of the camera from the origin: the cube's inner sphere fills the view."""
SAMPLES = 56
"""Along a ray, in the grid."""
CLOSE = 0.03
"""A ray that comes nearer to the surface than this is taken on by the field itself."""
REFINEMENTS = 4
HIT = 0.02
BACK = 1.7
"""How far behind the origin a ray is followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Where the camera and the light stand. Angles in radians; azimuth 0 looks at the front (+z)."""

    azimuth: float
    elevation: float
    light: tuple[float, float, float]
    """Unit vector towards the light, in the camera's axes (right, up, back)."""
    ambient: float
    """Share of the light that comes from everywhere."""


def draw_view(rng: np.random.Generator) -> View:
    """A camera in front of the solid or at its sides, level or above, and a light from above."""
    light = rng.normal(size=3) * (0.7, 0.4, 0.3) + (0, 0.8, 0.9)
    return View(
        azimuth=float(rng.uniform(-0.5, 0.5) * np.pi),
        elevation=float(rng.uniform(0.0, 0.7)),
        light=tuple((light / np.linalg.norm(light)).tolist()),
        ambient=float(rng.uniform(0.35, 0.6)),
    )


def camera(view: View) -> npt.NDArray[np.float32]:
    """(3, 3) rows: the camera's right, up and back, as it looks at the origin."""
    back = np.array(
        [
            np.sin(view.azimuth) * np.cos(view.elevation),
            np.sin(view.elevation),
            np.cos(view.azimuth) * np.cos(view.elevation),
        ]
    )
    right = np.array([np.cos(view.azimuth), 0.0, -np.sin(view.azimuth)])
    return np.stack([right, np.cross(back, right), back]).astype(np.float32)


def render_view(field: Field, coarse: npt.NDArray[np.float32], view: View, size: int = SIDE) -> npt.NDArray[np.uint8]:
    """RGBA (size, size, 4) by ray marching, shaded by one light and the ambient; alpha 0 or 255.

    coarse: (n, n, n) the field's distances at the centres of n^3 cells of the cube, axes (z, y, x); cut off at will.
    """
    axes = camera(view)
    edge = np.tan(FIELD_OF_VIEW / 2)
    steps = ((np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1) * edge
    x, y = np.meshgrid(steps, -steps)
    directions = np.stack([x.ravel(), y.ravel(), -np.ones(size * size, np.float32)], axis=1) @ axes
    directions = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(np.float32)
    origin = axes[2] * np.float32(DISTANCE)
    travelled, hit = _march(field, coarse, origin, directions)
    picture = np.zeros((size * size, 4), np.uint8)
    points = origin + travelled[hit, None] * directions[hit]
    colour = field.appearance(points)[:, :3]
    lit = np.maximum(_normals(field, points) @ (np.array(view.light, np.float32) @ axes), 0)
    shade = view.ambient + (1 - view.ambient) * lit
    picture[hit, :3] = np.round(255 * (colour * shade[:, None]).clip(0, 1))
    picture[hit, 3] = 255
    return picture.reshape(size, size, 4)


def _march(
    field: Field,
    coarse: npt.NDArray[np.float32],
    origin: npt.NDArray[np.float32],
    directions: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """How far each ray goes, and whether it ends on the surface: found in the grid, then by the field itself."""
    depths = np.linspace(DISTANCE - BACK, DISTANCE + BACK, SAMPLES, dtype=np.float32)
    points = torch.from_numpy(origin + depths[None, :, None] * directions[:, None])
    # the last axis of grid_sample is x, and so is the grid's
    found = F.grid_sample(
        torch.from_numpy(coarse)[None, None], points[None, None], padding_mode="border", align_corners=False
    )
    near = found[0, 0, 0].numpy() < CLOSE
    near &= (points.abs() <= 1).all(dim=-1).numpy()
    candidates = np.flatnonzero(near.any(axis=1))
    travelled = depths[near.argmax(axis=1)]
    for _ in range(REFINEMENTS):
        step = field.distance(origin + travelled[candidates, None] * directions[candidates])
        travelled[candidates] += step
    hit = np.zeros(len(directions), bool)
    hit[candidates[np.abs(step) < HIT]] = True
    return travelled, hit


def _normals(field: Field, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Unit normals by a tetrahedron of four distances."""
    corners = np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], np.float32)
    slope = sum(corner * field.distance(points + 0.01 * corner)[:, None] for corner in corners)
    return slope / np.maximum(np.linalg.norm(slope, axis=1, keepdims=True), 1e-9)
