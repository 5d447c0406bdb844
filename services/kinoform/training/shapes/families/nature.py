"""What grows, and what is made of snow."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from kinoform.training.shapes.facts import Family, Value, counted, having, kinds
from kinoform.training.shapes.paint import Paint
from kinoform.training.shapes.parts import around, ball, capsule, cone, cylinder, ellipsoid, lathe
from kinoform.training.shapes.polygon import smooth
from kinoform.training.shapes.shape import Part


def tree(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A brown trunk under a crown of balls, or under a tall egg."""
    trunk = rng.uniform(0.1, 0.13)
    if value == "tall":
        wide = rng.uniform(0.32, 0.4)
        crown = [ellipsoid(paint.main, (0, 1.12, 0), (wide, 0.72, wide))]
    else:
        size = rng.uniform(0.44, 0.5)
        crown = [ball(paint.main, (0, 1.3, 0), size)]
        turn = rng.uniform(0, 2 * math.pi)
        crown += [ball(paint.main, (x, 1.1, z), size * 0.75) for x, z in around(4, 0.42, turn)]
    return [cone(paint["brown"], (0, 0, 0), (0, 1.1, 0), trunk + 0.05, trunk), *crown]


def fir(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A brown trunk and cones one on another, smaller towards the top."""
    count, wide = int(value), rng.uniform(0.6, 0.72)
    high = 1.44 / (count * 0.72 + 0.28)
    parts = [cylinder(paint["brown"], (0, 0, 0), (0, 0.5, 0), rng.uniform(0.1, 0.14))]
    for i in range(count):
        base, radius = 0.36 + i * high * 0.72, wide * (1 - 0.62 * i / count)
        parts.append(
            cone(paint.main, (0, base, 0), (0, base + high, 0), radius, 0.04 if i == count - 1 else radius * 0.3)
        )
    return parts


def cactus(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A thick stem in a brown pot; arms that turn up, at alternating sides."""
    stem, arm = rng.uniform(0.17, 0.2), rng.uniform(0.095, 0.115)
    parts = [
        lathe(paint["brown"], [(0.26, 0), (0.36, 0.36), (0.42, 0.36), (0.42, 0.48)]),
        capsule(paint.main, (0, 0.4, 0), (0, 1.8 - stem, 0), stem),
    ]
    for side, low, out, tall in ((1, 0.82, 0.5, 0.45), (-1, 1.0, 0.46, 0.34), (-1, 0.62, 0.82, 0.72))[: int(value)]:
        low += rng.uniform(-0.04, 0.04)
        parts.append(capsule(paint.main, (0, low, 0), (side * out, low, 0), arm))
        parts.append(capsule(paint.main, (side * out, low, 0), (side * out, low + tall, 0), arm))
    return parts


def mushroom(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A white stem under a domed cap; white dots on the cap, the same in number always."""
    wide, high = rng.uniform(0.72, 0.85), rng.uniform(0.55, 0.68)
    stem = rng.uniform(0.22, 0.28)
    cap = smooth(((wide - 0.12, 0.78), (wide, 0.86), (wide * 0.85, 0.86 + high * 0.75), (0.0, 0.86 + high)), 2)
    parts = [
        lathe(paint["white"], smooth(((stem + 0.1, 0), (stem + 0.08, 0.2), (stem, 0.5), (stem, 0.9)))),
        lathe(paint.main, cap),
    ]
    if value == "with":
        rings = ((1, 0.0, 0.97), (5, 0.5, 0.72), (7, 0.83, 0.3))
        for count, out, up in rings:
            for x, z in around(count, wide * out, math.pi / 2):
                parts.append(ball(paint["white"], (x, 0.86 + high * up, z), 0.12))
    return parts


def flower(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Round petals about a disc that faces the front, on a green stem with two leaves."""
    count, heart = int(value), rng.uniform(0.17, 0.2)
    petal = {4: 0.22, 5: 0.19, 6: 0.165}[count]
    out = heart + petal * rng.uniform(0.85, 0.95)
    reach = max(out, (petal + 0.075) / math.sin(math.pi / count))
    parts = [
        capsule(paint["green"], (0, 0, -0.04), (0, 1.2, -0.04), 0.06),
        ellipsoid(paint.second, (0, 1.2, 0.03), (heart, heart, 0.13)),
    ]
    for x, y in around(count, reach, math.pi / 2):
        parts.append(ellipsoid(paint.main, (x, 1.2 + y, 0), (petal, petal, 0.1)))
        parts.append(capsule(paint.main, (0, 1.2, 0), (x, 1.2 + y, 0), 0.07))
    for side in (-1, 1):
        parts.append(capsule(paint["green"], (0, 0.2, -0.04), (side * 0.3, 0.45, -0.04), 0.07))
    return parts


def snowman(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Balls one on another, black eyes, an orange nose to the front, and a hat."""
    radii = [0.5, 0.32] if value == 2 else [0.46, 0.34, 0.25]
    radii = [radius * rng.uniform(0.95, 1.05) for radius in radii]
    parts: list[Part] = []
    y = 0.0
    for radius in radii:
        y += radius * (0.8 if parts else 1)
        parts.append(ball(paint.main, (0, y, 0), radius))
        y += radius * 0.85
    head = radii[-1]
    y -= head * 0.85
    parts += [ball(paint["black"], (s * head * 0.38, y + head * 0.25, head * 0.86), 0.055) for s in (-1, 1)]
    parts.append(cone(paint["orange"], (0, y, head * 0.8), (0, y, head + 0.26), 0.09, 0.035))
    top = y + head * 0.92
    parts.append(cylinder(paint.second, (0, top - 0.04, 0), (0, top + 0.05, 0), head * 1.15))
    parts.append(cylinder(paint.second, (0, top, 0), (0, top + head * 1.0, 0), head * 0.68))
    return parts


PLAIN = ("plain",)

FAMILIES: Mapping[str, Family] = {
    "tree": Family(
        build=tree,
        attribute=kinds("crown", round=("round", "bushy"), tall=("tall", "slim")),
        size_m=(3.0, 12.0),
        nouns=("tree",),
        finishes=PLAIN,
    ),
    "fir tree": Family(
        build=fir,
        attribute=counted("tier", (2, 3, 4)),
        size_m=(2.0, 15.0),
        nouns=("fir tree", "conifer"),
        finishes=PLAIN,
    ),
    "cactus": Family(
        build=cactus, attribute=counted("arm", (0, 1, 2, 3)), size_m=(0.2, 2.0), nouns=("cactus",), finishes=PLAIN
    ),
    "mushroom": Family(
        build=mushroom,
        attribute=having("dots"),
        size_m=(0.06, 0.25),
        nouns=("mushroom", "toadstool"),
        finishes=PLAIN,
        colours=("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "grey", "black"),
    ),
    "flower": Family(
        build=flower,
        attribute=counted("petal", (4, 5, 6)),
        size_m=(0.2, 0.6),
        nouns=("flower",),
        second="centre",
        neutral="yellow",
        finishes=PLAIN,
    ),
    "snowman": Family(
        build=snowman,
        attribute=counted("ball", (2, 3)),
        size_m=(1.0, 2.0),
        nouns=("snowman",),
        second="hat",
        neutral="black",
        finishes=PLAIN,
    ),
}
