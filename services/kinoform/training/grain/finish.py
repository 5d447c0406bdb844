"""What a finish word does to a surface."""

import numpy as np

from kinoform.training.grain.noise import smoothstep
from kinoform.training.grain.surface import Ground, Surface, blended, tinted

FINISHES: dict[str, tuple[str, ...]] = {
    "": (),
    "glossy": ("glossy", "shiny", "polished"),
    "matte": ("matte", "dull", "rough"),
    "worn": ("worn", "old", "weathered"),
}
"""Canonical word -> the words for it."""


def finished(surface: Surface, finish: str, ground: Ground) -> Surface:
    """glossy and matte squeeze the roughness to one end; worn scuffs in patches and flattens the height."""
    if finish == "glossy":
        roughness = 0.06 + 0.35 * surface.roughness
        return Surface(colour=surface.colour, roughness=roughness, metallic=surface.metallic, height=surface.height)
    if finish == "matte":
        roughness = 0.75 + 0.22 * surface.roughness
        return Surface(colour=surface.colour, roughness=roughness, metallic=surface.metallic, height=surface.height)
    return _worn(surface, ground) if finish == "worn" else surface


def _worn(surface: Surface, ground: Ground) -> Surface:
    patch = smoothstep(-0.1, 1.0, ground.waves(80, falloff=1.7) + 0.1)
    dirt = np.array([0.36, 0.33, 0.29], np.float32)
    colour = blended(surface.colour, tinted(blended(surface.colour, dirt, ground.flat(0.5)), 0.05), patch * 0.75)
    return Surface(
        colour=colour,
        roughness=(surface.roughness + patch * (0.85 - surface.roughness) * 0.8).astype(np.float32),
        metallic=(surface.metallic * (1 - 0.5 * patch)).astype(np.float32),
        height=(surface.height - 0.12 * patch).astype(np.float32),
    )
