"""Named colours and finishes."""

import numpy as np

from kinoform.training.shapes.shape import Surface

COLOURS = {
    "red": (0.82, 0.09, 0.09),
    "orange": (0.96, 0.48, 0.06),
    "yellow": (0.97, 0.85, 0.12),
    "green": (0.14, 0.60, 0.18),
    "teal": (0.05, 0.58, 0.58),
    "blue": (0.12, 0.25, 0.84),
    "purple": (0.48, 0.14, 0.70),
    "pink": (0.98, 0.55, 0.76),
    "brown": (0.45, 0.26, 0.12),
    "white": (0.95, 0.95, 0.95),
    "grey": (0.52, 0.52, 0.52),
    "black": (0.06, 0.06, 0.06),
}
"""Name -> sRGB in [0, 1]."""

JITTER = 0.04
"""How far a channel may be from its name's."""

GOLD = (0.93, 0.72, 0.22)

FINISHES = {"plain": (0.6, 0.0), "shiny": (0.2, 0.0), "wooden": (0.7, 0.0), "metal": (0.3, 1.0), "golden": (0.25, 1.0)}
"""Name -> roughness, metallic."""

BOUND = {"wooden": "brown", "golden": "yellow"}
"""Finish -> the only colour that has it."""


class Paint:
    """The surfaces of one shape."""

    def __init__(self, rng: np.random.Generator, colour: str, finish: str, second: str) -> None:
        """`second` is the colour of the second part; it shares the finish unless that is a material of its own."""
        self.main = _surface(rng, colour, finish)
        self.second = (
            self.main if second == colour else _surface(rng, second, "shiny" if finish == "shiny" else "plain")
        )

    def __getitem__(self, colour: str) -> Surface:
        """The plain, unvaried surface that accessories have."""
        return Surface(COLOURS[colour], *FINISHES["plain"])


def _surface(rng: np.random.Generator, colour: str, finish: str) -> Surface:
    base = np.array(GOLD if finish == "golden" else COLOURS[colour])
    red, green, blue = np.clip(base + rng.uniform(-JITTER, JITTER, 3), 0, 1).tolist()
    return Surface((red, green, blue), *FINISHES[finish])
