"""What holds things."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from kinoform.training.shapes.facts import Attribute, Family, Value, counted, having, kinds
from kinoform.training.shapes.paint import Paint
from kinoform.training.shapes.parts import about, arc, ball, box, capsule, cone, cylinder, lathe, vessel
from kinoform.training.shapes.polygon import smooth
from kinoform.training.shapes.shape import Part

CLAY = ("plain", "shiny", "metal", "golden")
RIGHT, LEFT = about("z", -np.pi / 2), about("z", np.pi / 2)


def mug(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A hollow cylinder, a handle to the right; the second one to the left."""
    radius, high = rng.uniform(0.48, 0.58), rng.uniform(1.25, 1.5)
    top = radius * rng.uniform(0.95, 1.1)
    parts = [vessel(paint.main, [(radius, -high / 2), (top, high / 2)], 0.11)]
    side, ring = (radius + top) / 2, rng.uniform(0.28, 0.34)
    for x, turn in ((side, RIGHT), (-side, LEFT))[: int(value)]:
        parts.append(arc(paint.second, (x, 0, 0), ring, 0.075, 1.6, turn))
    return parts


def vase(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A belly and a neck with a flared rim: slim, or as wide as high."""
    if value == "tall":
        belly, neck, rim, foot = rng.uniform(0.3, 0.38), rng.uniform(0.17, 0.2), rng.uniform(0.25, 0.32), 0.2
        profile = [(foot, -0.9), (belly, -0.35), (belly, 0.0), (neck, 0.5), (neck, 0.65), (rim, 0.9)]
    else:
        belly, neck, rim = rng.uniform(0.82, 0.95), rng.uniform(0.3, 0.38), rng.uniform(0.44, 0.52)
        profile = [(0.4, -0.75), (belly, -0.5), (belly, 0.25), (neck, 0.45), (neck, 0.6), (rim, 0.8)]
    return [vessel(paint.main, smooth(tuple(profile)), 0.09)]


def bowl(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """Half a ball, or a flat plate-like one, on a foot."""
    high = rng.uniform(0.8, 0.95) if value == "deep" else rng.uniform(0.32, 0.4)
    profile = smooth(((0.3, 0.0), (0.68, high * 0.12), (0.86, high * 0.6), (0.9, high)), 2)
    foot = cylinder(paint.main, (0, -0.1, 0), (0, 0.06, 0), 0.34)
    return [vessel(paint.main, profile, 0.1), foot]


def bottle(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A body, sloping shoulders, a neck; a handle from the shoulder to the neck at the right; a cap."""
    body, neck, shoulder = rng.uniform(0.3, 0.38), rng.uniform(0.11, 0.13), rng.uniform(0.0, 0.2)
    profile = [
        (body - 0.05, -0.9),
        (body, -0.84),
        (body, shoulder),
        (neck + 0.03, shoulder + 0.3),
        (neck, 0.5),
        (neck, 0.75),
    ]
    parts = [lathe(paint.main, profile), cylinder(paint.second, (0, 0.68, 0), (0, 0.9, 0), neck + 0.07)]
    if value == "with":
        x, low = body + 0.2, shoulder - 0.25
        path = [(neck - 0.03, 0.5), (x, 0.5), (x, low), (body - 0.03, low)]
        for (ax, ay), (bx, by) in pairwise(path):
            parts.append(capsule(paint.main, (ax, ay, 0), (bx, by, 0), 0.06))
    return parts


def teapot(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A round body, a spout to the right, a handle to the left, a lid with a knob; little feet."""
    wide, high = rng.uniform(0.52, 0.58), rng.uniform(0.42, 0.5)
    profile = smooth(((0.3, -high), (wide, -high * 0.7), (wide, high * 0.6), (0.26, high)), 2)
    parts = [lathe(paint.main, profile)]
    parts.append(cone(paint.main, (wide - 0.16, -high * 0.4, 0), (wide + 0.42, high * 0.85, 0), 0.17, 0.08))
    parts.append(arc(paint.main, (-wide + 0.03, 0, 0), 0.3, 0.07, 1.75, LEFT))
    lid = smooth(((0.32, high - 0.03), (0.3, high + 0.07), (0.08, high + 0.14)))
    parts += [lathe(paint.second, lid), ball(paint.second, (0, high + 0.2, 0), 0.11)]
    if value == "with":
        for x, z in ((-0.3, 0.22), (0.3, 0.22), (0.0, -0.36)):
            parts.append(cone(paint.main, (x, -high + 0.12, z), (x, -high - 0.26, z), 0.12, 0.075))
    return parts


def trophy(rng: np.random.Generator, value: Value, paint: Paint) -> Sequence[Part]:
    """A cup on a stem and a black base; two handles at its sides."""
    wide = rng.uniform(0.42, 0.5)
    cup = smooth(((0.09, -0.3), (0.2, -0.22), (wide - 0.05, 0.1), (wide, 0.8)))
    parts = [
        vessel(paint.main, cup, 0.1),
        lathe(paint.main, [(0.3, -0.62), (0.09, -0.5), (0.085, -0.2), (0.12, -0.15)]),
        box(paint["black"], (0, -0.76, 0), (0.72, 0.3, 0.72), 0.02),
    ]
    if value == "with":
        for x, turn in ((wide - 0.03, RIGHT), (-wide + 0.03, LEFT)):
            parts.append(arc(paint.main, (x, 0.36, 0), rng.uniform(0.26, 0.28), 0.065, 1.75, turn))
    return parts


HANDLES = Attribute(
    "handles", {"with": ("with two handles", "with handles"), "without": ("without handles", "with no handles")}
)

FAMILIES: Mapping[str, Family] = {
    "mug": Family(
        build=mug,
        attribute=counted("handle", (1, 2)),
        size_m=(0.09, 0.13),
        nouns=("mug", "cup"),
        second="handles",
        finishes=CLAY,
    ),
    "vase": Family(
        build=vase,
        attribute=kinds("shape", tall=("tall", "slim"), round=("round", "bulbous")),
        size_m=(0.15, 0.5),
        nouns=("vase",),
        finishes=CLAY,
    ),
    "bowl": Family(
        build=bowl,
        attribute=kinds("depth", deep=("deep",), shallow=("shallow", "flat")),
        size_m=(0.12, 0.35),
        nouns=("bowl",),
        finishes=(*CLAY, "wooden"),
    ),
    "bottle": Family(
        build=bottle,
        attribute=having("a handle"),
        size_m=(0.2, 0.4),
        nouns=("bottle",),
        second="cap",
        neutral="black",
        finishes=("plain", "shiny"),
    ),
    "teapot": Family(
        build=teapot, attribute=having("feet"), size_m=(0.2, 0.35), nouns=("teapot",), second="lid", finishes=CLAY
    ),
    "trophy": Family(build=trophy, attribute=HANDLES, size_m=(0.2, 0.5), nouns=("trophy",), finishes=CLAY),
}
