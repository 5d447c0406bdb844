"""Parts by where they stand: what the families are written in."""

import math
from collections.abc import Sequence

import numpy as np

from kinoform.training.shapes.polygon import Outline
from kinoform.training.shapes.shape import Part, Surface
from kinoform.training.shapes.solids import (
    Arc,
    Box,
    Capsule,
    Cylinder,
    Directions,
    Ellipsoid,
    Extrusion,
    Lathe,
    Rosette,
    Torus,
)

Point = tuple[float, float, float]


def box(surface: Surface, centre: Point, size: Point, rounding: float = 0.02, turn: Directions | None = None) -> Part:
    """A box of full sides `size`, its edges rounded."""
    a, b, c = (side / 2 for side in size)
    return Part(Box((a, b, c), min(rounding, a, b, c)), surface, centre, turn)


def ball(surface: Surface, centre: Point, radius: float) -> Part:
    """A sphere."""
    return ellipsoid(surface, centre, (radius, radius, radius))


def ellipsoid(surface: Surface, centre: Point, radii: Point, turn: Directions | None = None) -> Part:
    """An ellipsoid."""
    return Part(Ellipsoid(radii), surface, centre, turn)


def cylinder(surface: Surface, start: Point, end: Point, radius: float) -> Part:
    """A cylinder from one point to another."""
    middle, half, turn = _between(start, end)
    return Part(Cylinder(radius, half), surface, middle, turn)


def capsule(surface: Surface, start: Point, end: Point, radius: float) -> Part:
    """All points within `radius` of a line between two points."""
    middle, half, turn = _between(start, end)
    return Part(Capsule(radius, half), surface, middle, turn)


def cone(surface: Surface, start: Point, end: Point, radius: float, end_radius: float = 0.0) -> Part:
    """A cone from one point to another, with the radii it has there."""
    middle, half, turn = _between(start, end)
    return Part(Lathe(((0.0, -half), (radius, -half), (end_radius, half), (0.0, half))), surface, middle, turn)


def torus(surface: Surface, centre: Point, ring: float, tube: float, turn: Directions | None = None) -> Part:
    """A ring in the plane of x and y."""
    return Part(Torus(ring, tube), surface, centre, turn)


def arc(
    surface: Surface, centre: Point, ring: float, tube: float, angle: float, turn: Directions | None = None
) -> Part:
    """The upper part of such a ring, `angle` radians to either side of its top."""
    return Part(Arc(ring, tube, angle), surface, centre, turn)


def lathe(surface: Surface, profile: Sequence[tuple[float, float]], at: Point = (0.0, 0.0, 0.0)) -> Part:
    """A profile of (radius, height), from its bottom up, turned about the y axis and closed along it."""
    outline = (*_to_axis(profile[0]), *profile, *_to_axis(profile[-1]))
    return Part(Lathe(outline), surface, at)


def vessel(surface: Surface, profile: Sequence[tuple[float, float]], wall: float, at: Point = (0.0, 0.0, 0.0)) -> Part:
    """A lathe that is hollow from above: walls `wall` thick within the profile, and a floor as thick."""
    floor = profile[0][1] + wall
    inner = [(r, y) for r, y in reversed(_inset(profile, wall)) if y > floor]
    lowest = (_radius_at(_inset(profile, wall), floor), floor)
    return Part(Lathe(((0.0, profile[0][1]), *profile, *inner, lowest, (0.0, floor))), surface, at)


def extrusion(
    surface: Surface, outline: Outline, depth: float, at: Point = (0.0, 0.0, 0.0), turn: Directions | None = None
) -> Part:
    """An outline in x and y, `depth` thick along z."""
    return Part(Extrusion(outline, depth / 2), surface, at, turn)


def rosette(
    surface: Surface, wedge: Outline, sectors: int, depth: float, at: Point, turn: Directions | None = None
) -> Part:
    """A wedge repeated all around in x and y, `depth` thick along z."""
    return Part(Rosette(wedge, sectors, depth / 2), surface, at, turn)


def about(axis: str, angle: float) -> Directions:
    """The rotation by `angle` radians about "x", "y" or "z", counter-clockwise seen from the axis' end."""
    c, s = math.cos(angle), math.sin(angle)
    rows = {
        "x": [[1.0, 0.0, 0.0], [0.0, c, -s], [0.0, s, c]],
        "y": [[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]],
        "z": [[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]],
    }
    return np.array(rows[axis])


def around(count: int, radius: float, start: float = 0.0) -> list[tuple[float, float]]:
    """`count` points evenly on a circle; angles from the first coordinate's axis towards the second's, in radians."""
    angles = [start + 2 * math.pi * i / count for i in range(count)]
    return [(radius * math.cos(a), radius * math.sin(a)) for a in angles]


def spread(count: int, reach: float) -> list[float]:
    """`count` numbers evenly from -reach to reach; 0 where there is one."""
    return [0.0] if count == 1 else [reach * (2 * i / (count - 1) - 1) for i in range(count)]


def _between(start: Point, end: Point) -> tuple[Point, float, Directions | None]:
    """The middle of two points, half their distance, and the rotation that brings the y axis onto their line."""
    a, b = np.array(start), np.array(end)
    length = float(np.linalg.norm(b - a))
    x, y, z = ((b - a) / length).tolist()
    mx, my, mz = ((a + b) / 2).tolist()
    if y > 1 - 1e-9:
        return (mx, my, mz), length / 2, None
    if y < -1 + 1e-9:
        return (mx, my, mz), length / 2, about("x", math.pi)
    # Rodrigues' formula for the shortest turn.
    cross = np.array([[0.0, x, 0.0], [-x, 0.0, -z], [0.0, z, 0.0]])
    return (mx, my, mz), length / 2, np.eye(3) + cross + cross @ cross / (1 + y)


def _to_axis(point: tuple[float, float]) -> list[tuple[float, float]]:
    return [] if point[0] == 0 else [(0.0, point[1])]


def _inset(profile: Sequence[tuple[float, float]], wall: float) -> list[tuple[float, float]]:
    """The profile moved inwards by `wall`, its rim kept at its height."""
    points = np.array(profile)
    along = np.gradient(points, axis=0)
    inwards = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.linalg.norm(along, axis=1, keepdims=True)
    moved = points + wall * inwards
    moved[-1] = points[-1] - (wall, 0)
    return [(max(float(r), 0.0), float(y)) for r, y in moved]


def _radius_at(profile: Sequence[tuple[float, float]], height: float) -> float:
    radii, heights = np.array(profile).T
    return float(np.interp(height, heights, radii))
