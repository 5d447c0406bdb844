"""Metals, bare, painted and rusty."""

import numpy as np

from kinoform.training.grain.noise import Values, smoothstep
from kinoform.training.grain.surface import Colour, Ground, Surface, blended, tinted


def brushed_metal(ground: Ground) -> Surface:
    """Fine lines along x."""
    lines = ground.waves(10, across=0.03, falloff=1.2) + 0.6 * ground.waves(40, across=0.05)
    colour = tinted(ground.colour, 0.08 * lines)
    return _metal(ground, colour, 0.36 + 0.06 * lines, 0.5 + 0.05 * lines)


def hammered_metal(ground: Ground) -> Surface:
    """Round dents side by side."""
    dents = ground.cells(8, jitter=0.5)
    bowl = np.clip(dents.centre / 20, 0, 1) ** 2
    ridge = smoothstep(3.0, 0.0, dents.edge)
    colour = tinted(ground.colour, 0.1 * bowl - 0.12 * (1 - bowl) + 0.1 * ridge + 0.02 * ground.waves(30))
    return _metal(ground, colour, 0.28 + 0.05 * bowl, 0.2 + 0.6 * bowl)


def rusted_metal(ground: Ground) -> Surface:
    """Painted metal with patches eaten by rust."""
    eaten = smoothstep(0.1, 0.75, ground.waves(90, falloff=1.9) - 0.35)
    rust = np.array([0.46, 0.23, 0.1], np.float32)
    speckle = ground.waves(16, falloff=1.4)
    painted = tinted(ground.colour, 0.03 * ground.waves(60))
    halo = smoothstep(0.0, 0.5, eaten) * 0.25
    colour = blended(tinted(painted, -halo), tinted(rust, 0.17 * speckle), eaten)
    return ground.surface(
        colour, (0.4 + 0.5 * eaten), (0.6 - 0.25 * eaten + 0.07 * eaten * speckle), metallic=(1 - eaten)
    )


def diamond_plate(ground: Ground) -> Surface:
    """Raised lozenges, turned in turn."""
    per_unit = 6
    column, row = np.floor(ground.x * per_unit), np.floor(ground.y * per_unit)
    x, y = ground.x * per_unit - column - 0.5, ground.y * per_unit - row - 0.5
    turned = (column + row) % 2 == 1
    along, aside = (x + y) / np.sqrt(2), (x - y) / np.sqrt(2)
    along, aside = np.where(turned, along, aside), np.where(turned, aside, along)
    lozenge = smoothstep(0.0, 0.45, 1 - (along / 0.52) ** 2 - np.abs(aside) / 0.17)
    colour = tinted(ground.colour, 0.16 * lozenge - 0.05 + 0.04 * ground.waves(30))
    return _metal(ground, colour, 0.42 - 0.14 * lozenge + 0.03 * ground.waves(20), 0.25 + 0.5 * lozenge)


def corrugated_metal(ground: Ground) -> Surface:
    """Waves along x."""
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * 8 * ground.x)
    dirt = ground.waves(60, along=0.3, falloff=1.5)
    colour = tinted(ground.colour, 0.16 * (wave - 0.6) - 0.05 * dirt)
    return _metal(ground, colour, 0.42 + 0.06 * dirt, 0.1 + 0.8 * wave)


def perforated_metal(ground: Ground) -> Surface:
    """A sheet with round holes in staggered rows."""
    per_unit = 8
    row = np.floor(ground.y * per_unit)
    x, y = (ground.x * per_unit + 0.5 * (row % 2)) % 1.0 - 0.5, ground.y * per_unit - row - 0.5
    sheet = smoothstep(0.26, 0.36, np.hypot(x, y))
    colour = blended(tinted(ground.colour, ground.flat(-0.88)), tinted(ground.colour, 0.03 * ground.waves(40)), sheet)
    surface = _metal(ground, colour, 0.8 - 0.45 * sheet, 0.05 + 0.75 * sheet)
    return ground.surface(colour, surface.roughness, surface.height, metallic=sheet)


def _metal(ground: Ground, colour: Colour, roughness: Values, height: Values) -> Surface:
    return ground.surface(colour, roughness, height, metallic=ground.flat(1.0))
