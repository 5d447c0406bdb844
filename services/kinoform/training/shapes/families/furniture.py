"""What stands in rooms."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kinoform.training.shapes.facts import Attribute, Family, Value, counted, having
from kinoform.training.shapes.paint import Paint
from kinoform.training.shapes.parts import around, ball, box, capsule, cone, cylinder, lathe, spread
from kinoform.training.shapes.shape import Part, Surface

WOODEN = ("plain", "wooden", "metal")


def chair(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Four legs, a seat and a back; arms on posts."""
    wide, deep, high = rng.uniform(0.8, 1.0), rng.uniform(0.75, 0.9), rng.uniform(0.75, 0.9)
    leg, back = rng.uniform(0.09, 0.12), rng.uniform(0.8, 0.95)
    x, z = wide / 2 - leg / 2, deep / 2 - leg / 2
    parts = [box(paint.main, (sx, high / 2, sz), (leg, high, leg)) for sx in (-x, x) for sz in (-z, z)]
    parts.append(box(paint.second, (0, high, 0), (wide, 0.13, deep), 0.04))
    parts.append(box(paint.main, (0, high + back / 2, -z), (wide, back, leg + 0.02), 0.04))
    if value == "with":
        top = high + rng.uniform(0.32, 0.4)
        for sx in (-x, x):
            parts.append(box(paint.main, (sx, top, 0), (0.13, 0.1, deep), 0.03))
            parts.append(box(paint.main, (sx, (high + top) / 2, z), (leg, top - high, leg)))
    return parts


def stool(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A thick round seat on splayed legs."""
    high, seat, leg = rng.uniform(1.2, 1.6), rng.uniform(0.42, 0.52), rng.uniform(0.055, 0.07)
    feet, thick = seat * rng.uniform(1.1, 1.3), rng.uniform(0.16, 0.24)
    count = int(value)
    tops = around(count, seat * 0.75, math.pi / 2 + math.pi / count)
    parts = [
        lathe(
            paint.second,
            [(seat - 0.05, high), (seat, high + 0.05), (seat, high + thick), (seat - 0.06, high + thick + 0.05)],
        )
    ]
    for x, z in tops:
        out = feet / (seat * 0.75)
        parts.append(capsule(paint.main, (x, high + 0.03, z), (x * out, leg, z * out), leg))
    return parts


def table(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A rectangular top on four or six legs."""
    long, deep, high = rng.uniform(1.65, 1.8), rng.uniform(0.85, 1.05), rng.uniform(0.75, 0.95)
    leg = rng.uniform(0.1, 0.13)
    columns = 2 if value == 4 else 3
    z = deep / 2 - leg / 2 - 0.03
    parts = [
        box(paint.main, (x, high / 2, side), (leg, high, leg))
        for x in spread(columns, long / 2 - leg / 2 - 0.03)
        for side in (-z, z)
    ]
    return [*parts, box(paint.second, (0, high, 0), (long, rng.uniform(0.11, 0.15), deep), 0.02)]


def round_table(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A round top on one pedestal with a foot, or on legs near its rim."""
    radius, high = 0.9, rng.uniform(0.95, 1.2)
    parts = [cylinder(paint.second, (0, high, 0), (0, high + rng.uniform(0.1, 0.14), 0), radius)]
    if value == 1:
        stem = rng.uniform(0.08, 0.12)
        foot = [(0.5, 0.0), (0.5, 0.07), (stem + 0.06, 0.16), (stem, 0.3), (stem, high + 0.04)]
        return [*parts, lathe(paint.main, foot)]
    leg, count = rng.uniform(0.06, 0.075), int(value)
    for x, z in around(count, radius * rng.uniform(0.7, 0.8), math.pi / 2 + math.pi / count):
        parts.append(cylinder(paint.main, (x, 0, z), (x, high + 0.04, z), leg))
    return parts


def bench(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A long seat on two slabs; a backrest of two rails."""
    high, deep = rng.uniform(0.42, 0.52), rng.uniform(0.5, 0.6)
    parts = [box(paint.main, (0, high, 0), (1.8, 0.13, deep), 0.02)]
    parts += [box(paint.second, (x, high / 2, 0), (0.14, high, deep - 0.08), 0.02) for x in (-0.65, 0.65)]
    if value == "with":
        rise = rng.uniform(0.55, 0.7)
        z = -deep / 2 + 0.05
        parts += [box(paint.second, (x, high + rise / 2, z), (0.14, rise, 0.1), 0.02) for x in (-0.65, 0.65)]
        parts += [box(paint.main, (0, high + rise * at, z + 0.03), (1.8, 0.15, 0.1), 0.02) for at in (0.5, 0.95)]
    return parts


def sofa(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A base, a back, rounded arms and one thick seat cushion for each person."""
    count = int(value)
    wide, deep, high = 0.62 * count + 0.5, rng.uniform(0.85, 0.95), rng.uniform(0.85, 1.0)
    unit = wide / 1.8
    seat = wide - 0.44 * max(unit, 0.9)
    arm = (wide - seat) / 2
    parts = [
        box(paint.main, (0, 0.2, 0), (wide - 0.04, 0.36, deep), 0.05),
        box(paint.main, (0, high / 2, -deep / 2 + 0.12), (wide - 0.1, high, 0.26), 0.1),
    ]
    for x in (-(wide - arm) / 2, (wide - arm) / 2):
        parts.append(box(paint.main, (x, 0.34, 0.02), (arm, 0.68, deep), 0.09))
    gap = 0.1 * unit
    cushion = (seat - gap * (count + 1)) / count
    for i in range(count):
        x = -seat / 2 + gap + cushion / 2 + i * (cushion + gap)
        parts.append(box(paint.second, (x, 0.44, 0.12), (cushion, 0.3, deep - 0.26), 0.06))
    return parts


def bed(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A headboard at the back, a mattress, a coloured blanket, and white pillows side by side."""
    count = int(value)
    wide, long = (0.85 if count == 1 else 1.3) * rng.uniform(0.95, 1.05), 1.75
    back = -long / 2
    parts = [
        box(paint["brown"], (0, 0.2, 0), (wide, 0.16, long), 0.02),
        box(paint["brown"], (0, 0.4, back + 0.05), (wide, rng.uniform(0.75, 0.9), 0.1), 0.03),
        box(paint["white"], (0, 0.36, 0.03), (wide - 0.02, 0.24, long - 0.1), 0.06),
        box(paint.main, (0, 0.36, 0.27), (wide + 0.04, 0.3, long - 0.55), 0.06),
    ]
    parts += [
        box(paint["brown"], (x, 0.1, z), (0.12, 0.2, 0.12))
        for x in (-wide / 2 + 0.06, wide / 2 - 0.06)
        for z in (back + 0.07, -back - 0.07)
    ]
    each = (wide - 0.16 - 0.14 * (count - 1)) / count
    for x in spread(count, (each + 0.14) / 2):
        parts.append(box(paint["white"], (x, 0.52, back + 0.3), (each, 0.22, 0.32), 0.1))
    return parts


def shelf(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Two side walls and boards between them, the lowest and the highest at the ends; open at the back."""
    wide, deep = rng.uniform(0.95, 1.3), rng.uniform(0.35, 0.5)
    wall = rng.uniform(0.09, 0.12)
    parts = [box(paint.main, (x, 0, 0), (wall, 1.8, deep), 0.01) for x in (-wide / 2, wide / 2)]
    parts += [box(paint.second, (0, y, 0), (wide, 0.1, deep - 0.02), 0.01) for y in spread(int(value), 0.78)]
    return parts


def ladder(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Two rails, closer at the top, with rungs."""
    low, high, rail = rng.uniform(0.36, 0.46), rng.uniform(0.28, 0.34), rng.uniform(0.055, 0.065)
    parts = [capsule(paint.main, (s * low, -0.84, 0), (s * high, 0.84, 0), rail) for s in (-1, 1)]
    for y in spread(int(value), 0.62):
        x = (low + high) / 2 + (high - low) / 2 * y / 0.84
        parts.append(cylinder(paint.second, (-x, y, 0), (x, y, 0), 0.05))
    return parts


def lamp(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A round foot, a stem and a shade: a cone or a ball."""
    stem, wide = rng.uniform(0.05, 0.065), rng.uniform(0.5, 0.62)
    foot = rng.uniform(0.34, 0.44)
    parts = [lathe(paint.second, [(foot, 0), (foot, 0.07), (0.12, 0.15), (stem, 0.22), (stem, 1.2)])]
    if value == "round":
        return [*parts, ball(paint.main, (0, 1.36, 0), wide * 0.8)]
    return [*parts, cone(paint.main, (0, 0.95, 0), (0, 1.75, 0), wide, wide * rng.uniform(0.4, 0.55))]


def floor_lamp(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A tall pole with one, two or three ball heads on arms in a row."""
    pole, head = 0.05, rng.uniform(0.16, 0.19)
    top = 1.8 - head
    parts = [
        lathe(paint.second, [(0.36, 0), (0.36, 0.07), (0.1, 0.14), (pole, 0.2), (pole, 1.15 if value == 2 else top)])
    ]
    if value != 2:
        parts.append(ball(paint.main, (0, top, 0), head))
    for x in {1: [], 2: [-0.36, 0.36], 3: [-0.52, 0.52]}[int(value)]:
        parts.append(capsule(paint.second, (0, 1.1, 0), (x, 1.3, 0), pole))
        parts.append(capsule(paint.second, (x, 1.3, 0), (x, 1.45, 0), pole))
        parts.append(ball(paint.main, (x, 1.45 + head * 0.6, 0), head))
    return parts


def candlestick(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A foot, a stem, arms in a row curving up, a white candle on each."""
    count = int(value)
    foot, stem = rng.uniform(0.34, 0.42), 0.06
    heights = 1.1
    parts = [lathe(paint.main, [(foot, 0), (foot, 0.07), (0.14, 0.15), (stem, 0.25), (stem, heights)])]
    for x in spread(count, {1: 0.0, 3: 0.58, 5: 0.86}[count]):
        parts += _candle(paint.main, paint["white"], x, heights)
        if x != 0:
            lift = 0.28 if abs(x) > 0.5 else 0.62
            parts.append(capsule(paint.main, (0, lift, 0), (x, lift + 0.1, 0), 0.06))
            parts.append(capsule(paint.main, (x, lift + 0.1, 0), (x, heights, 0), 0.06))
    return parts


def _candle(cup: Surface, wax: Surface, x: float, height: float) -> list[Part]:
    return [
        cone(cup, (x, height - 0.08, 0), (x, height + 0.06, 0), 0.07, 0.14),
        cylinder(wax, (x, height, 0), (x, height + 0.4, 0), 0.075),
    ]


SHADE = Attribute("shade", {"round": ("with a round shade", "with a ball shade"), "cone": ("with a cone shade",)})

FAMILIES: Mapping[str, Family] = {
    "chair": Family(
        build=chair, attribute=having("arms"), size_m=(0.8, 1.1), nouns=("chair",), second="seat", finishes=WOODEN
    ),
    "stool": Family(
        build=stool,
        attribute=counted("leg", (3, 4)),
        size_m=(0.45, 0.8),
        nouns=("stool", "bar stool"),
        second="seat",
        finishes=WOODEN,
    ),
    "table": Family(
        build=table,
        attribute=counted("leg", (4, 6)),
        size_m=(1.2, 2.4),
        nouns=("table", "rectangular table"),
        second="top",
        finishes=WOODEN,
    ),
    "round table": Family(
        build=round_table,
        attribute=counted("leg", (1, 3, 4)),
        size_m=(0.7, 1.4),
        nouns=("round table",),
        second="top",
        finishes=WOODEN,
    ),
    "bench": Family(
        build=bench, attribute=having("a backrest"), size_m=(1.2, 2.0), nouns=("bench", "park bench"), finishes=WOODEN
    ),
    "sofa": Family(
        build=sofa,
        attribute=counted("cushion", (1, 2, 3)),
        size_m=(0.9, 2.4),
        nouns=("sofa", "couch"),
        second="cushions",
        finishes=("plain",),
    ),
    "bed": Family(
        build=bed, attribute=counted("pillow", (1, 2)), size_m=(1.9, 2.2), nouns=("bed",), finishes=("plain",)
    ),
    "shelf": Family(
        build=shelf,
        attribute=counted("board", (2, 3, 4, 5)),
        size_m=(0.8, 2.2),
        nouns=("shelf", "bookshelf"),
        second="boards",
        finishes=WOODEN,
    ),
    "ladder": Family(
        build=ladder,
        attribute=counted("rung", (3, 4, 5, 6)),
        size_m=(1.5, 4.0),
        nouns=("ladder",),
        second="rungs",
        finishes=WOODEN,
    ),
    "lamp": Family(
        build=lamp,
        attribute=SHADE,
        size_m=(0.3, 0.7),
        nouns=("lamp", "table lamp"),
        second="foot",
        neutral="black",
        finishes=("plain", "shiny"),
    ),
    "floor lamp": Family(
        build=floor_lamp,
        attribute=counted("head", (1, 2, 3)),
        size_m=(1.4, 1.9),
        nouns=("floor lamp", "standing lamp"),
        second="pole",
        neutral="black",
        finishes=("plain", "shiny"),
    ),
    "candlestick": Family(
        build=candlestick,
        attribute=counted("arm", (1, 3, 5)),
        size_m=(0.2, 0.5),
        nouns=("candlestick", "candle holder"),
    ),
}
