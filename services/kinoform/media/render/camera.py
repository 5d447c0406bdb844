"""Pinhole cameras that circle an object."""

from dataclasses import dataclass
from math import cos, pi, radians, sin, tan

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Vector = tuple[float, float, float]

FIELD_OF_VIEW = radians(26)
"""Of a lens that products are photographed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A pinhole camera that looks at a point, upright. The pictures of one at azimuth 0 show an object's front."""

    target: Vector
    """Metres; in the middle of the picture."""
    distance: float
    """Metres from the target."""
    azimuth: float = 0.0
    """Radians around +Y, counter-clockwise from above: 0 stands in front (+Z), pi / 2 at the object's +X side."""
    elevation: float = radians(15)
    """Radians above the horizon, in (-pi / 2, pi / 2)."""
    field_of_view: float = FIELD_OF_VIEW
    """Radians across the shorter side of the picture."""

    @property
    def position(self) -> Floats:
        """(3,) metres."""
        return np.array(self.target, np.float32) - np.float32(self.distance) * self.axes[2]

    @property
    def axes(self) -> Floats:
        """(3, 3): the unit vectors to the right, up and forward, as rows."""
        sa, ca, se, ce = sin(self.azimuth), cos(self.azimuth), sin(self.elevation), cos(self.elevation)
        return np.array([[ca, 0, -sa], [-sa * se, ce, -ca * se], [-sa * ce, -se, -ca * ce]], np.float32)

    def directions(self, across: Floats, down: Floats, width: int, height: int) -> Floats:
        """(n, 3) unit vectors through places in a picture of that size. across, down: (n,) pixels from the top left."""
        scale = 2 * tan(self.field_of_view / 2) / min(width, height)
        x = (across - width / 2) * np.float32(scale)
        y = (height / 2 - down) * np.float32(scale)
        right, up, forward = self.axes
        rays = x[:, None] * right + y[:, None] * up + forward
        return np.asarray(rays / np.linalg.norm(rays, axis=1, keepdims=True), np.float32)


def framing(
    centre: Vector, radius: float, *, azimuth: float = 0.0, elevation: float = radians(15), margin: float = 1.12
) -> Camera:
    """The camera that sees a whole ball in the middle, with some margin. radius: metres; margin: in radii."""
    distance = margin * radius / sin(FIELD_OF_VIEW / 2)
    return Camera(target=centre, distance=distance, azimuth=azimuth % (2 * pi), elevation=elevation)
