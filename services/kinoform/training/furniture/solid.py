"""Items as solids."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from scipy.spatial import cKDTree

from kinoform.media.surface.field import Points
from kinoform.training.furniture.catalogue import Item
from kinoform.training.furniture.surface import Surface, surface
from kinoform.training.furniture.voxels import CELL, SPACING, signed_distances

Floats = npt.NDArray[np.float32]


class Furniture:
    """A Field of an item, centred in the cube [-1, 1]^3 with a longest side of LONGEST, as parametric shapes are.

    Sheets are more than a cell of voxels.SIDE thick, so that its sides may stand out by voxels.SHEET."""

    def __init__(self, skin: Surface) -> None:
        """`skin`: points no more than SPACING apart."""
        self._values, visible = signed_distances(skin.points)
        self.looks = skin.looks[visible]
        """(k, 5) of points all over the outside."""
        self.points = skin.points[visible]
        """(k, 3) where they are."""
        self._tree = cKDTree(self.points, balanced_tree=False)

    def distance(self, points: Points) -> Floats:
        """See Field: trilinear between the centres of cells, and constant in the outer half of the cube's last ones."""
        places = (points.T.astype(np.float64) + 1) / CELL - 0.5
        found: Floats = ndimage.map_coordinates(self._values, places, order=1, mode="nearest")
        return found

    def appearance(self, points: Points) -> Floats:
        """See Field."""
        _, nearest = self._tree.query(points, workers=1)
        looks: Floats = self.looks[nearest]
        return looks


def solid(item: Item) -> Furniture:
    """The item's solid. Raises BadModel, MediaError."""
    return Furniture(surface(item, SPACING))
