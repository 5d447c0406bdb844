"""What a shape is before it has a surface."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float32]
"""(n, 3) in the cube [-1, 1]^3: x to the right, y up, z to the front."""


class Field(Protocol):
    """A solid in the cube [-1, 1]^3. Deterministic: a point's values depend on nothing but the point."""

    def distance(self, points: Points) -> npt.NDArray[np.float32]:
        """(n,) signed distance to the surface in cube units, negative inside; right in sign, about right near 0."""

    def appearance(self, points: Points) -> npt.NDArray[np.float32]:
        """(n, 5) in [0, 1] of the nearest surface: base colour (sRGB red, green, blue), roughness, metallic."""
