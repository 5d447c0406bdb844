"""How large materials are: metres by what the prompt names, since a picture of cloth and one of a wall look alike."""

from typing import NamedTuple


class Scale(NamedTuple):
    """Of one unit: 256 pixels."""

    unit_m: float
    relief_m: float
    """What height 1 rises above height 0."""


DEFAULT = Scale(1.0, 0.01)

SCALES: dict[Scale, tuple[str, ...]] = {
    Scale(0.8, 0.015): ("brick",),
    Scale(1.2, 0.06): ("cobble", "paving", "stone wall", "rubble"),
    Scale(1.0, 0.02): ("shingle", "roof"),
    Scale(0.6, 0.004): ("tile", "checker", "chequer", "plank", "board", "parquet"),
    Scale(0.5, 0.001): ("marble", "granite", "terrazzo", "wood"),
    Scale(0.5, 0.03): ("bark",),
    Scale(0.15, 0.004): ("wicker", "basket", "quilt"),
    Scale(0.08, 0.001): ("fabric", "cloth", "linen", "canvas", "stripe", "denim", "jeans"),
    Scale(0.12, 0.003): ("knit", "wool"),
    Scale(0.1, 0.0008): ("leather",),
    Scale(0.06, 0.0004): ("carbon",),
    Scale(0.3, 0.002): ("metal", "steel", "aluminium", "iron", "copper", "plate", "sheet"),
    Scale(0.5, 0.03): ("gravel", "pebble", "grass", "lawn", "meadow"),
    Scale(2.0, 0.08): ("sand", "snow", "earth", "mud", "lava", "rock"),
    Scale(1.5, 0.004): ("concrete", "cement", "plaster", "stucco"),
}  # fmt: skip
"""Scale -> parts of words."""


def scale_of(prompt: str) -> Scale:
    """The scale of the last thing that the prompt names ("brick red wool" is no wall); DEFAULT if it names none."""
    text = prompt.lower()
    found = [(text.rfind(word), scale) for scale, words in SCALES.items() for word in words if word in text]
    return max(found, default=(0, DEFAULT))[1]
