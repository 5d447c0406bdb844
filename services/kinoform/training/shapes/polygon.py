"""Signed distances in the plane."""

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Outline = tuple[tuple[float, float], ...]
"""Corners of a simple polygon in order, either way round."""
Edge = tuple[tuple[float, float], tuple[float, float]]

TINY = 1e-9


def edges(outline: Outline) -> list[Edge]:
    """Its sides, the closing one last."""
    return list(zip(outline, (*outline[1:], outline[0]), strict=True))


def signed_distance(outline: Outline, open_edges: frozenset[int], u: Floats, v: Floats) -> Floats:
    """(n,) distance to the polygon's border, negative inside; `open_edges` bound the inside but are no border."""
    nearest = np.full(u.shape, np.inf, np.float32)
    inside = np.zeros(u.shape, bool)
    for index, ((au, av), (bu, bv)) in enumerate(edges(outline)):
        eu, ev = bu - au, bv - av
        wu, wv = u - au, v - av
        if av != bv:
            inside ^= ((v >= av) != (v >= bv)) & (wu < wv * (eu / ev))
        if index not in open_edges:
            along = np.clip((wu * eu + wv * ev) * (1 / max(eu * eu + ev * ev, TINY)), 0, 1)
            np.minimum(nearest, (wu - along * eu) ** 2 + (wv - along * ev) ** 2, out=nearest)
    distance = np.sqrt(nearest)
    return np.where(inside, -distance, distance)


def on_axis(outline: Outline) -> frozenset[int]:
    """The edges that lie on the line u = 0, where a revolved outline has no surface."""
    return frozenset(i for i, (a, b) in enumerate(edges(outline)) if a[0] == 0 == b[0])


def on_rays(outline: Outline, angle: float) -> frozenset[int]:
    """The edges that lie on the rays at 0 and `angle` from the origin, where a wedge's mirror images join it."""

    def lies(point: tuple[float, float], ray: float) -> bool:
        return abs(point[1] * math.cos(ray) - point[0] * math.sin(ray)) < 1e-6

    return frozenset(
        i for i, (a, b) in enumerate(edges(outline)) if any(lies(a, ray) and lies(b, ray) for ray in (0.0, angle))
    )


def fold(u: Floats, v: Floats, sectors: int) -> tuple[Floats, Floats]:
    """Mirrors the plane into the wedge from angle 0 to pi / sectors; exact for a shape with those symmetries."""
    sector = 2 * math.pi / sectors
    angle = np.arctan2(v, u)
    # A little off the far ray, so that no point falls outside the wedge by rounding.
    angle = np.abs(angle - sector * np.round(angle * (1 / sector))) * (1 - 1e-5)
    radius = norm(u, v)
    return radius * np.cos(angle), radius * np.sin(angle)


def norm(u: Floats, v: Floats) -> Floats:
    """(n,) lengths of vectors in the plane."""
    return np.sqrt(u * u + v * v)


def smooth(outline: Outline, rounds: int = 1) -> Outline:
    """An open polyline with its corners cut (Chaikin 1974), its ends kept."""
    points = [np.array(point) for point in outline]
    for _ in range(rounds):
        cut = [p for a, b in pairwise(points) for p in (0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b)]
        points = [points[0], *cut[1:-1], points[-1]]
    return tuple((float(u), float(v)) for u, v in points)


def regular(corners: int, radius: float, start: float = math.pi / 2) -> Outline:
    """A regular polygon about the origin, its first corner at angle `start` in radians."""
    angles = [start + 2 * math.pi * i / corners for i in range(corners)]
    return tuple((radius * math.cos(a), radius * math.sin(a)) for a in angles)
