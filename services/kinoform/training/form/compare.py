"""How far one solid is from another."""

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from kinoform.media.surface.extract import surface_of
from kinoform.media.surface.field import Field, Points
from kinoform.models.form_mini.grid import cell_centres

POINTS = 8192
TOLERANCE = 0.04
"""Of the F-score, in the cube's units: two hundredths of the cube's side."""
VOXELS = 48


def surface_points(field: Field, resolution: int) -> Points:
    """(POINTS, 3) evenly spread over the surface, always the same ones. Raises NoSurface."""
    mesh = surface_of(field, resolution)
    corners = mesh.positions[mesh.triangles].astype(np.float64)
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    rng = np.random.default_rng(0)
    chosen = corners[rng.choice(len(areas), POINTS, p=areas / areas.sum())]
    u, v = np.sqrt(rng.random((POINTS, 1))), rng.random((POINTS, 1))
    spread = (1 - u) * chosen[:, 0] + u * (1 - v) * chosen[:, 1] + u * v * chosen[:, 2]
    return spread.astype(np.float32)


def chamfer_and_f(found: Points, true: Points) -> tuple[float, float]:
    """Mean distance both ways, halved, and the F-score at TOLERANCE (Knapitsch et al. 2017)."""
    there, back = cKDTree(true).query(found)[0], cKDTree(found).query(true)[0]
    precision, recall = (there < TOLERANCE).mean(), (back < TOLERANCE).mean()
    return float(there.mean() + back.mean()) / 2, float(2 * precision * recall / max(precision + recall, 1e-9))


def iou(found: Field, true: Field) -> float:
    """Shared volume over joint volume, on a grid of VOXELS^3."""
    points = cell_centres(VOXELS)
    return iou_of(found.distance(points) < 0, true.distance(points) < 0)


def iou_of(found: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> float:
    """The same of two occupancies of equal shape."""
    return float((found & true).sum() / max((found | true).sum(), 1))
