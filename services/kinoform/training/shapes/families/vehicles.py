"""What moves. Cars, trucks and buses drive to the right; aeroplanes fly towards the front."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kinoform.training.shapes.facts import Family, Value, counted, having
from kinoform.training.shapes.paint import Paint
from kinoform.training.shapes.parts import about, box, capsule, cone, cylinder, ellipsoid, extrusion, lathe, spread
from kinoform.training.shapes.polygon import smooth
from kinoform.training.shapes.shape import Part

GLOSS = ("plain", "shiny", "metal")


def rocket(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A body with a pointed nose, swept fins around its tail, a round window in front."""
    body = rng.uniform(0.2, 0.25)
    waist = rng.uniform(0.5, 0.65)
    hull = [(body * 0.7, 0.08), (body, 0.3), (body, waist + 0.5)]
    nose = smooth(((body, waist + 0.45), (body * 0.95, waist + 0.75), (body * 0.35, 1.7), (0.0, 1.8)), 2)
    parts = [lathe(paint.main, hull), lathe(paint.second, nose), lathe(paint["black"], [(0.16, 0.0), (0.1, 0.12)])]
    out = body + rng.uniform(0.26, 0.34)
    fin = ((0.0, 0.18), (body, 0.16), (out, -0.02), (out, 0.2), (body, 0.62), (0.0, 0.62))
    for i in range(int(value)):
        angle = (0 if value == 2 else math.pi / 2 if value == 3 else math.pi / 4) + 2 * math.pi * i / int(value)
        parts.append(extrusion(paint.second, fin, 0.1, (0, 0, 0), about("y", -angle)))
    return [*parts, ellipsoid(paint["black"], (0, waist + 0.25, body - 0.02), (0.12, 0.12, 0.06))]


def car(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A body and four black wheels; a cabin with a roof, or just seats behind a windscreen."""
    deep, high = rng.uniform(0.74, 0.84), rng.uniform(0.26, 0.32)
    wheel = rng.uniform(0.19, 0.22)
    base = wheel * 0.85
    body = smooth(((-0.9, base), (-0.9, base + high), (0.35, base + high), (0.9, base + high * 0.75), (0.9, base)), 1)
    parts = [extrusion(paint.main, (*body, (0.85, base - 0.03), (-0.85, base - 0.03)), deep)]
    parts += _wheels(paint, (-0.52, 0.54), deep, wheel)
    top = base + high
    if value == "with":
        up = rng.uniform(0.3, 0.36)
        glass = ((-0.62, top - 0.05), (0.42, top - 0.05), (0.14, top + up), (-0.5, top + up))
        parts.append(extrusion(paint["black"], glass, deep - 0.1))
        parts.append(box(paint.main, (-0.18, top + up, 0), (0.72, 0.1, deep - 0.04), 0.03))
        return parts
    parts.append(box(paint["black"], (0.24, top + 0.1, 0), (0.09, 0.34, deep - 0.14), 0.02, about("z", 0.35)))
    return [*parts, *(box(paint["brown"], (-0.35, top + 0.08, z), (0.14, 0.32, 0.26), 0.04) for z in (-0.19, 0.19))]


def truck(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A cab in front of a long box; two or three axles."""
    deep, wheel = rng.uniform(0.58, 0.66), rng.uniform(0.16, 0.18)
    base, load, cab = wheel * 1.3, rng.uniform(0.72, 0.85), rng.uniform(0.5, 0.6)
    axles = (-0.6, 0.6) if value == 4 else (-0.66, -0.2, 0.62)
    return [
        box(paint["black"], (0, base, 0), (1.7, 0.12, deep - 0.1), 0.01),
        box(paint.main, (-0.28, base + load / 2, 0), (1.2, load, deep), 0.02),
        box(paint.second, (0.65, base + cab / 2, 0), (0.5, cab, deep), 0.05),
        box(paint["black"], (0.82, base + cab * 0.7, 0), (0.2, cab * 0.34, deep - 0.12), 0.01),
        box(paint.second, (0.38, base + 0.1, 0), (0.2, 0.22, deep - 0.06), 0.01),
        *_wheels(paint, axles, deep, wheel),
    ]


def bus(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A long box with black windows along its sides."""
    deep, high, wheel = rng.uniform(0.52, 0.62), rng.uniform(0.66, 0.78), rng.uniform(0.14, 0.16)
    base, count = wheel * 0.9, int(value)
    wide = (1.5 - 0.16 * (count - 1)) / count
    parts = [
        box(paint.main, (0, base + high / 2, 0), (1.8, high, deep), 0.06),
        box(paint["black"], (0.84, base + high * 0.66, 0), (0.16, high * 0.36, deep - 0.14), 0.01),
    ]
    for x in spread(count, (wide + 0.16) * (count - 1) / 2):
        parts += [
            box(paint["black"], (x - 0.04, base + high * 0.66, z), (wide, 0.26, 0.3), 0.01) for z in _sides(deep - 0.26)
        ]
    return [*parts, *_wheels(paint, (-0.56, 0.56), deep, wheel)]


def boat(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A hull, its bow to the right, and triangular sails in a row, each on a mast."""
    count, deep = int(value), rng.uniform(0.4, 0.5)
    hull = ((-0.9, 0.34), (-0.7, 0.0), (0.55, 0.0), (0.9, 0.34))
    parts = [extrusion(paint.main, hull, deep), box(paint["brown"], (0, 0.33, 0), (1.55, 0.09, deep - 0.12), 0.01)]
    wide = (1.5 - 0.14 * (count - 1)) / count * 0.92
    wide = min(wide, 0.95)
    for x in spread(count, (wide + 0.14) * (count - 1) / 2):
        high = rng.uniform(1.3, 1.4) - (0.18 if count == 3 and x != 0 else 0)
        mast = x - wide / 2 + 0.08
        parts.append(cylinder(paint["brown"], (mast, 0.3, 0), (mast, 0.36 + high, 0), 0.05))
        sail = ((mast - 0.02, 0.5), (mast + wide - 0.08, 0.5), (mast - 0.02, 0.36 + high))
        parts.append(extrusion(paint.second, sail, 0.09))
    return parts


def aeroplane(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A body along z, its nose to the front, wings with engines hung below, a tail."""
    body, span = rng.uniform(0.15, 0.18), 0.9
    nose = 0.85
    wing = ((0.0, 0.26), (span, -0.2), (span, -0.36), (0.0, -0.18))
    mirrored = tuple((-x, z) for x, z in wing)
    flat = about("x", math.pi / 2)
    parts = [
        capsule(paint.main, (0, 0, -nose + body), (0, 0, nose - body), body),
        *(extrusion(paint.second, half, 0.09, (0, -0.04, 0), flat) for half in (wing, mirrored)),
        box(paint.second, (0, 0.05, -0.72), (0.72, 0.09, 0.2), 0.02),
        extrusion(
            paint.second,
            ((-0.85, 0.0), (-0.55, 0.0), (-0.74, 0.45), (-0.87, 0.45)),
            0.1,
            (0, 0.03, 0),
            about("y", -math.pi / 2),
        ),
        ellipsoid(paint["black"], (0, body * 0.5, nose - body * 0.9), (body * 0.75, body * 0.5, body * 0.6)),
    ]
    for x in (0.4,) if value == 2 else (0.34, 0.66):
        z = 0.26 - 0.51 * x
        parts += [capsule(paint["grey"], (s * x, -0.17, z - 0.14), (s * x, -0.17, z + 0.14), 0.095) for s in (-1, 1)]
    return parts


def locomotive(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A boiler with a chimney and a dome, a cab behind, wheels at both sides; drives to the right."""
    pairs = int(value) // 2
    wheel = {2: 0.22, 3: 0.19}[pairs] * rng.uniform(0.95, 1.0)
    deep, boiler = 0.56, rng.uniform(0.24, 0.28)
    deck = wheel * 1.5
    axle = deck + boiler * 0.9
    return [
        box(paint["black"], (0, deck - 0.06, 0), (1.74, 0.14, deep - 0.1), 0.01),
        cylinder(paint.main, (-0.4, axle, 0), (0.82, axle, 0), boiler),
        box(paint.main, (-0.56, deck + 0.42, 0), (0.56, 0.84, deep), 0.02),
        box(paint.second, (-0.56, deck + 0.88, 0), (0.7, 0.1, deep + 0.12), 0.02),
        box(paint["black"], (-0.56, deck + 0.58, 0), (0.3, 0.28, deep + 0.06), 0.01),
        cone(paint["black"], (0.58, axle, 0), (0.58, axle + boiler + 0.34, 0), 0.09, 0.14),
        ellipsoid(paint.main, (0.12, axle + boiler, 0), (0.13, 0.15, 0.13)),
        *_wheels(paint, spread(pairs, 0.6 if pairs == 2 else 0.58), deep, wheel),
    ]


def _sides(deep: float) -> tuple[float, float]:
    return -deep / 2, deep / 2


def _wheels(paint: Paint, axles: Sequence[float], deep: float, radius: float) -> list[Part]:
    """Black wheels, half sunk into both sides of a body `deep` deep, standing on y = 0."""
    return [
        cylinder(paint["black"], (x, radius, z - 0.09), (x, radius, z + 0.09), radius)
        for x in axles
        for z in _sides(deep)
    ]


FAMILIES: Mapping[str, Family] = {
    "rocket": Family(
        build=rocket,
        attribute=counted("fin", (2, 3, 4)),
        size_m=(10.0, 60.0),
        nouns=("rocket", "space rocket"),
        second="nose",
        finishes=GLOSS,
    ),
    "car": Family(build=car, attribute=having("a roof"), size_m=(3.5, 4.8), nouns=("car",), finishes=GLOSS),
    "truck": Family(
        build=truck,
        attribute=counted("wheel", (4, 6)),
        size_m=(6.0, 12.0),
        nouns=("truck", "lorry"),
        second="cab",
        neutral="white",
        finishes=GLOSS,
    ),
    "bus": Family(
        build=bus,
        attribute=counted("window", (3, 4, 5)),
        size_m=(8.0, 14.0),
        nouns=("bus",),
        finishes=GLOSS,
        colours=tuple(
            c for c in ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "white", "grey")
        ),
    ),
    "boat": Family(
        build=boat,
        attribute=counted("sail", (1, 2, 3)),
        size_m=(4.0, 20.0),
        nouns=("boat", "sailing boat"),
        second="sails",
        neutral="white",
        finishes=("plain", "wooden"),
    ),
    "aeroplane": Family(
        build=aeroplane,
        attribute=counted("engine", (2, 4)),
        size_m=(15.0, 60.0),
        nouns=("aeroplane", "airplane", "plane"),
        second="wings",
        finishes=GLOSS,
    ),
    "locomotive": Family(
        build=locomotive,
        attribute=counted("wheel", (4, 6)),
        size_m=(6.0, 12.0),
        nouns=("locomotive", "train engine"),
        second="roof",
        neutral="black",
        finishes=GLOSS,
    ),
}
