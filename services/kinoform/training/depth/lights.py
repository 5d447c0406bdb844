"""What lights a scene: one or two lamps or the sun, the sky above, and what the ground throws back."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinoform.training.depth.stage import Stage

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Lamp:
    """A light with a soft shadow."""

    place: Floats
    """(3,) metres."""
    radius: float
    """Metres: how soft its shadow is."""
    colour: Floats
    """(3,) linear; what falls on a surface that faces it at `reach`."""
    reach: float
    """Metres at which it is as bright as its colour; inf for the sun, which never fades."""


@dataclass(frozen=True, slots=True, eq=False)
class Lights:
    """All of a scene's."""

    lamps: list[Lamp]
    above: Floats
    """(3,) linear, from straight up."""
    around: Floats
    """(3,) from the horizon."""
    below: Floats
    """(3,) from the ground."""
    clouds: int
    """Number of the tile that the sky's clouds are made of."""
    cover: float
    """How much of it shows, 0 to 1."""


def any_lights(rng: np.random.Generator, stage: Stage, tiles: int) -> Lights:
    """Lamps in the room, or the sun; all with colours of their own."""
    sunny = not stage.roofed and rng.random() < 0.7
    lamps = [_sun(rng)] if sunny else [_lamp(rng, stage) for _ in range(int(rng.integers(1, 3)))]
    ambient = float(np.exp(rng.uniform(np.log(0.12), np.log(1.2))))
    blue = _cast(rng) * (1, 1, 1) if stage.roofed else _cast(rng) * rng.uniform((0.35, 0.6, 0.9), (1, 1, 1.2))
    return Lights(
        lamps=lamps,
        above=np.asarray(ambient * blue, np.float32),
        around=np.asarray(ambient * _cast(rng) * rng.uniform(0.6, 1.4), np.float32),
        below=np.asarray(ambient * _cast(rng) * rng.uniform(0.1, 0.7), np.float32),
        clouds=int(rng.integers(tiles)),
        cover=float(rng.uniform(0, 0.6) * (rng.random() < 0.6)),
    )


def sky(lights: Lights, directions: Floats) -> Floats:
    """(n, 3) linear light from unit directions (n, 3): what is mirrored, and what surfaces get that face there."""
    rise = directions[:, 1:2]
    upper = lights.around + (lights.above - lights.around) * np.sqrt(np.clip(rise, 0, 1))
    return np.where(rise >= 0, upper, lights.around + (lights.below - lights.around) * np.clip(-4 * rise, 0, 1)).astype(
        np.float32
    )


def _sun(rng: np.random.Generator) -> Lamp:
    height, angle = rng.uniform(0.15, 1.3), rng.uniform(0, 2 * np.pi)
    away = 1e3 * np.array([np.cos(height) * np.sin(angle), np.sin(height), np.cos(height) * np.cos(angle)])
    colour = rng.uniform(0.5, 2.5) * _cast(rng)
    return Lamp(away.astype(np.float32), 1e3 * float(rng.uniform(0.005, 0.08)), colour.astype(np.float32), np.inf)


def _lamp(rng: np.random.Generator, stage: Stage) -> Lamp:
    x, z = (rng.uniform(-0.95, 0.95) * side for side in stage.half)
    place = np.array([x, rng.uniform(0.45, 0.96) * stage.height, z])
    colour = rng.uniform(0.4, 2.0) * _cast(rng)
    return Lamp(
        place.astype(np.float32), float(rng.uniform(0.02, 0.4)), colour.astype(np.float32), 0.7 * float(max(stage.half))
    )


def _cast(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """(3,) a white that may be warm or cold."""
    warm = rng.normal(0, 0.15)
    return np.exp(np.array([warm, rng.normal(0, 0.03), -warm]))
