"""Photographs of surfaces, real ones and ones whose truth is known."""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from skimage import data

from kinoform.training.grain.recipe import FAMILIES, Recipe

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

TINTS = {
    "brick": ((0.38, 0.13, 0.09), (0.78, 0.72, 0.64)),
    "grass": ((0.07, 0.12, 0.03), (0.62, 0.72, 0.3)),
    "gravel": ((0.2, 0.14, 0.1), (0.85, 0.75, 0.6)),
}
"""The colours of the darkest and of the lightest, by name."""


class Truth(NamedTuple):
    """A tile that repeats, as it was drawn."""

    colour: Floats
    """(n, n, 3) sRGB in [0, 1]."""
    height: Floats


@cache
def photograph(name: str) -> Pixels:
    """(512, 512, 3): scikit-image's brick, grass or gravel, grey."""
    grey: Pixels = getattr(data, name)()
    return np.repeat(grey[..., None], 3, axis=2)


@cache
def tinted(name: str) -> Pixels:
    """The photograph in colour."""
    grey = photograph(name)[..., :1] / 255
    low, high = np.percentile(grey, (1, 99))
    share = ((grey - low) / (high - low)).clip(0, 1)
    dark, light = TINTS[name]
    return np.rint((np.array(dark) * (1 - share) + np.array(light) * share) * 255).astype(np.uint8)


@cache
def drawn(family: str, size: int = 256, seed: int = 0) -> Truth:
    """A tile of one of grain-mini's families, of its first natural colour."""
    facts = FAMILIES[family]
    count = facts.counts[len(facts.counts) // 2] if facts.counts else 0
    planes = Recipe(family, facts.natural[0], count=count).make(np.random.default_rng(seed), size).planes()
    return Truth(np.moveaxis(planes[:3], 0, 2).copy(), planes[5])


def lit(colour: Floats) -> Floats:
    """A picture (n, n, 3) sRGB as a lamp to one side would show it: up to thrice as bright here as there."""
    side = len(colour)
    y, x = np.mgrid[:side, :side] / side - 0.5
    light = np.exp(0.8 * x + 0.5 * y - 1.2 * ((x + 0.1) ** 2 + (y - 0.1) ** 2))
    linear = colour.astype(np.float64) ** 2.2 * (light / light.max())[..., None]
    return (linear ** (1 / 2.2)).astype(np.float32)


def eight_bits(colour: Floats) -> Pixels:
    """A picture of [0, 1] as files hold it."""
    return np.rint(colour.clip(0, 1) * 255).astype(np.uint8)
