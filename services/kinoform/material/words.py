"""What the name of a material says of it beyond its size."""

import re

METALS = frozenset(
    ("metal", "steel", "iron", "aluminium", "aluminum", "copper", "brass", "bronze", "chrome", "zinc", "nickel")
)
COATED = frozenset(("painted", "coated", "enamelled", "enameled", "rusted", "rusty", "rust"))
"""Where these stand the metal does not show."""


def names_metal(prompt: str) -> bool:
    """Whether it names bare metal: "brushed steel", but neither "painted steel" nor "rusty iron"."""
    words = set(re.findall(r"[a-z]+", prompt.lower()))
    return bool(words & METALS) and not words & COATED
