"""A tileable material as values."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from kinoform.media.material.errors import BadMaterial

Floats = npt.NDArray[np.float32]
Levels = npt.NDArray[np.uint16]

FULL = 65535
"""The level that stands for 1."""
SMALLEST, LARGEST = 16, 4096
"""Sides of a tile in pixels."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaterialMaps:
    """Maps of a square tile that repeats without a seam; row 0 is the top. Levels 0 to 65535 stand for 0 to 1.

    Raises BadMaterial when constructed with other shapes, types or sizes.
    """

    base_colour: Levels
    """(n, n, 3) sRGB."""
    roughness: Levels
    """(n, n) linear, perceptual."""
    metallic: Levels
    """(n, n) linear."""
    height: Levels
    """(n, n) linear, 0 the deepest."""
    height_m: float
    """Metres from the deepest to the highest level."""
    size_m: float
    """Metres along an edge of the tile."""

    def __post_init__(self) -> None:
        side = len(self.height)
        if not SMALLEST <= side <= LARGEST:
            raise BadMaterial(f"a tile is {SMALLEST} to {LARGEST} pixels wide, got {side}")
        for name, levels, shape in (
            ("base_colour", self.base_colour, (side, side, 3)),
            ("roughness", self.roughness, (side, side)),
            ("metallic", self.metallic, (side, side)),
            ("height", self.height, (side, side)),
        ):
            if levels.shape != shape or levels.dtype != np.uint16:
                raise BadMaterial(f"{name} is uint16 {shape}, got {levels.dtype} {levels.shape}")
        for name, metres, least in (("height_m", self.height_m, 0.0), ("size_m", self.size_m, 1e-4)):
            if not least <= metres <= 1e4:
                raise BadMaterial(f"{name} is {least} to 10000 metres, got {metres}")

    @classmethod
    def of_planes(cls, planes: Floats, *, height_m: float, size_m: float) -> Self:
        """planes: (6, n, n) in [0, 1]: red, green, blue (sRGB), roughness, metallic, height; cut where outside.

        Raises BadMaterial.
        """
        if planes.ndim != 3 or planes.shape[0] != 6 or not np.isfinite(planes).all():
            raise BadMaterial(f"planes are (6, n, n) and finite, got {planes.shape}")
        levels = np.rint(np.clip(planes, 0, 1) * FULL).astype(np.uint16)
        return cls(
            base_colour=np.ascontiguousarray(np.moveaxis(levels[:3], 0, 2)),
            roughness=levels[3],
            metallic=levels[4],
            height=levels[5],
            height_m=height_m,
            size_m=size_m,
        )

    @property
    def side(self) -> int:
        """Pixels along an edge."""
        return len(self.height)


def as_floats(levels: Levels) -> Floats:
    """[0, 1] of any shape."""
    return np.asarray(levels * np.float32(1 / FULL), np.float32)


def as_levels(values: Floats) -> Levels:
    """Of [0, 1], rounded."""
    return np.rint(np.clip(values, 0, 1) * FULL).astype(np.uint16)
