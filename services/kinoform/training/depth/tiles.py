"""Square textures that repeat: materials of grain-mini's families, clouds of noise, and marks that have no depth."""

import cv2
import numpy as np
import numpy.typing as npt

from kinoform.training.grain.noise import waves
from kinoform.training.grain.recipe import drawn

Tile = npt.NDArray[np.uint8]
"""(SIDE, SIDE, 3) sRGB."""

SIDE = 256
LEVELS = 9
"""Halvings from SIDE to one texel, and SIDE itself."""
MOST_MARKS = 40


def tile(rng: np.random.Generator) -> Tile:
    """A material, mostly; else noise or marks. Many are faded: the world is greyer than its colours' names."""
    kind, kept = rng.random(), rng.choice([1.0, rng.uniform(0, 1), rng.uniform(0, 0.3)])
    make = material_tile if kind < 0.55 else noise_tile if kind < 0.75 else marks_tile
    made = make(rng)
    grey = made.mean(axis=2, keepdims=True)
    return np.rint(grey + kept * (made - grey)).astype(np.uint8)


def material_tile(rng: np.random.Generator) -> Tile:
    """The colours of one of grain-mini's materials."""
    return np.rint(np.clip(drawn(rng).make(rng).colour, 0, 1) * 255).astype(np.uint8)


def noise_tile(rng: np.random.Generator) -> Tile:
    """A blend of two colours by noise of random coarseness."""
    field = waves(rng, SIDE, float(rng.uniform(20, 160)), falloff=float(rng.uniform(1.0, 2.4)))
    share = np.clip(0.5 + field * rng.uniform(0.15, 0.6), 0, 1)[..., None]
    first, second = rng.uniform(0, 255, (2, 3))
    second = first + (second - first) * rng.uniform(0.1, 1)
    return np.rint(first + (second - first) * share).astype(np.uint8)


def marks_tile(rng: np.random.Generator) -> Tile:
    """Rectangles, discs, strokes and letters: edges of colour that are no edges of things."""
    canvas = np.empty((SIDE, SIDE, 3), np.uint8)
    canvas[:] = _colour(rng)
    for _ in range(int(rng.integers(3, MOST_MARKS))):
        _mark(canvas, rng)
    return canvas


def pyramid(tiles: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """(n, texels, 3): every tile's LEVELS, one after the other, each the mean of the one before."""
    level, found = tiles.astype(np.float32), []
    for _ in range(LEVELS):
        found.append(np.rint(level).astype(np.uint8).reshape(len(tiles), -1, 3))
        if level.shape[1] > 1:
            level = (
                level[:, ::2, ::2] + level[:, 1::2, ::2] + level[:, ::2, 1::2] + level[:, 1::2, 1::2]
            ) / np.float32(4)
    return np.concatenate(found, axis=1)


def _mark(canvas: Tile, rng: np.random.Generator) -> None:
    colour = _colour(rng)
    x, y = (int(value) for value in rng.integers(0, SIDE, 2))
    reach = int(rng.uniform(0.02, 0.4) * SIDE)
    other = (x + int(rng.integers(-reach, reach + 1)), y + int(rng.integers(-reach, reach + 1)))
    thick = int(rng.choice([-1, -1, 2, 5]))
    match int(rng.integers(4)):
        case 0:
            cv2.rectangle(canvas, (x, y), other, colour, thick, cv2.LINE_AA)
        case 1:
            cv2.circle(canvas, (x, y), reach // 2 + 1, colour, thick, cv2.LINE_AA)
        case 2:
            cv2.line(canvas, (x, y), other, colour, abs(thick) + 1, cv2.LINE_AA)
        case _:
            word = "".join(chr(int(code)) for code in rng.integers(65, 91, int(rng.integers(1, 8))))
            size = float(rng.uniform(0.4, 2.5))
            cv2.putText(canvas, word, (x - SIDE // 4, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1 + int(2 * size))


def _colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue
