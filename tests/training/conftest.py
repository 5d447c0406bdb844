"""Small made-up sprites: training's tests need no download."""

import numpy as np
import pytest

from kinoform.training.captions import SUBJECTS
from kinoform.training.render import Renderer
from kinoform.training.sprites import KEY_FRAMES, SPRITE_SIZE, Sprites


@pytest.fixture(scope="session")
def drawn_sprites() -> Sprites:
    """Discs, each subject in its own colour: (subjects, KEY_FRAMES, size, size, 4)."""
    rng = np.random.default_rng(3)
    axis = np.linspace(-1, 1, SPRITE_SIZE)
    inside = (axis[:, None] ** 2 + axis[None] ** 2 < 0.8).astype(np.uint8) * 255
    sprites = np.zeros((len(SUBJECTS), KEY_FRAMES, SPRITE_SIZE, SPRITE_SIZE, 4), np.uint8)
    sprites[..., :3] = rng.integers(0, 256, (len(SUBJECTS), 1, 1, 1, 3))
    sprites[..., 3] = inside
    return sprites


@pytest.fixture(scope="session")
def renderer(drawn_sprites: Sprites) -> Renderer:
    """Draws the made-up sprites."""
    return Renderer(drawn_sprites)
