"""What people build."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from kinoform.training.shapes.facts import Family, Value, counted
from kinoform.training.shapes.paint import Paint
from kinoform.training.shapes.parts import about, box, capsule, cone, cylinder, extrusion, spread
from kinoform.training.shapes.shape import Part

ALONG_X = about("y", math.pi / 2)


def house(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Walls, a gable roof whose ridge runs along x, a brown door and white windows in front; chimneys on the ridge."""
    wide, deep, high = rng.uniform(1.4, 1.7), rng.uniform(0.9, 1.15), rng.uniform(0.65, 0.85)
    rise, over = rng.uniform(0.5, 0.65), 0.12
    half = deep / 2 + over
    gable = ((-half, 0.0), (half, 0.0), (0.0, rise))
    front = deep / 2 - 0.05
    parts = [
        box(paint.main, (0, high / 2, 0), (wide, high, deep), 0.01),
        extrusion(paint.second, gable, wide + 2 * over, (0, high - 0.04, 0), ALONG_X),
        box(paint["brown"], (0, 0.26, front), (0.26, 0.52, 0.16), 0.01),
    ]
    parts += [box(paint["white"], (x, high * 0.52, front), (0.28, 0.28, 0.16), 0.01) for x in spread(2, wide * 0.3)]
    for x in {0: [], 1: [wide * 0.25], 2: [-wide * 0.28, wide * 0.28]}[int(value)]:
        parts.append(box(paint["brown"], (x, high + rise * 0.75, 0), (0.2, rise * 1.1, 0.2), 0.01))
    return parts


def pagoda(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Storeys one on another, each under a wide roof."""
    count = int(value)
    storey, parts = 1.6 / count, []
    wide, shrink = rng.uniform(0.95, 1.1), rng.uniform(0.7, 0.78)
    for i in range(count):
        base, side = i * storey, wide * shrink**i
        parts.append(box(paint.second, (0, base + storey / 2, 0), (side * 0.62, storey + 0.04, side * 0.62), 0.01))
        eaves = ((-side * 0.72, 0.0), (side * 0.72, 0.0), (side * 0.28, storey * 0.42), (-side * 0.28, storey * 0.42))
        for turn in (None, ALONG_X):
            parts.append(extrusion(paint.main, eaves, side * 0.9, (0, base + storey * 0.6, 0), turn))
        parts.append(box(paint.main, (0, base + storey * 0.62, 0), (side * 1.44, 0.09, side * 1.44), 0.02))
    parts.append(cone(paint.main, (0, 1.55, 0), (0, 1.95, 0), 0.12, 0.05))
    return parts


def castle(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A wall with battlements and a gate, and round towers with pointed roofs in a row."""
    count = int(value)
    radius, high, wall = rng.uniform(0.17, 0.2) if count < 4 else 0.15, rng.uniform(0.85, 1.05), rng.uniform(0.5, 0.62)
    places = spread(count, 0.72)
    parts = [box(paint.main, (0, wall / 2, 0), (1.44, wall, 0.26), 0.01)]
    for x in places:
        parts.append(cylinder(paint.main, (x, 0, 0), (x, high, 0), radius))
        parts.append(
            cone(paint.second, (x, high - 0.02, 0), (x, high + rng.uniform(0.4, 0.45), 0), radius + 0.04, 0.03)
        )
    for a, b in pairwise(places):
        free = b - a - 2 * radius
        merlons = max(1, round((free - 0.1) / 0.22))
        for i in range(merlons):
            x = a + radius + free * (i + 0.5) / merlons
            parts.append(box(paint.main, (x, wall + 0.03, 0), (0.1, 0.2, 0.26), 0.01))
    gate = (places[0] + places[1]) / 2 if count != 3 else places[0] / 2
    parts.append(box(paint["brown"], (gate, wall * 0.3, 0), (0.2, wall * 0.6, 0.32), 0.01))
    return parts


def windmill(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A tapering tower with a cap, and blades in front."""
    low, top = rng.uniform(0.36, 0.42), rng.uniform(0.22, 0.26)
    length, hub = rng.uniform(0.68, 0.76), 1.1
    parts = [
        cone(paint.main, (0, 0, 0), (0, hub + 0.02, 0), low, top),
        cone(paint["brown"], (0, hub, 0), (0, hub + 0.34, 0), top + 0.06, 0.05),
        capsule(paint["brown"], (0, hub, 0), (0, hub, top + 0.22), 0.08),
        box(paint["brown"], (0, 0.2, low - 0.08), (0.22, 0.4, 0.2), 0.01),
    ]
    start = math.pi / 4 if value == 4 else math.pi / 2
    for i in range(int(value)):
        angle = start + 2 * math.pi * i / int(value)
        x, y = length / 2 * math.cos(angle), length / 2 * math.sin(angle)
        parts.append(box(paint.second, (x, hub + y, top + 0.17), (length, 0.17, 0.09), 0.02, about("z", angle)))
    return parts


def stairs(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Solid steps that rise to the right."""
    count = int(value)
    going, rise = 1.8 / count, rng.uniform(1.1, 1.5) / count
    outline = [(0.0, 0.0), (1.8, 0.0)]
    for i in reversed(range(count)):
        outline += [((i + 1) * going, (i + 1) * rise), (i * going, (i + 1) * rise)]
    return [extrusion(paint.main, tuple(outline), rng.uniform(0.6, 0.9))]


def fence(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Pointed pickets on two rails."""
    count, wide, high = int(value), rng.uniform(0.14, 0.18), rng.uniform(0.85, 1.05)
    picket = ((-wide / 2, 0.0), (wide / 2, 0.0), (wide / 2, high - 0.12), (0.0, high), (-wide / 2, high - 0.12))
    parts = [extrusion(paint.main, picket, 0.1, (x, 0, 0.04)) for x in spread(count, 0.78)]
    rails = (high * 0.25, high * 0.65)
    return [*parts, *(box(paint.second, (0, y, -0.04), (1.8, 0.12, 0.09), 0.01) for y in rails)]


STONE = ("plain",)

FAMILIES: Mapping[str, Family] = {
    "house": Family(
        build=house,
        attribute=counted("chimney", (0, 1, 2)),
        size_m=(8.0, 14.0),
        nouns=("house",),
        second="roof",
        neutral="black",
        finishes=STONE,
    ),
    "pagoda": Family(
        build=pagoda,
        attribute=counted("roof", (2, 3, 4)),
        size_m=(10.0, 30.0),
        nouns=("pagoda",),
        second="walls",
        neutral="white",
        finishes=STONE,
    ),
    "castle": Family(
        build=castle,
        attribute=counted("tower", (2, 3, 4)),
        size_m=(20.0, 60.0),
        nouns=("castle",),
        second="roofs",
        neutral="black",
        finishes=STONE,
    ),
    "windmill": Family(
        build=windmill,
        attribute=counted("blade", (3, 4)),
        size_m=(8.0, 20.0),
        nouns=("windmill",),
        second="blades",
        neutral="white",
        finishes=STONE,
    ),
    "stairs": Family(
        build=stairs,
        attribute=counted("step", (3, 4, 5, 6)),
        size_m=(0.6, 3.0),
        nouns=("staircase", "flight of stairs"),
        finishes=("plain", "wooden"),
    ),
    "fence": Family(
        build=fence,
        attribute=counted("picket", (3, 4, 5, 6)),
        size_m=(0.8, 2.5),
        nouns=("fence", "picket fence"),
        second="rails",
        finishes=("plain", "wooden"),
    ),
}
