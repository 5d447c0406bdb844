"""Tiles as models make them, turned into the maps that files hold."""

import numpy as np

from kinoform.media.material.maps import MaterialMaps
from kinoform.models.material import TileMaps


def maps_of(tile: TileMaps, size_m: float | None = None) -> MaterialMaps:
    """The tile's maps. size_m: another edge for the tile, with which its relief grows. Raises BadMaterial."""
    planes = np.stack([*np.moveaxis(tile.base_colour, 2, 0), tile.roughness, tile.metallic, tile.height])
    size_m = size_m or tile.size_m
    return MaterialMaps.of_planes(planes, height_m=tile.height_m * size_m / tile.size_m, size_m=size_m)
