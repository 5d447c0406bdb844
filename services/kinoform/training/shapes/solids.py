"""Solids about the origin by their signed distances (Quilez, "distance functions"; all exact but the ellipsoid's)."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kinoform.training.shapes.polygon import Floats, Outline, fold, norm, on_axis, on_rays, signed_distance

Directions = npt.NDArray[np.float64]
"""(m, 3) unit vectors."""


class Solid(Protocol):
    """A closed solid about the origin."""

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """(n,) signed distance at n points, negative inside."""

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """(m,) how far it reaches in each direction."""


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """Radii along x, y, z. Its distance is first-order: exact in sign and for equal radii."""

    radii: tuple[float, float, float]

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        a, b, c = self.radii
        if a == b == c:
            return np.sqrt(x * x + y * y + z * z) - a
        x, y, z = x * (1 / a), y * (1 / b), z * (1 / c)
        level = np.sqrt(x * x + y * y + z * z)
        x, y, z = x * (1 / a), y * (1 / b), z * (1 / c)
        slope = np.sqrt(x * x + y * y + z * z)
        steep = np.maximum(slope, 1e-4)
        return np.where(slope > 1e-4, level * (level - 1) / steep, np.float32(-min(self.radii)))

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        return np.asarray(np.sqrt(((directions * np.array(self.radii)) ** 2).sum(1)))


@dataclass(frozen=True, slots=True)
class Box:
    """Half its sides along x, y, z, and the radius of its rounded edges, which lies within them."""

    half: tuple[float, float, float]
    rounding: float = 0.0

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        a, b, c = (side - self.rounding for side in self.half)
        x, y, z = abs(x) - a, abs(y) - b, abs(z) - c
        deepest = np.maximum(np.maximum(x, y), z)
        x, y, z = np.maximum(x, 0), np.maximum(y, 0), np.maximum(z, 0)
        return np.sqrt(x * x + y * y + z * z) + np.minimum(deepest, 0) - self.rounding

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        return np.abs(directions) @ (np.array(self.half) - self.rounding) + self.rounding


@dataclass(frozen=True, slots=True)
class Cylinder:
    """About the y axis, from -half to half."""

    radius: float
    half: float

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        return _both(norm(x, z) - self.radius, abs(y) - self.half)

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        return self.radius * np.hypot(directions[:, 0], directions[:, 2]) + self.half * np.abs(directions[:, 1])


@dataclass(frozen=True, slots=True)
class Capsule:
    """All points within `radius` of the y axis between -half and half."""

    radius: float
    half: float

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        y = np.maximum(abs(y) - self.half, 0)
        return np.sqrt(x * x + y * y + z * z) - self.radius

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        return self.half * np.abs(directions[:, 1]) + self.radius


@dataclass(frozen=True, slots=True)
class Torus:
    """About the z axis."""

    ring: float
    tube: float

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        return norm(norm(x, y) - self.ring, z) - self.tube

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        return self.ring * np.hypot(directions[:, 0], directions[:, 1]) + self.tube


@dataclass(frozen=True, slots=True)
class Arc:
    """The part of a torus about the z axis within `angle` radians (up to pi) of its topmost point; round ends."""

    ring: float
    tube: float
    angle: float

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        sine, cosine = math.sin(self.angle), math.cos(self.angle)
        x = abs(x)
        along = np.where(cosine * x > sine * y, x * sine + y * cosine, norm(x, y))
        square = x * x + y * y + z * z + self.ring * self.ring - (2 * self.ring) * along
        return np.sqrt(np.maximum(square, 0)) - self.tube

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        angles = np.linspace(-self.angle, self.angle, 129)
        spine = self.ring * np.stack([np.sin(angles), np.cos(angles), np.zeros_like(angles)])
        return np.asarray((directions @ spine).max(1) + self.tube)


@dataclass(frozen=True, slots=True)
class Lathe:
    """An outline of (radius, height) turned about the y axis; sides with radius 0 at both ends bound no surface."""

    outline: Outline

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        return signed_distance(self.outline, on_axis(self.outline), norm(x, z), y)

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        radius, height = np.array(self.outline).T
        across = np.hypot(directions[:, 0], directions[:, 2])
        return np.asarray((across[:, None] * radius + directions[:, 1:2] * height).max(1))


@dataclass(frozen=True, slots=True)
class Extrusion:
    """An outline in x and y, drawn out along z from -half to half."""

    outline: Outline
    half: float

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        return _both(signed_distance(self.outline, frozenset(), x, y), abs(z) - self.half)

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        flat = directions[:, :2] @ np.array(self.outline).T
        return np.asarray(flat.max(1) + self.half * np.abs(directions[:, 2]))


@dataclass(frozen=True, slots=True)
class Rosette:
    """An extrusion of a wedge (angles 0 to pi / sectors) and its mirror images all around: gears, stars."""

    wedge: Outline
    sectors: int
    half: float

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """See Solid."""
        u, v = fold(x, y, self.sectors)
        flat = signed_distance(self.wedge, on_rays(self.wedge, math.pi / self.sectors), u, v)
        return _both(flat, abs(z) - self.half)

    def support(self, directions: Directions) -> npt.NDArray[np.float64]:
        """See Solid."""
        corners = np.array(self.wedge).T
        turns = 2 * np.pi * np.arange(self.sectors) / self.sectors
        whole = [_rotated(corners * [[1], [mirror]], turn) for turn in turns for mirror in (1, -1)]
        flat = directions[:, :2] @ np.concatenate(whole, axis=1)
        return np.asarray(flat.max(1) + self.half * np.abs(directions[:, 2]))


def _both(first: Floats, second: Floats) -> Floats:
    """The distance to the intersection of two solids whose surfaces are orthogonal."""
    outside = norm(np.maximum(first, 0), np.maximum(second, 0))
    return outside + np.minimum(np.maximum(first, second), 0)


def _rotated(points: npt.NDArray[np.float64], angle: float) -> npt.NDArray[np.float64]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]]) @ points
