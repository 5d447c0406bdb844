"""Cloth, wool, leather and woven fibre."""

import numpy as np

from kinoform.training.grain.layouts import courses, threads
from kinoform.training.grain.noise import Values, smoothstep
from kinoform.training.grain.surface import Colour, Ground, Surface, tinted


def woven_fabric(ground: Ground) -> Surface:
    """Plain weave of thick threads."""
    woven = threads(ground.x, ground.y, 24)
    each = ground.rng.standard_normal(woven.total)[woven.number].astype(np.float32)
    colour = tinted(ground.colour, 0.06 * each - 0.42 * (1 - woven.bulge) + 0.05 * ground.waves(40) + 0.06)
    return _soft(ground, colour, 0.9, 0.15 + 0.65 * woven.bulge)


def striped_cloth(ground: Ground) -> Surface:
    """Upright stripes, `count` dark ones a unit, on a paler ground."""
    place = (ground.x * ground.count) % 1.0
    dark = smoothstep(0.0, 0.03, 0.25 - np.abs(place - 0.5))
    ribs = 0.5 + 0.5 * np.sin(2 * np.pi * 32 * ground.y)
    colour = tinted(ground.colour, 0.6 - 0.72 * dark - 0.1 * (1 - ribs) + 0.025 * ground.waves(20))
    return _soft(ground, colour, 0.88, 0.4 + 0.2 * ribs + 0.05 * dark)


def knitted_wool(ground: Ground) -> Surface:
    """Stocking stitch: columns of V."""
    stitches = courses(ground.x, ground.y, 12, 1)
    across = np.abs(2 * stitches.x - 1)
    slanted = (ground.y * 16 + 0.55 * across + 0.02 * ground.waves(30)) % 1.0
    body = np.sin(np.pi * slanted) ** 0.6 * np.sin(np.pi * np.clip(across, 0.0, 1.0)) ** 0.45
    fluff = ground.waves(10, falloff=1.2)
    colour = tinted(ground.colour, 0.08 - 0.5 * (1 - body) + 0.05 * fluff)
    return _soft(ground, colour, 0.96, 0.12 + 0.7 * body + 0.03 * fluff)


def denim(ground: Ground) -> Surface:
    """Twill with pale weft showing and uneven dye."""
    line = (ground.x + ground.y) * 24
    twill = (0.5 + 0.5 * np.sin(2 * np.pi * line)).astype(np.float32)
    fade = ground.waves(90, falloff=2.0) + 0.7 * ground.waves(24, along=0.15, falloff=1.4)
    colour = tinted(ground.colour, 0.2 * (twill - 0.5) + 0.09 * fade)
    return _soft(ground, colour, 0.9, 0.35 + 0.3 * twill + 0.03 * fade)


def leather(ground: Ground) -> Surface:
    """Grained skin: small flat cells between creases."""
    grain = ground.cells(16, jitter=0.9)
    pebble = smoothstep(0.2, 3.4, grain.edge + 0.3 * ground.waves(12))
    crease = 0.06 * ground.waves(110, falloff=2.2)
    colour = tinted(ground.colour, -0.3 * (1 - pebble) + crease + 0.04)
    roughness = 0.66 - 0.2 * pebble
    return ground.surface(colour, roughness, (0.25 + 0.5 * pebble + 0.5 * crease))


def carbon_fibre(ground: Ground) -> Surface:
    """Twill of flat bundles whose two directions catch the light differently, under clear resin."""
    woven = threads(ground.x, ground.y, 16, floats=2)
    lit = np.where(woven.over, 0.34, -0.34).astype(np.float32) * (0.35 + 0.65 * woven.bulge)
    colour = tinted(ground.colour, lit + 0.02 * ground.waves(12))
    return ground.surface(colour, (0.24 + 0.05 * (1 - woven.bulge)), (0.45 + 0.15 * woven.bulge))


def quilted_cloth(ground: Ground) -> Surface:
    """Padded rhombs between seams."""
    one, other = (4 * (ground.x + ground.y)) % 1.0, (4 * (ground.x - ground.y)) % 1.0
    pad = np.sqrt(np.sin(np.pi * one) * np.sin(np.pi * other))
    seam = smoothstep(0.0, 0.28, pad)
    fold = 0.05 * ground.waves(26, falloff=1.6) * (1 - pad)
    colour = tinted(ground.colour, 0.1 * pad - 0.38 * (1 - seam) + fold)
    return _soft(ground, colour, 0.75, 0.12 + 0.75 * pad + 0.4 * fold)


def _soft(ground: Ground, colour: Colour, roughness: float, height: Values) -> Surface:
    return ground.surface(colour, roughness + 0.015 * ground.waves(20), height)
