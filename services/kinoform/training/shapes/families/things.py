"""Tools, toys and treasures."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kinoform.training.shapes.facts import Family, Value, counted, having
from kinoform.training.shapes.paint import Paint
from kinoform.training.shapes.parts import (
    about,
    around,
    ball,
    box,
    capsule,
    cone,
    cylinder,
    ellipsoid,
    extrusion,
    lathe,
    rosette,
    spread,
    torus,
)
from kinoform.training.shapes.polygon import Outline
from kinoform.training.shapes.shape import Part
from kinoform.training.shapes.solids import Lathe

METAL = ("plain", "shiny", "metal", "golden")


def gear(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A disc with a hole, facing the front, and teeth around it."""
    count = int(value)
    root = rng.uniform(0.66, 0.7)
    pitch = math.pi / count
    low, high = pitch * 0.55, pitch * 0.4
    hole = rng.uniform(0.2, 0.28)
    wedge = (
        *_arc_points(hole, pitch, 0.0),
        (0.9, 0.0),
        _polar(0.9, high),
        _polar(root, low),
        _polar(root, pitch),
    )
    return [rosette(paint.main, wedge, count, rng.uniform(0.3, 0.4), (0, 0, 0), about("z", math.pi / 2))]


def star(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A flat star that faces the front, one point up."""
    count = int(value)
    inner = {5: 0.42, 6: 0.5, 7: 0.52, 8: 0.54}[count] * rng.uniform(0.92, 1.05)
    wedge = ((0.0, 0.0), (0.9, 0.0), _polar(inner, math.pi / count))
    return [rosette(paint.main, wedge, count, rng.uniform(0.25, 0.35), (0, 0, 0), about("z", math.pi / 2))]


def crown(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A ring, open at top and bottom, with pointed teeth that bear balls."""
    count, high = int(value), rng.uniform(0.4, 0.5)
    radius = 0.75
    ring = ((radius - 0.12, 0.0), (radius, 0.0), (radius, high), (radius - 0.12, high))
    parts = [Part(Lathe(ring), paint.main, (0.0, 0.0, 0.0))]
    for x, z in around(count, radius - 0.06, math.pi / 2):
        turn = about("y", math.atan2(x, z))
        parts.append(ellipsoid(paint.main, (x, high, z), (0.24 if count < 6 else 0.2, 0.42, 0.1), turn))
        parts.append(ball(paint.second, (x, high + 0.42, z), 0.1))
    return parts


def dumbbell(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A bar along x with one, two or three discs at each end."""
    each = int(value) // 2
    radius, thick, gap = rng.uniform(0.42, 0.5), 0.14, 0.11
    parts = [cylinder(paint.second, (-0.9, 0, 0), (0.9, 0, 0), 0.08)]
    for i in range(each):
        x, size = 0.83 - thick / 2 - i * (thick + gap), radius * (0.8 + 0.1 * i)
        for s in (-1, 1):
            parts.append(cylinder(paint.main, (s * x - thick / 2, 0, 0), (s * x + thick / 2, 0, 0), size))
    return parts


def key(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A ring at the left, a shaft, and teeth pointing down at its right end."""
    ring, bit = rng.uniform(0.3, 0.34), rng.uniform(0.26, 0.32)
    parts = [torus(paint.main, (-0.9 + ring, 0, 0), ring - 0.08, 0.08)]
    parts.append(cylinder(paint.main, (-0.9 + 2 * ring - 0.1, 0, 0), (0.9, 0, 0), 0.075))
    for i in range(int(value)):
        parts.append(box(paint.main, (0.82 - 0.25 * i, -bit / 2, 0), (0.13, bit, 0.12), 0.01))
    return parts


def robot(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A box for a head with two eyes, a bigger one for a body, arms and legs; antennas on the head."""
    body, head = rng.uniform(0.62, 0.72), rng.uniform(0.44, 0.52)
    parts = [
        box(paint.main, (0, 0.76, 0), (body, 0.66, 0.42), 0.04),
        box(paint.second, (0, 1.29, 0), (head, 0.38, 0.38), 0.04),
        cylinder(paint["grey"], (0, 1.02, 0), (0, 1.2, 0), 0.12),
    ]
    for s in (-1, 1):
        parts.append(box(paint.main, (s * 0.18, 0.24, 0), (0.2, 0.48, 0.24), 0.02))
        parts.append(box(paint["grey"], (s * 0.18, 0.06, 0.05), (0.24, 0.12, 0.36), 0.02))
        parts.append(capsule(paint["grey"], (s * (body / 2 - 0.05), 0.98, 0), (s * (body / 2 + 0.16), 0.98, 0), 0.07))
        parts.append(capsule(paint.main, (s * (body / 2 + 0.18), 0.98, 0), (s * (body / 2 + 0.18), 0.52, 0), 0.09))
        parts.append(ball(paint["white"], (s * 0.11, 1.32, 0.17), 0.085))
    for x in {0: [], 1: [0.0], 2: [-0.15, 0.15]}[int(value)]:
        parts.append(capsule(paint["grey"], (x, 1.42, 0), (x, 1.66, 0), 0.045))
        parts.append(ball(paint["grey"], (x, 1.7, 0), 0.08))
    return parts


def ring(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A finger ring facing the front; a stone on top."""
    band = rng.uniform(0.1, 0.13)
    parts = [torus(paint.main, (0, 0, 0), 0.62, band)]
    if value == "with":
        stone = [(0.05, 0.55), (0.3, 0.86), (0.22, 1.0)]
        parts.append(lathe(paint.second, stone))
        parts.append(cone(paint.main, (0, 0.55, 0), (0, 0.78, 0), 0.12, 0.26))
    return parts


def fan(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A foot, a pole, a motor, and round blades that face the front."""
    foot, hub = rng.uniform(0.36, 0.44), 1.15
    length = rng.uniform(0.58, 0.64)
    parts = [
        lathe(paint["black"], [(foot, 0), (foot, 0.08), (0.1, 0.16), (0.07, 0.24), (0.07, hub)]),
        capsule(paint["black"], (0, hub, -0.1), (0, hub, 0.2), 0.13),
    ]
    for i in range(int(value)):
        angle = math.pi / 2 + 2 * math.pi * i / int(value)
        x, y = length * 0.56 * math.cos(angle), length * 0.56 * math.sin(angle)
        size = (length * 0.5, {3: 0.21, 4: 0.18, 5: 0.14}[int(value)], 0.06)
        parts.append(ellipsoid(paint.main, (x, hub + y, 0.18), size, about("z", angle)))
    return parts


def cake(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Two round layers and candles in a row on top, yellow flames at their ends."""
    low, high = rng.uniform(0.78, 0.9), rng.uniform(0.36, 0.44)
    top = high * 1.7
    parts = [
        cylinder(paint.main, (0, 0, 0), (0, high, 0), low),
        cylinder(paint.second, (0, high - 0.02, 0), (0, top, 0), low * 0.76),
    ]
    for x in spread(int(value), {1: 0.0, 2: 0.2, 3: 0.34, 4: 0.45}[int(value)]):
        parts.append(cylinder(paint["white"], (x, top - 0.03, 0), (x, top + 0.36, 0), 0.06))
        parts.append(ellipsoid(paint["yellow"], (x, top + 0.43, 0), (0.065, 0.12, 0.065)))
    return parts


def fork(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """An upright fork facing the front, its handle at the bottom."""
    count, tine = int(value), 0.105
    wide = (tine + 0.125) * (count - 1) + tine
    neck, length = 0.16, rng.uniform(0.5, 0.6)
    parts = [
        capsule(paint.main, (0, -0.8, 0), (0, neck, 0), rng.uniform(0.075, 0.1)),
        box(paint.main, (0, neck + 0.06, 0), (wide, 0.2, 0.12), 0.03),
        cone(paint.main, (0, -0.12, 0), (0, neck, 0), 0.07, 0.14),
    ]
    for x in spread(count, wide / 2 - tine / 2):
        parts.append(box(paint.main, (x, neck + 0.1 + length / 2, 0), (tine, length, 0.11), 0.04))
    return parts


def arrow(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A flat arrow along x that points to the right, or to both sides."""
    half, head, shaft = rng.uniform(0.38, 0.48), rng.uniform(0.5, 0.6), rng.uniform(0.13, 0.18)
    tip = ((0.9 - head, -half), (0.9, 0.0), (0.9 - head, half))
    left = 0.9 - head + 0.02
    parts = [
        box(
            paint.main,
            (0.0 if value == 2 else (left - 0.9) / 2, 0, 0),
            (2 * left if value == 2 else left + 0.9, 2 * shaft, 0.26),
            0.0,
        )
    ]
    parts.append(extrusion(paint.main, tip, 0.26))
    if value == 2:
        parts.append(extrusion(paint.main, tuple((-x, y) for x, y in tip), 0.26))
    return parts


def hammer(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """An upright handle and a head along x: a face at the right; a claw or a second face at the left."""
    grip, y = rng.uniform(0.075, 0.095), 0.66
    parts = [
        capsule(paint.second, (0, -0.82, 0), (0, y, 0), grip),
        box(paint.main, (0, y, 0), (0.4, 0.26, 0.26), 0.03),
        cylinder(paint.main, (0.1, y, 0), (0.5, y, 0), 0.17),
    ]
    if value == "with":
        claw = (
            (-0.1, y - 0.13),
            (-0.1, y + 0.13),
            (-0.34, y + 0.1),
            (-0.62, y - 0.06),
            (-0.58, y - 0.16),
            (-0.34, y - 0.06),
        )
        parts += [extrusion(paint.main, claw, 0.09, (0, 0, z)) for z in (-0.1, 0.1)]
        return parts
    return [*parts, cylinder(paint.main, (-0.5, y, 0), (-0.1, y, 0), 0.17)]


def sword(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """An upright blade, point up, with a guard, a grip and a round pommel."""
    wide, guard = rng.uniform(0.13, 0.16), rng.uniform(0.32, 0.42)
    blade = ((-wide, -0.4), (wide, -0.4), (wide, 0.65), (0.0, 0.9), (-wide, 0.65))
    parts = [extrusion(paint.main, blade, 0.1), cylinder(paint.second, (0, -0.82, 0), (0, -0.36, 0), 0.07)]
    if value == "with":
        parts.append(box(paint.second, (0, -0.42, 0), (2 * guard, 0.12, 0.16), 0.04))
    return [*parts, ball(paint.second, (0, -0.8, 0), 0.1)]


def caterpillar(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Balls in a row along x, the first with eyes and feelers, looking to the right."""
    count = int(value)
    radius = 0.9 / count * 1.12
    step = (1.8 - 2 * radius) / (count - 1)
    parts = [
        ball(paint.second if i == count - 1 else paint.main, (-0.9 + radius + i * step, 0, 0), radius)
        for i in range(count)
    ]
    head = 0.9 - radius
    for s in (-1, 1):
        parts.append(
            capsule(paint["black"], (head, radius * 0.7, s * 0.08), (head + 0.06, radius + 0.2, s * 0.16), 0.05)
        )
        parts.append(ball(paint["white"], (head + radius * 0.62, radius * 0.35, s * radius * 0.6), 0.085))
    return parts


def _polar(radius: float, angle: float) -> tuple[float, float]:
    return radius * math.cos(angle), radius * math.sin(angle)


def _arc_points(radius: float, start: float, end: float) -> Outline:
    """From one angle to another in four steps."""
    return tuple(_polar(radius, start + (end - start) * i / 4) for i in range(5))


FAMILIES: Mapping[str, Family] = {
    "gear": Family(
        build=gear,
        attribute=counted("tooth", range(6, 13), "teeth"),
        size_m=(0.03, 0.3),
        nouns=("gear", "cogwheel"),
        finishes=METAL,
    ),
    "star": Family(
        build=star, attribute=counted("point", (5, 6, 7, 8)), size_m=(0.1, 0.5), nouns=("star",), finishes=METAL
    ),
    "crown": Family(
        build=crown,
        attribute=counted("point", (4, 5, 6, 7)),
        size_m=(0.2, 0.3),
        nouns=("crown",),
        second="balls",
        finishes=METAL,
    ),
    "dumbbell": Family(
        build=dumbbell,
        attribute=counted("disc", (2, 4, 6)),
        size_m=(0.35, 0.6),
        nouns=("dumbbell",),
        second="bar",
        neutral="grey",
        finishes=("plain", "shiny", "metal"),
    ),
    "key": Family(
        build=key, attribute=counted("tooth", (1, 2, 3), "teeth"), size_m=(0.05, 0.15), nouns=("key",), finishes=METAL
    ),
    "robot": Family(
        build=robot,
        attribute=counted("antenna", (0, 1, 2)),
        size_m=(0.2, 2.0),
        nouns=("robot",),
        second="head",
        finishes=("plain", "shiny", "metal"),
    ),
    "ring": Family(
        build=ring,
        attribute=having("a stone"),
        size_m=(0.02, 0.03),
        nouns=("ring",),
        second="stone",
        neutral="white",
        finishes=METAL,
    ),
    "fan": Family(
        build=fan,
        attribute=counted("blade", (3, 4, 5)),
        size_m=(0.3, 0.6),
        nouns=("fan", "electric fan"),
        finishes=("plain", "shiny"),
    ),
    "cake": Family(
        build=cake,
        attribute=counted("candle", (1, 2, 3, 4)),
        size_m=(0.2, 0.4),
        nouns=("cake", "birthday cake"),
        second="top",
        finishes=("plain",),
    ),
    "fork": Family(
        build=fork, attribute=counted("tine", (2, 3, 4)), size_m=(0.15, 0.25), nouns=("fork",), finishes=METAL
    ),
    "arrow": Family(
        build=arrow, attribute=counted("head", (1, 2)), size_m=(0.2, 1.0), nouns=("arrow",), finishes=METAL
    ),
    "hammer": Family(
        build=hammer,
        attribute=having("a claw"),
        size_m=(0.25, 0.4),
        nouns=("hammer",),
        second="handle",
        neutral="brown",
        finishes=("plain", "shiny", "metal"),
    ),
    "sword": Family(
        build=sword,
        attribute=having("a guard"),
        size_m=(0.6, 1.2),
        nouns=("sword",),
        second="grip",
        neutral="brown",
        finishes=METAL,
    ),
    "caterpillar": Family(
        build=caterpillar,
        attribute=counted("ball", (3, 4, 5)),
        size_m=(0.03, 0.3),
        nouns=("caterpillar",),
        second="head",
        finishes=("plain", "shiny"),
    ),
}
