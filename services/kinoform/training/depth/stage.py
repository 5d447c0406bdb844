"""Where things stand: rooms, and open ground as far as the horizon, with things about in them."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from kinoform.training.depth.bank import Bank
from kinoform.training.depth.meshes import ball, box, primitive
from kinoform.training.depth.pieces import Piece, any_finish, joined, placed, rectangle, tumbled, upright

HORIZON = 3000.0
"""Metres to the edge of open ground."""
NEAR = 30.0
"""Half the side of the inner part of open ground, whose triangles are small enough for exact hits."""
INDOORS = 0.65


class Spot(NamedTuple):
    """A thing that a camera may look at."""

    centre: tuple[float, float, float]
    size: float
    """Longest side in metres."""


class Stage(NamedTuple):
    """A furnished place about the origin, which is on the ground."""

    piece: Piece
    spots: list[Spot]
    half: tuple[float, float]
    """Half of what is free along x and z, metres: cameras stay within."""
    height: float
    """Of the ceiling, or of what stands for one."""
    roofed: bool
    """Whether a ceiling keeps the sky out."""
    sources: list[str]
    """Keys of furniture items that stand about."""


def furnished(rng: np.random.Generator, bank: Bank) -> Stage:
    """A random place with three to ten things, and what lies about beside them."""
    tiles = len(bank.texels)
    indoors = bool(rng.random() < INDOORS)
    roofed = bool(indoors and rng.random() < 0.6)
    half = tuple((rng.uniform(1.4, 4.5, 2) if indoors else rng.uniform(4, 9, 2)).tolist())
    height = float(rng.uniform(2.2, 4.0) if rng.random() < 0.8 else rng.uniform(4, 9))
    shell = _room(rng, tiles, half, height, roofed) if indoors else _open(rng, tiles, half)
    things, spots, sources = [], [], []
    crowd = _crowd(rng, half)
    for _ in range(int(rng.integers(3, 11))):
        made, spot, source = _standing(rng, bank, crowd)
        things += made
        spots.append(spot)
        sources += [source] if source else []
    return Stage(joined([*shell, *things, *_clutter(rng, tiles, crowd)]), spots, half, height, roofed, sources)


def _room(rng: np.random.Generator, tiles: int, half: tuple[float, float], height: float, roofed: bool) -> list[Piece]:
    x, z = half
    finish = any_finish(rng, tiles, textured=0.45)
    shell = [rectangle((-x, 0, z), (2 * x, 0, 0), (0, 0, -2 * z), any_finish(rng, tiles, textured=0.7))]
    walls = [
        ((-x, 0, -z), (2 * x, 0, 0)),
        ((x, 0, -z), (0, 0, 2 * z)),
        ((x, 0, z), (-2 * x, 0, 0)),
        ((-x, 0, z), (0, 0, -2 * z)),
    ]
    for corner, along in walls:
        own = any_finish(rng, tiles, textured=0.45) if rng.random() < 0.25 else finish
        shell.append(rectangle(corner, along, (0, height, 0), own))
    if roofed:
        shell.append(rectangle((-x, height, -z), (2 * x, 0, 0), (0, 0, 2 * z), any_finish(rng, tiles, textured=0.15)))
    for _ in range(int(rng.integers(0, 7))):
        shell.append(_on_wall(rng, tiles, half, height))
    return shell


def _on_wall(rng: np.random.Generator, tiles: int, half: tuple[float, float], height: float) -> Piece:
    """A picture, a shelf, a cupboard: a box against one of the walls."""
    deep = float(rng.choice([0.03, 0.3])) * float(rng.uniform(0.6, 1.8))
    wide, tall = rng.uniform(0.3, 1.6, 2)
    along_x, far = bool(rng.random() < 0.5), float(rng.choice([-1.0, 1.0]))
    across = half[0] if along_x else half[1]
    place = rng.uniform(-1, 1) * max(across - wide / 2, 0.1)
    up = rng.uniform(tall / 2, max(height - tall / 2, tall))
    position = (place, up, far * half[1]) if along_x else (far * half[0], up, place)
    sides = (wide, tall, 2 * deep) if along_x else (2 * deep, tall, wide)
    return placed(box(), sides, np.eye(3), position, any_finish(rng, tiles, textured=0.6))


def _open(rng: np.random.Generator, tiles: int, half: tuple[float, float]) -> list[Piece]:
    """Ground to the horizon; walls, buildings and hills beyond what is free."""
    ground, edges = any_finish(rng, tiles, textured=0.85), (-HORIZON, -NEAR, NEAR, HORIZON)
    shell = [
        rectangle((left, 0, front), (right - left, 0, 0), (0, 0, back - front), ground)
        for left, right in pairwise(edges)
        for back, front in pairwise(edges)
    ]
    for _ in range(int(rng.integers(0, 12))):
        angle, away = rng.uniform(0, 2 * np.pi), max(half) + np.exp(rng.uniform(np.log(2), np.log(120)))
        sides = away * rng.uniform(0.1, 0.7, 3) * (1, rng.uniform(0.3, 1.6), 1)
        position = (away * np.sin(angle), sides[1] / 2 if rng.random() < 0.75 else 0.0, away * np.cos(angle))
        what = box() if position[1] > 0 else ball()
        finish = any_finish(rng, tiles, textured=0.6)
        finish = finish._replace(density=finish.density * 2 / away)  # large things have large patterns
        shell.append(placed(what, sides, upright(angle + rng.normal(0, 0.4)), position, finish))
    return shell


class _Crowd(NamedTuple):
    """Where things stand along x and z, metres: their middle, how far about, and what they may not pass."""

    middle: tuple[float, float]
    spread: tuple[float, float]
    most: tuple[float, float]

    def place(self, rng: np.random.Generator, size: float) -> tuple[float, float]:
        """(x, z) of something of this size."""
        x, z = (
            float(np.clip(middle + rng.uniform(-1, 1) * spread, min(size / 2 - most, 0), max(most - size / 2, 0)))
            for middle, spread, most in zip(self.middle, self.spread, self.most, strict=True)
        )
        return x, z


def _crowd(rng: np.random.Generator, half: tuple[float, float]) -> _Crowd:
    """All over the place, or close together."""
    if rng.random() < 0.4:
        return _Crowd((0, 0), half, half)
    x, z = (float(rng.uniform(-0.7, 0.7) * side) for side in half)
    return _Crowd((x, z), (float(rng.uniform(0.4, 1.5)), float(rng.uniform(0.4, 1.5))), half)


def _standing(rng: np.random.Generator, bank: Bank, crowd: _Crowd) -> tuple[list[Piece], Spot, str | None]:
    """A thing on the ground or on a pedestal, sometimes in the air."""
    tiles = len(bank.texels)
    number = int(rng.integers(len(bank.things)))
    basic = bool(rng.random() < 0.3)
    what, known = (primitive(rng), None) if basic else (bank.things[number], bank.sizes_m[number])
    size = float(np.exp(rng.uniform(np.log(0.15), np.log(1.6))))
    if known is not None and rng.random() < 0.6:
        size = float(np.clip(known * rng.uniform(0.8, 1.3), 0.1, 2.5))
    tossed = basic and rng.random() < 0.35
    turn = tumbled(rng) if tossed else upright(float(rng.uniform(0, 2 * np.pi)))
    x, z = crowd.place(rng, size)
    finish = any_finish(rng, tiles, textured=0.3 if basic else 0.15, own=0.2 if basic else 0.85)
    reach = float(-((what.corners.reshape(-1, 3) * size) @ turn.T)[:, 1].min())
    made, base = [], 0.0
    if rng.random() < 0.3:
        base = float(rng.uniform(0.2, 1.1))
        sides = (size * rng.uniform(0.8, 1.6), base, size * rng.uniform(0.8, 1.6))
        made.append(
            placed(box(), sides, upright(rng.uniform(0, 6)), (x, base / 2, z), any_finish(rng, tiles, textured=0.4))
        )
    elif tossed and rng.random() < 0.3:
        base = float(rng.uniform(0.1, 1.5))
    centre = (x, base + reach, z)
    made.append(placed(what, size, turn, centre, finish))
    return made, Spot(centre, size), None if basic else bank.sources[number]


def _clutter(rng: np.random.Generator, tiles: int, crowd: _Crowd) -> list[Piece]:
    """Small things on the ground, and poles and boards that stand about."""
    pieces = []
    for _ in range(int(rng.integers(0, 14))):
        x, z = crowd.place(rng, 0.3)
        pole = bool(rng.random() < 0.3)
        sides = np.exp(rng.uniform(np.log(0.03), np.log(0.3), 3))
        if pole:
            sides = np.array([rng.uniform(0.02, 0.1), rng.uniform(0.5, 2.5), rng.uniform(0.02, 0.6)])
        what = box() if pole else primitive(rng)
        finish = any_finish(rng, tiles, textured=0.3)
        pieces.append(placed(what, sides, upright(rng.uniform(0, 6)), (x, sides[1] / 2, z), finish))
    return pieces
