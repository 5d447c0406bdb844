"""Small made-up sprites: training's tests need no download."""

import colorsys

import numpy as np
import pytest

from kinoform.training.cast import CAST, SUBJECTS
from kinoform.training.render import Renderer
from kinoform.training.sprites import KEY_FRAMES, Sprites

SIDE = 32
"""Pixels of a made-up sprite: the cast is large."""


@pytest.fixture(scope="session")
def drawn_sprites() -> Sprites:
    """The cast, (actors, KEY_FRAMES, SIDE, SIDE, 4); all have a dark spot, so that one can see them turn.

    Subjects are stars, diamonds, discs and squares, each in five bright hues, which have a pattern each, too; the
    others are gray stripes.
    """
    axis = np.linspace(-1, 1, SIDE)
    across, down = np.abs(axis)[None], np.abs(axis)[:, None]
    spot = (axis[None] - 0.3) ** 2 + (axis[:, None] + 0.3) ** 2 < 0.06
    bars = np.broadcast_to(np.sin(9 * axis), (SIDE, SIDE))
    patterns = (np.ones((SIDE, SIDE)), bars, bars.T, bars * bars.T, np.sin(6 * (axis[None] + axis[:, None])))
    sprites = np.zeros((len(CAST), KEY_FRAMES, SIDE, SIDE, 4), np.uint8)
    for actor in range(len(CAST)):
        if actor < len(SUBJECTS):
            power = (0.6, 1, 2, 8)[actor % 4]
            light = np.where(patterns[actor % 5] > 0, 1, 0.45)
            picture = light[..., None] * colorsys.hsv_to_rgb(actor % 5 / 5, 1, 1)
        else:
            power = 4
            wave = 0.5 + 0.5 * np.sin((4 + actor % 5) * axis[None] + (actor % 7) * axis[:, None])
            picture = np.repeat(wave[..., None], 3, axis=2)
        picture[spot] *= 0.2
        sprites[actor, ..., :3] = 255 * picture
        sprites[actor, ..., 3] = 255 * (across**power + down**power < 0.9**power)
    return sprites


@pytest.fixture(scope="session")
def renderer(drawn_sprites: Sprites) -> Renderer:
    """Draws the made-up sprites."""
    return Renderer(drawn_sprites)
