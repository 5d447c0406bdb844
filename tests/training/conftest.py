"""Small made-up sprites: training's tests need no download."""

import colorsys

import numpy as np
import pytest
import torch

from kinoform.training.captions import SUBJECTS
from kinoform.training.judge import Judge
from kinoform.training.render import Renderer
from kinoform.training.sprites import KEY_FRAMES, SPRITE_SIZE, Sprites


@pytest.fixture(scope="session")
def drawn_sprites() -> Sprites:
    """Diamonds, discs and squares, each subject in its own bright hue: (subjects, KEY_FRAMES, size, size, 4)."""
    axis = np.abs(np.linspace(-1, 1, SPRITE_SIZE))
    sprites = np.zeros((len(SUBJECTS), KEY_FRAMES, SPRITE_SIZE, SPRITE_SIZE, 4), np.uint8)
    for subject in range(len(SUBJECTS)):
        power = (1, 2, 8)[subject % 3]
        sprites[subject, ..., :3] = [255 * level for level in colorsys.hsv_to_rgb(subject / len(SUBJECTS), 1, 1)]
        sprites[subject, ..., 3] = 255 * (axis[:, None] ** power + axis[None] ** power < 0.9**power)
    return sprites


@pytest.fixture(scope="session")
def renderer(drawn_sprites: Sprites) -> Renderer:
    """Draws the made-up sprites."""
    return Renderer(drawn_sprites)


@pytest.fixture(scope="session")
def judge(renderer: Renderer) -> Judge:
    """Knows the made-up sprites; taking some seconds to teach."""
    torch.set_num_threads(1)
    return Judge.fitted(renderer, variants=1)
