"""Wood: boards, parquet, one grown surface, bark, wicker."""

import numpy as np

from kinoform.training.grain.layouts import courses, threads
from kinoform.training.grain.noise import Plane, smoothstep
from kinoform.training.grain.surface import Ground, Surface, tinted


def wooden_planks(ground: Ground) -> Surface:
    """Boards along y, `count` a unit, each of another shade."""
    boards = courses(ground.x, ground.y, ground.count, 1)
    butt = ground.rng.integers(1, 7, boards.shape) / 8
    end = np.abs(boards.y - boards.each(butt)) * 256
    gap = smoothstep(0.8, 3.2, np.minimum(_side(boards.x, 256 / ground.count), end))
    past = (boards.y > boards.each(butt)).astype(np.float32)
    shades = ground.rng.standard_normal(boards.shape)
    # a board goes on from its butt joint to the one a unit below
    shade = np.where(past > 0, boards.each(shades), boards.each(np.roll(shades, 1, axis=0)))
    figure = _figure(ground, along_y=True)
    colour = tinted(ground.colour, 0.13 * shade + 0.14 * figure - 0.65 * (1 - gap))
    height = 0.15 + gap * (0.6 + 0.05 * figure + 0.06 * shade)
    return ground.surface(colour, 0.62 - 0.06 * figure, height)


def parquet(ground: Ground) -> Surface:
    """Squares of four narrow boards, every second square turned."""
    squares = courses(ground.x, ground.y, 4, 4)
    turned = (squares.row + squares.column) % 2 == 1
    across = np.where(turned, squares.x, squares.y) * 4
    board = np.floor(across).astype(np.int64)
    shades = ground.rng.standard_normal((*squares.shape, 4))
    gap = np.minimum(smoothstep(0.3, 2.2, _side(across - board, 16)), smoothstep(0.4, 2.4, squares.edge))
    figure = np.where(turned, _figure(ground, along_y=True), _figure(ground, along_y=False))
    shade = shades[squares.row, squares.column, board].astype(np.float32)
    colour = tinted(ground.colour, 0.13 * shade + 0.09 * figure - 0.5 * (1 - gap))
    return ground.surface(colour, 0.4 + 0.3 * (1 - gap), 0.2 + 0.55 * gap + 0.03 * shade)


def wood(ground: Ground) -> Surface:
    """One piece with rings cut along: bent lines that close around knots."""
    bend = ground.waves(150, falloff=2.5, along=0.35) * 1.3 + ground.waves(60, falloff=2.5, along=0.3) * 0.25
    rings = 0.5 + 0.5 * np.sin(2 * np.pi * (6 * ground.x + bend))
    figure = rings.astype(np.float32) ** 1.5 - 0.4 + 0.3 * _figure(ground, along_y=True)
    colour = tinted(ground.colour, -0.32 * figure)
    return ground.surface(colour, 0.5 + 0.1 * figure, 0.55 + 0.15 * figure)


def bark(ground: Ground) -> Surface:
    """Ridges along y with deep furrows."""
    x = ground.x + 0.03 * ground.waves(70, falloff=2.5, along=0.5)
    ridges = np.abs(np.sin(np.pi * 7 * x + 0.7 * ground.waves(90, falloff=2.2, along=0.4)))
    torn = smoothstep(0.1, 0.75, ridges + 0.16 * ground.waves(22, along=0.4))
    rough = ground.waves(14, along=0.5, falloff=1.3)
    colour = tinted(ground.colour, -0.62 * (1 - torn) + 0.11 * rough + 0.06)
    return ground.surface(colour, 0.93 - 0.04 * torn, 0.08 + 0.75 * torn + 0.07 * rough)


def wicker(ground: Ground) -> Surface:
    """Willow rods woven over and under."""
    woven = threads(ground.x, ground.y, 12)
    shade = woven.number
    each = ground.rng.standard_normal(woven.total)[shade].astype(np.float32)
    colour = tinted(ground.colour, 0.09 * each - 0.7 * (1 - woven.bulge) ** 1.5 + 0.04 * ground.waves(12))
    return ground.surface(colour, 0.68 - 0.1 * woven.bulge, 0.1 + 0.8 * woven.bulge)


def _figure(ground: Ground, *, along_y: bool) -> Plane:
    fine, coarse = (0.06, 1.0), (0.12, 1.0)
    if along_y:
        return 0.7 * ground.waves(16, along=fine[0], falloff=1.4) + 0.5 * ground.waves(40, along=coarse[0])
    return 0.7 * ground.waves(16, across=fine[0], falloff=1.4) + 0.5 * ground.waves(40, across=coarse[0])


def _side(place: Plane, pixels: float) -> Plane:
    return (np.minimum(place, 1 - place) * pixels).astype(np.float32)
