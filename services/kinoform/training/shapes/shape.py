"""Shapes: solids put together, each with a surface of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinoform.media.surface.field import Points
from kinoform.training.shapes.polygon import Floats
from kinoform.training.shapes.solids import Directions, Solid

LONGEST = 1.8
"""Every shape's longest side, in the cube's units."""

AXES = np.concatenate([np.eye(3), -np.eye(3)])


class Surface(NamedTuple):
    """What a part looks like; all in [0, 1]."""

    colour: tuple[float, float, float]
    """sRGB."""
    roughness: float
    metallic: float


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A solid, turned by `rotation` (3, 3) and then moved by `position`."""

    solid: Solid
    surface: Surface
    position: tuple[float, float, float]
    rotation: Directions | None = None
    """None turns nothing."""

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """(n,) signed distances at n points."""
        x, y, z = x - self.position[0], y - self.position[1], z - self.position[2]
        if self.rotation is None:
            return self.solid.distance(x, y, z)
        # Written out: a matrix product may round differently with the number of points.
        a, b, c = self.rotation.T.tolist()
        return self.solid.distance(*(row[0] * x + row[1] * y + row[2] * z for row in (a, b, c)))

    def bounds(self) -> tuple[list[float], list[float]]:
        """Its least and greatest x, y, z."""
        axes = AXES if self.rotation is None else AXES @ self.rotation
        reach = self.solid.support(axes)
        return (np.array(self.position) - reach[3:]).tolist(), (np.array(self.position) + reach[:3]).tolist()


class _Placed(NamedTuple):
    part: Part
    low: list[float]
    high: list[float]


class Shape:
    """The union of parts as a Field: centred in the cube [-1, 1]^3 and scaled to a longest side of LONGEST."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """`parts` in any unit, at least one; they should overlap where they join."""
        self.parts = tuple(parts)
        self._placed = [_Placed(part, *part.bounds()) for part in self.parts]
        low = np.min([placed.low for placed in self._placed], axis=0)
        high = np.max([placed.high for placed in self._placed], axis=0)
        self.scale = LONGEST / float((high - low).max())
        """Cube units for one of the parts' units."""
        self.centre: list[float] = ((low + high) / 2).tolist()
        """Where the cube's origin lies in the parts' units."""
        self.half = (high - low) / 2 * self.scale
        """(3,) half of the sides of the bounding box, which is centred at the origin."""
        self._looks = np.array([[*s.colour, s.roughness, s.metallic] for s in (p.surface for p in parts)], np.float32)

    def distance(self, points: Points) -> npt.NDArray[np.float32]:
        """See Field."""
        return self._nearest(points)[0]

    def appearance(self, points: Points) -> npt.NDArray[np.float32]:
        """See Field."""
        return self.look(points)[1]

    def look(self, points: Points) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Distance and appearance at once, for the price of one."""
        distance, index = self._nearest(points)
        return distance, self._looks[index]

    def _nearest(self, points: Points) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int16]]:
        """(n,) signed distances, and which part each belongs to."""
        x, y, z = (points[:, axis] * (1 / self.scale) + self.centre[axis] for axis in range(3))
        best = np.full(len(points), np.inf, np.float32)
        index = np.zeros(len(points), np.int16)
        for number, (part, low, high) in enumerate(self._placed):
            bound = _box_distance((x, y, z), low, high)
            # A part matters where it might be nearer, and wherever two may overlap.
            near = np.flatnonzero((bound < best) | (bound == 0))
            distance = part.distance(x[near], y[near], z[near])
            closer = distance < best[near]
            best[near[closer]] = distance[closer]
            index[near[closer]] = number
        return best * np.float32(self.scale), index


def _box_distance(points: tuple[Floats, Floats, Floats], low: list[float], high: list[float]) -> Floats:
    """(n,) distance to a box along the axes, 0 inside: no more than to anything within."""
    gaps = [np.maximum(np.maximum(a - p, p - b), 0) for p, a, b in zip(points, low, high, strict=True)]
    return np.sqrt(gaps[0] * gaps[0] + gaps[1] * gaps[1] + gaps[2] * gaps[2])
