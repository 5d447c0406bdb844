"""Stone as it is cut or poured, and the ground outdoors."""

import numpy as np

from kinoform.training.grain.noise import smoothstep
from kinoform.training.grain.surface import Ground, Surface, blended, tinted


def marble(ground: Ground) -> Surface:
    """Clouds and warped veins."""
    cloud = ground.waves(120, falloff=1.9)
    turbulence = ground.waves(110, falloff=2.0)
    vein = np.exp(-np.abs(ground.waves(140, falloff=2.1) + 0.15 * turbulence) / 0.09)
    fine = np.exp(-np.abs(turbulence + 0.3) / 0.05)
    contrast = -0.55 if ground.colour.mean() > 0.35 else 0.6
    colour = tinted(ground.colour, 0.07 * cloud + contrast * (0.8 * vein + 0.35 * fine))
    return ground.surface(colour, 0.16 + 0.08 * vein, 0.5 - 0.03 * vein)


def granite(ground: Ground) -> Surface:
    """Three kinds of crystals."""
    crystals = ground.cells(20, jitter=0.9)
    kind = ground.rng.random(crystals.total)
    shade = np.select([kind < 0.22, kind > 0.72], [-0.55, 0.42], ground.rng.uniform(-0.12, 0.12, kind.size))
    soft = smoothstep(0.0, 1.6, crystals.edge)
    colour = tinted(ground.colour, crystals.each(shade) * (0.55 + 0.45 * soft) + 0.03 * ground.waves(60))
    return ground.surface(colour, 0.34 + 0.05 * crystals.each(kind), ground.flat(0.5))


def concrete(ground: Ground) -> Surface:
    """Stains and pores."""
    stain = ground.waves(120, falloff=1.6)
    pores = ground.cells(10, jitter=1.0)
    radius = pores.each(np.maximum(ground.rng.uniform(-3.5, 4.5, pores.total), 0))
    pore = smoothstep(0.0, 1.8, radius - pores.centre)
    colour = tinted(ground.colour, 0.09 * stain + 0.03 * ground.waves(16, falloff=1.2) - 0.4 * pore)
    height = 0.6 + 0.05 * ground.waves(60) - 0.4 * pore
    return ground.surface(colour, 0.82 + 0.03 * stain, height)


def plaster(ground: Ground) -> Surface:
    """Trowelled coats with ridges."""
    coat = np.abs(ground.waves(70, falloff=2.2, across=0.7))
    ridge = np.exp(-coat / 0.16)
    body = ground.waves(36, falloff=1.7, across=0.6)
    colour = tinted(ground.colour, 0.06 * body + 0.1 * ridge - 0.04)
    return ground.surface(colour, ground.flat(0.88), 0.45 + 0.12 * body + 0.25 * ridge)


def cracked_earth(ground: Ground) -> Surface:
    """Dried clods apart."""
    clods = ground.cells(4, jitter=0.65)
    clod = smoothstep(0.8, 4.0, clods.edge + 0.9 * ground.waves(20))
    grain = ground.waves(14, falloff=1.3)
    curl = smoothstep(20.0, 3.0, clods.edge)
    colour = tinted(
        ground.colour, 0.07 * grain + 0.08 * clods.each(ground.rng.standard_normal(clods.total)) - 0.72 * (1 - clod)
    )
    return ground.surface(colour, ground.flat(0.94), 0.05 + clod * (0.65 + 0.15 * curl + 0.03 * grain))


def gravel(ground: Ground) -> Surface:
    """Pebbles of many shades."""
    pebbles = ground.cells(12, jitter=0.65)
    dome = np.sqrt(np.clip(pebbles.edge / 7.0, 0, 1))
    each = pebbles.each(ground.rng.standard_normal(pebbles.total))
    colour = tinted(ground.colour, 0.2 * each - 0.6 * (1 - dome) ** 1.3 + 0.08)
    lift = pebbles.each(ground.rng.uniform(0.0, 0.25, pebbles.total))
    return ground.surface(colour, ground.flat(0.84), 0.05 + dome * (0.6 + lift))


def sand(ground: Ground) -> Surface:
    """Wind ripples along x and grain."""
    bend = 0.9 * ground.waves(110, falloff=2.4, across=0.6)
    phase = 2 * np.pi * (7 * ground.y) + bend
    ripple = 0.5 + 0.5 * np.sin(phase + 0.35 * np.sin(phase))
    grain = ground.waves(8, falloff=1.1)
    colour = tinted(ground.colour, 0.24 * (ripple - 0.5) + 0.035 * grain)
    return ground.surface(colour, ground.flat(0.95), 0.15 + 0.65 * ripple + 0.02 * grain)


def grass(ground: Ground) -> Surface:
    """Blades in three directions over each other."""
    layers = [
        smoothstep(-0.6, 1.6, ground.waves(13, along=0.12, falloff=1.6, turn=turn)) * (0.7 + 0.15 * level)
        for level, turn in enumerate((0.5, -0.6, 0.05))
    ]
    height = np.maximum.reduce(layers)
    colour = tinted(ground.colour, 1.15 * height - 0.72 + 0.07 * ground.waves(90))
    return ground.surface(colour, ground.flat(0.8), 0.05 + 0.85 * height)


def snow(ground: Ground) -> Surface:
    """Soft drifts with a crust."""
    drift = ground.waves(90, falloff=2.3)
    crust = ground.waves(18, falloff=1.6)
    colour = tinted(ground.colour, 0.05 * drift + 0.035 * crust)
    return ground.surface(colour, 0.7 + 0.04 * crust, 0.5 + 0.15 * drift + 0.05 * crust)


def lava(ground: Ground) -> Surface:
    """Dark crust plates over glowing cracks of the colour."""
    plates = ground.cells(4, jitter=0.65)
    crack = smoothstep(5.5, 0.5, plates.edge + 1.6 * ground.waves(24))
    crust = tinted(np.array([0.16, 0.14, 0.14], np.float32), 0.12 * ground.waves(16, falloff=1.4))
    colour = blended(crust, tinted(ground.colour, 0.35 * crack), crack)
    return ground.surface(colour, 0.9 - 0.3 * crack, 0.75 - 0.6 * crack + 0.06 * ground.waves(14))
