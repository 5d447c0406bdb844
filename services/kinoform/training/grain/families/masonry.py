"""Bricks, tiles and stones that are laid."""

import numpy as np

from kinoform.training.grain.layouts import Courses, courses, hexagons
from kinoform.training.grain.noise import Plane, Values, smoothstep
from kinoform.training.grain.surface import Colour, Ground, Surface, blended, tinted

MORTAR = np.array([0.62, 0.6, 0.57], np.float32)
GROUT = np.array([0.5, 0.49, 0.47], np.float32)


def bricks(ground: Ground) -> Surface:
    """Running bond; `count` bricks a row, twice as many courses."""
    x, y = ground.warped(60, 0.7)
    laid = courses(x, y, ground.count, 2 * ground.count, stagger=0.5)
    face = smoothstep(2.0, 5.5, laid.edge + 0.6 * ground.waves(12))
    tint = 0.13 * _each(ground, laid) + 0.06 * ground.waves(14, falloff=1.5)
    colour = blended(tinted(MORTAR, 0.05 * ground.waves(10)), tinted(ground.colour, tint), face)
    height = face * (0.75 + 0.05 * _each(ground, laid)) + 0.05 * ground.waves(12) + 0.1
    return _stony(ground, colour, 0.92 - 0.1 * face, height)


def square_tiles(ground: Ground) -> Surface:
    """Glazed square tiles, `count` a row."""
    laid = courses(ground.x, ground.y, ground.count, ground.count)
    return _glazed(ground, laid, 0.07 * _each(ground, laid))


def checkerboard(ground: Ground) -> Surface:
    """Tiles of a dark and a light shade in turn, `count` (even) a row."""
    laid = courses(ground.x, ground.y, ground.count, ground.count)
    dark = ((laid.row + laid.column) % 2).astype(np.float32)
    return _glazed(ground, laid, 0.45 - 0.85 * dark + 0.03 * _each(ground, laid))


def hexagon_tiles(ground: Ground) -> Surface:
    """Glazed hexagons."""
    laid = hexagons(ground.x, ground.y, 7, 4)
    face = smoothstep(1.2, 3.6, laid.edge)
    tint = 0.1 * laid.each(ground.rng.standard_normal(laid.total)) + 0.02 * ground.waves(40)
    colour = blended(tinted(GROUT, 0.04 * ground.waves(10)), tinted(ground.colour, tint), face)
    return _stony(ground, colour, 0.85 - 0.55 * face, 0.15 + 0.6 * face)


def roof_shingles(ground: Ground) -> Surface:
    """Overlapping rounded shingles, `count` a row, thicker at their lower ends."""
    rows = ground.count + ground.count % 2
    laid = courses(ground.x, ground.y, ground.count, rows, stagger=0.5)
    across = 2 * laid.x - 1
    drop = 0.16 * across**2  # the lower border is an arc: what lies above it there is the next row
    inside = smoothstep(0.0, 0.05, 1 - laid.y - drop)
    lower = laid.y + drop
    own = _each(ground, laid)
    below = own[np.roll(np.arange(ground.size), -(256 // rows))]
    shade = 0.1 * (inside * own + (1 - inside) * below)
    gap = smoothstep(0.5, 2.5, (1 - np.abs(across)) * 128 / ground.count)
    dark = -0.35 * (1 - gap) * inside - 0.4 * (1 - inside) - 0.25 * smoothstep(0.3, 0.0, laid.y)
    colour = tinted(ground.colour, shade + dark + 0.05 * ground.waves(12, across=0.5))
    height = inside * gap * (0.25 + 0.6 * np.clip(lower, 0, 1)) + 0.04 * ground.waves(12)
    return _stony(ground, colour, ground.flat(0.82), height + 0.08)


def cobblestones(ground: Ground) -> Surface:
    """Rounded stones in rough rows."""
    stones = ground.cells(6, jitter=0.45)
    dome = smoothstep(1.0, 13.0, stones.edge + 0.7 * ground.waves(14))
    tint = 0.16 * stones.each(ground.rng.standard_normal(stones.total)) + 0.06 * ground.waves(10, falloff=1.3)
    joint = tinted(np.array([0.3, 0.27, 0.23], np.float32), 0.1 * ground.waves(8))
    colour = blended(joint, tinted(ground.colour, tint - 0.25 * (1 - dome)), smoothstep(0.0, 0.35, dome))
    return _stony(ground, colour, 0.9 - 0.25 * dome, 0.08 + 0.8 * dome + 0.03 * ground.waves(10))


def stone_wall(ground: Ground) -> Surface:
    """Flat stones of many shapes in mortar."""
    stones = ground.cells(4, jitter=0.6)
    face = smoothstep(2.5, 6.0, stones.edge + 1.2 * ground.waves(24))
    tint = 0.2 * stones.each(ground.rng.standard_normal(stones.total)) + 0.09 * ground.waves(30, falloff=1.4)
    colour = blended(tinted(MORTAR, 0.06 * ground.waves(10)), tinted(ground.colour, tint), face)
    height = 0.12 + face * (0.6 + 0.12 * ground.waves(40, falloff=1.5)) + 0.03 * ground.waves(10)
    return _stony(ground, colour, 0.93 - 0.13 * face, height)


def terrazzo(ground: Ground) -> Surface:
    """Chips of lighter and darker stone in a polished floor."""
    chips = ground.cells(12, jitter=0.8)
    kind = ground.rng.random(chips.total)
    size = chips.each(ground.rng.uniform(0.2, 4.5, chips.total))
    inside = smoothstep(0.0, 1.6, chips.edge - size) * chips.each((kind > 0.25).astype(float))
    amounts = np.where(
        kind > 0.62, ground.rng.uniform(0.35, 0.75, kind.size), ground.rng.uniform(-0.7, -0.3, kind.size)
    )
    colour = blended(tinted(ground.colour, 0.02 * ground.waves(60)), tinted(ground.colour, chips.each(amounts)), inside)
    return _stony(ground, colour, 0.3 - 0.08 * inside, 0.5 + 0.04 * inside)


def _glazed(ground: Ground, laid: Courses, tint: Plane) -> Surface:
    face = smoothstep(1.5, 4.5, laid.edge)
    colour = blended(
        tinted(GROUT, 0.04 * ground.waves(10)), tinted(ground.colour, tint + 0.025 * ground.waves(50)), face
    )
    tilt = ground.rng.uniform(-0.06, 0.06, (2, *laid.shape))
    height = face * (0.7 + laid.each(tilt[0]) * (laid.x - 0.5) + laid.each(tilt[1]) * (laid.y - 0.5))
    return _stony(ground, colour, 0.88 - 0.62 * face, 0.12 + height)


def _each(ground: Ground, laid: Courses) -> Plane:
    return laid.each(ground.rng.standard_normal(laid.shape))


def _stony(ground: Ground, colour: Colour, roughness: Values, height: Values) -> Surface:
    return ground.surface(colour, roughness + 0.02 * ground.waves(20), height)
