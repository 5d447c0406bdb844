"""The studio around an object: what light comes from where, sharp or as seen in a rough surface."""

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, radians, sin

import numpy as np
import numpy.typing as npt
from scipy.special import erf

Floats = npt.NDArray[np.float32]
Colour = tuple[float, float, float]

_EDGE = 0.035
"""Radians; how soft a softbox's border is in a mirror."""
_QUADRATURE = 64
"""Latitudes of the grid on which irradiance is integrated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Softbox:
    """A rectangular light, far away. Angles in radians; azimuth 0 is behind the camera, pi / 2 to its right."""

    azimuth: float
    elevation: float
    half_width: float
    half_height: float
    light: Colour
    """Linear radiance."""

    @property
    def axes(self) -> Floats:
        """(3, 3): the unit vectors to its right, its upper end and its middle, as rows."""
        sa, ca, se, ce = sin(self.azimuth), cos(self.azimuth), sin(self.elevation), cos(self.elevation)
        return np.array([[ca, 0, -sa], [-sa * se, ce, -ca * se], [sa * ce, se, ca * ce]], np.float32)

    @property
    def solid_angle(self) -> float:
        """Steradians."""
        return 4 * self.half_width * sin(self.half_height)

    def directions(self, across: Floats, up: Floats) -> Floats:
        """(n, 3) unit vectors to places on it. across, up: (n,) in [-1, 1]."""
        x, y = across * np.float32(self.half_width), up * np.float32(self.half_height)
        local = np.stack([np.sin(x) * np.cos(y), np.sin(y), np.cos(x) * np.cos(y)], axis=-1)
        return np.asarray(local @ self.axes, np.float32)

    def coverage(self, directions: Floats, spread: Floats) -> Floats:
        """(n,) in [0, 1]: how much of it is seen by a Gaussian lobe of `spread` radians, in closed form.

        The box is a rectangle in longitude and latitude around its own middle, where the lobe is separable.
        """
        x, y, z = (directions @ self.axes.T).T
        longitude, latitude = np.arctan2(x, z), np.arcsin(np.clip(y, -1, 1))
        blur = np.float32(1 / 2**0.5) / np.sqrt(spread * spread + np.float32(_EDGE**2))
        return _band(longitude, self.half_width, blur) * _band(latitude, self.half_height, blur)


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A vertical gradient, softboxes, and one of them as the key light, which casts shadows."""

    floor: Colour
    """Linear radiance from below, at the horizon and from above."""
    horizon: Colour
    zenith: Colour
    boxes: tuple[Softbox, ...] = ()
    key: Softbox | None = None

    def ambient(self, directions: Floats, alpha: Floats, floor_lit: Floats) -> Floats:
        """(n, 3) radiance of all but the key light, as a GGX lobe of width alpha = roughness^2 around it sees it.

        directions: (n, 3) unit vectors; alpha: (n,) in [0, 1], 0 for a mirror; floor_lit: (n,) in [0, 1],
        what is left of the floor's light where the object stands in it.
        """
        height = directions[:, 1]
        soft = np.sqrt(height * height + (np.float32(0.06) + np.float32(0.8) * alpha) ** 2)
        above = ((1 + height / soft) / 2)[:, None]
        rise = np.clip((height + soft) / 2, 0, 1)[:, None]
        floor, horizon, zenith = (np.array(colour, np.float32) for colour in (self.floor, self.horizon, self.zenith))
        light = (1 - above) * floor * floor_lit[:, None] + above * (horizon + rise * (zenith - horizon))
        spread = lobe_spread(alpha)
        for box in self.boxes:
            light = light + box.coverage(directions, spread)[:, None] * np.array(box.light, np.float32)
        return np.asarray(light, np.float32)

    def key_light(self, directions: Floats, alpha: Floats) -> Floats:
        """(n, 3) radiance of the key light alone, as `ambient` gives the rest's."""
        if self.key is None:
            return np.zeros_like(directions)
        return self.key.coverage(directions, lobe_spread(alpha))[:, None] * np.array(self.key.light, np.float32)

    def key_irradiance(self, normals: Floats) -> Floats:
        """(n, 3) irradiance / pi from the key light, unshadowed."""
        if self.key is None:
            return np.zeros_like(normals)
        cosine = normals @ self.key.axes[2]
        # A wide light still reaches a little behind the edge where its middle sets.
        size = np.float32(0.25 * (self.key.half_width + self.key.half_height))
        cosine = (cosine + np.sqrt(cosine * cosine + size * size)) / (1 + np.sqrt(1 + size * size))
        return cosine[:, None] * np.array(self.key.light, np.float32) * np.float32(self.key.solid_angle / pi)

    def ambient_irradiance(self, normals: Floats) -> Floats:
        """(n, 3) irradiance / pi of all but the key light, by nine harmonics (Ramamoorthi and Hanrahan 2001)."""
        return np.asarray(np.maximum(_harmonics(normals) @ _irradiance_coefficients(self), 0), np.float32)


def lobe_spread(alpha: Floats) -> Floats:
    """Radians; the standard deviation of the Gaussian with the half width of a GGX lobe in reflected directions."""
    return np.asarray(1.1 * alpha / (1 + 0.4 * alpha), np.float32)


def _band(angle: Floats, half: float, blur: Floats) -> Floats:
    inside = erf((angle + np.float32(half)) * blur) - erf((angle - np.float32(half)) * blur)
    return np.asarray(inside / 2, np.float32)


def _harmonics(directions: Floats) -> Floats:
    """(n, 9) real spherical harmonics up to the second order."""
    x, y, z = directions.T
    one = np.ones_like(x)
    functions = [
        0.282095 * one, 0.488603 * y, 0.488603 * z, 0.488603 * x, 1.092548 * x * y,
        1.092548 * y * z, 0.315392 * (3 * z * z - 1), 1.092548 * x * z, 0.546274 * (x * x - y * y),
    ]  # fmt: skip
    return np.stack(functions, axis=-1).astype(np.float32)


@lru_cache(maxsize=16)
def _irradiance_coefficients(environment: Environment) -> Floats:
    """(9, 3): what to multiply the harmonics with to get irradiance / pi."""
    latitude = (np.arange(_QUADRATURE) + 0.5) / _QUADRATURE * pi - pi / 2
    longitude = (np.arange(2 * _QUADRATURE) + 0.5) / _QUADRATURE * pi
    latitude, longitude = (grid.reshape(-1) for grid in np.meshgrid(latitude, longitude, indexing="ij"))
    across = np.cos(latitude)
    directions = np.stack([across * np.sin(longitude), np.sin(latitude), across * np.cos(longitude)], axis=-1)
    directions = directions.astype(np.float32)
    height = directions[:, 1]
    radiance = environment.ambient(directions, np.zeros_like(height), np.ones_like(height))
    weights = across / across.sum() * 4 * pi
    coefficients = _harmonics(directions).T @ (radiance * weights[:, None])
    cosine_lobe = np.array([1, 2 / 3, 2 / 3, 2 / 3, 1 / 4, 1 / 4, 1 / 4, 1 / 4, 1 / 4])
    return (coefficients * cosine_lobe[:, None]).astype(np.float32)


def studio() -> Environment:
    """A light grey product studio: a large key light from the left, a dim fill, two strips behind, one box above."""
    return Environment(
        floor=(0.44, 0.44, 0.445),
        horizon=(0.30, 0.305, 0.32),
        zenith=(0.10, 0.105, 0.12),
        boxes=(
            _box(64, 12, 15, 36, (1.5, 1.55, 1.65)),
            _box(150, 30, 11, 34, (4.2, 4.3, 4.5)),
            _box(-142, 26, 9, 38, (3.2, 3.3, 3.4)),
        ),
        key=_box(-38, 46, 23, 21, (5.6, 5.45, 5.25)),
    )


def _box(azimuth: float, elevation: float, half_width: float, half_height: float, light: Colour) -> Softbox:
    """Angles in degrees."""
    angles = (radians(angle) for angle in (azimuth, elevation, half_width, half_height))
    return Softbox(**dict(zip(("azimuth", "elevation", "half_width", "half_height"), angles, strict=True)), light=light)
