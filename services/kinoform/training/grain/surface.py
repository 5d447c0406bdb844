"""What a material is while it is being made: six planes, and the ground that a recipe starts from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from kinoform.training.grain.layouts import places
from kinoform.training.grain.noise import UNIT, Cells, Plane, Values, cells, waves

Colour = npt.NDArray[np.float32]
"""(3,) or (n, n, 3) sRGB in [0, 1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """The maps of a tile; all in [0, 1], the colour in sRGB."""

    colour: Colour
    """(n, n, 3)"""
    roughness: Plane
    metallic: Plane
    height: Plane

    def planes(self) -> npt.NDArray[np.float32]:
        """(6, n, n): red, green, blue, roughness, metallic, height, cut to [0, 1]."""
        stacked = [*np.moveaxis(self.colour, 2, 0), self.roughness, self.metallic, self.height]
        return np.clip(np.stack(stacked), 0.0, 1.0).astype(np.float32)


@dataclass(frozen=True)
class Ground:
    """What a family's function is given."""

    rng: np.random.Generator
    size: int
    """Side of the tile in pixels, a multiple of UNIT."""
    colour: Colour
    """(3,) the recipe's colour, already varied."""
    count: int
    """How many a unit, for families that are counted; 0 for the others."""

    @cached_property
    def x(self) -> Plane:
        """In units."""
        return places(self.size)[0]

    @cached_property
    def y(self) -> Plane:
        """In units."""
        return places(self.size)[1]

    def waves(
        self,
        wavelength: float,
        *,
        falloff: float = 1.7,
        across: float = 1.0,
        along: float = 1.0,
        turn: float = 0.0,
        finest: float = 6.0,
    ) -> Plane:
        """`noise.waves` of this tile."""
        return waves(
            self.rng, self.size, wavelength, falloff=falloff, across=across, along=along, turn=turn, finest=finest
        )

    def cells(self, per_unit: int, *, jitter: float = 1.0) -> Cells:
        """`noise.cells` of this tile."""
        return cells(self.rng, self.size, per_unit, jitter=jitter)

    def flat(self, value: float) -> Plane:
        """A plane of one value."""
        return np.full((self.size, self.size), value, dtype=np.float32)

    def surface(self, colour: Colour, roughness: Values, height: Values, *, metallic: Values | None = None) -> Surface:
        """What a family answers; no metal where nothing is said."""
        return Surface(
            colour=colour,
            roughness=roughness.astype(np.float32),
            metallic=self.flat(0) if metallic is None else metallic.astype(np.float32),
            height=height.astype(np.float32),
        )

    def warped(self, wavelength: float, pixels: float) -> tuple[Plane, Plane]:
        """Places (x, y) in units, moved by noise of a deviation in pixels."""
        return (
            self.x + self.waves(wavelength, falloff=2.5) * (pixels / UNIT),
            self.y + self.waves(wavelength, falloff=2.5) * (pixels / UNIT),
        )


def tinted(colour: Colour, amount: Values | float) -> Colour:
    """Lighter (amount up to 1: white) or darker (down to -1: black). colour: (3,) or (n, n, 3); amount: (n, n)."""
    share = np.clip(np.asarray(amount, dtype=np.float32), -1.0, 1.0)[..., None]
    lighter = colour + (1 - colour) * np.maximum(share, 0)
    return (lighter * (1 + np.minimum(share, 0))).astype(np.float32)


def blended(first: Colour, second: Colour, share: Plane) -> Colour:
    """`first` where share (n, n) is 0, `second` where it is 1."""
    return (first + (second - first) * share[..., None]).astype(np.float32)
