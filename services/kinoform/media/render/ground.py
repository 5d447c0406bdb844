"""The ground an object stands on, as far as it is seen: its shadow."""

import numpy as np
import numpy.typing as npt

from kinoform.media.render.environment import Environment
from kinoform.media.render.sampling import TILE, blurred, cosine_directions, tile_numbers
from kinoform.media.render.scene import Scene
from kinoform.media.render.shade import key_share, open_share

Floats = npt.NDArray[np.float32]

_CELLS = 144
_EXTENT = 2.6
"""Radii from the middle to the edge of what can lie in shadow."""
_SKY_RAYS = 24
_KEY_RAYS = 6
_UP = np.array([0, 1, 0], np.float32)


class Ground:
    """A level plane under a scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        axis = ((np.arange(_CELLS) + 0.5) / _CELLS * 2 - 1) * _EXTENT
        z, x = (grid.reshape(-1) for grid in np.meshgrid(axis, axis, indexing="ij"))
        self._points = np.stack([x, np.full_like(x, scene.floor), z], axis=-1).astype(np.float32)
        self._normals = np.tile(_UP, (len(self._points), 1))
        rows, columns = (grid.reshape(-1) for grid in np.mgrid[:_CELLS, :_CELLS])
        self._tile = tile_numbers(rows, columns)
        sky = cosine_directions(_SKY_RAYS * TILE * TILE)
        seen = open_share(scene, self._points, self._normals, sky, self._tile)
        self._open = blurred(seen.reshape(_CELLS, _CELLS))

    def light(self, environment: Environment, turn: Floats) -> Floats:
        """(_CELLS, _CELLS) the share of light that reaches each cell, rows along z, columns along x."""
        ambient = float(environment.ambient_irradiance(_UP[None]).mean())
        if environment.key is None:
            return self._open
        key = float(environment.key_irradiance(_UP[None]).mean())
        share = key_share(self._scene, self._points, self._normals, environment.key, turn, self._tile, _KEY_RAYS)
        lit = blurred(share.reshape(_CELLS, _CELLS))
        return np.asarray((ambient * self._open + key * lit) / (ambient + key), np.float32)

    def seen(self, light: Floats, origins: Floats, directions: Floats) -> Floats:
        """(n,) the share of light where each ray meets the ground; 1 where it does not, and far out."""
        down = np.minimum(directions[:, 1], np.float32(-1e-6))
        distance = (self._scene.floor - origins[:, 1]) / down
        distance[distance < 0] = 1e6  # from below
        places = origins + directions * distance[:, None]
        cells = np.clip((places[:, [2, 0]] / _EXTENT + 1) / 2 * _CELLS - 0.5, 0, _CELLS - 1.001)
        first = cells.astype(np.int64)
        (row, column), (s, t) = first.T, (cells - first).astype(np.float32).T
        upper = light[row, column] * (1 - t) + light[row, column + 1] * t
        lower = light[row + 1, column] * (1 - t) + light[row + 1, column + 1] * t
        distance = np.hypot(places[:, 0], places[:, 2]) / _EXTENT
        fade = np.clip((1 - distance) * 2, 0, 1)
        return np.asarray(1 - fade * fade * (3 - 2 * fade) * (1 - (upper * (1 - s) + lower * s)), np.float32)
