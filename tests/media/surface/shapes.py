"""Fields whose surfaces are known exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinoform.media.surface.field import Field, Points

Values = npt.NDArray[np.float32]


class Coloured:
    """Colours by position; roughness by height, metallic on the right."""

    def appearance(self, points: Points) -> Values:
        """Red, green and blue grow with x, y and z."""
        halves = (points + 1) / 2
        return np.concatenate([halves, halves[:, 1:2], (points[:, :1] > 0)], axis=1).astype(np.float32)


@dataclass(frozen=True)
class Sphere(Coloured):
    """A ball."""

    radius: float = 0.6
    centre: tuple[float, float, float] = (0, 0, 0)

    def distance(self, points: Points) -> Values:
        """Exact."""
        return (np.linalg.norm(points - np.array(self.centre, np.float32), axis=1) - self.radius).astype(np.float32)


@dataclass(frozen=True)
class Torus(Coloured):
    """A ring around y."""

    ring: float = 0.55
    tube: float = 0.2

    def distance(self, points: Points) -> Values:
        """Exact."""
        x, y, z = points.T
        return (np.hypot(np.hypot(x, z) - self.ring, y) - self.tube).astype(np.float32)


@dataclass(frozen=True)
class Box(Coloured):
    """A box along the axes."""

    half: tuple[float, float, float] = (0.5, 0.3, 0.7)
    centre: tuple[float, float, float] = (0, 0, 0)

    def distance(self, points: Points) -> Values:
        """Exact."""
        beyond = np.abs(points - np.array(self.centre, np.float32)) - np.array(self.half, np.float32)
        outside = np.linalg.norm(np.maximum(beyond, 0), axis=1)
        return (outside + np.minimum(beyond.max(axis=1), 0)).astype(np.float32)


@dataclass(frozen=True)
class Union(Coloured):
    """All of them together."""

    parts: Sequence[Field]

    def distance(self, points: Points) -> Values:
        """Exact outside."""
        return np.min([part.distance(points) for part in self.parts], axis=0).astype(np.float32)


@dataclass(frozen=True)
class Constant(Coloured):
    """The same distance everywhere."""

    value: float

    def distance(self, points: Points) -> Values:
        """The value."""
        return np.full(len(points), self.value, np.float32)


class Counted(Coloured):
    """A field that counts the points at which it is asked."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.asked = 0

    def distance(self, points: Points) -> Values:
        """The field's."""
        self.asked += len(points)
        return self.field.distance(points)


def random_union(seed: int, parts: int = 6) -> Union:
    """Balls, boxes and small floating crumbs that touch, overlap and lie beside each other."""
    random = np.random.default_rng(seed)
    found: list[Field] = [Torus(0.5, 0.1)] if seed % 2 else []
    for _ in range(parts):
        x, y, z = (float(value) for value in random.uniform(-0.8, 0.8, 3).round(1))
        if random.uniform() < 0.5:
            found.append(Sphere(float(random.uniform(0.02, 0.4)), (x, y, z)))
        else:
            a, b, c = (float(value) for value in random.uniform(0.02, 0.4, 3))
            found.append(Box((a, b, c), (x, y, z)))
    return Union(found)
