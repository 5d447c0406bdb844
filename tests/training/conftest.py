"""Small made-up sprites: training's tests need no download."""

import colorsys

import numpy as np
import pytest
import torch

from kinoform.training.cast import CAST, SUBJECTS
from kinoform.training.judge import Judge
from kinoform.training.render import Renderer
from kinoform.training.sprites import KEY_FRAMES, Sprites

SIDE = 32
"""Pixels of a made-up sprite: the cast is large."""


@pytest.fixture(scope="session")
def drawn_sprites() -> Sprites:
    """The cast, (actors, KEY_FRAMES, SIDE, SIDE, 4); all have a dark spot, so that one can see them turn.

    Subjects are diamonds, discs and squares, each in its own bright hue; the others are gray stripes.
    """
    axis = np.linspace(-1, 1, SIDE)
    across, down = np.abs(axis)[None], np.abs(axis)[:, None]
    spot = (axis[None] - 0.3) ** 2 + (axis[:, None] + 0.3) ** 2 < 0.06
    sprites = np.zeros((len(CAST), KEY_FRAMES, SIDE, SIDE, 4), np.uint8)
    for actor in range(len(CAST)):
        if actor < len(SUBJECTS):
            power = (1, 2, 8)[actor % 3]
            picture = np.full((SIDE, SIDE, 3), colorsys.hsv_to_rgb(actor / len(SUBJECTS), 1, 1))
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


@pytest.fixture(scope="session")
def judge(renderer: Renderer) -> Judge:
    """Knows the made-up sprites; takes half a minute to teach."""
    torch.set_num_threads(1)
    return Judge.fitted(renderer, variants=1)
