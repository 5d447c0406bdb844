"""From the cube to metres."""

from dataclasses import replace

import numpy as np

from kinoform.media.mesh.model import MeshAsset
from kinoform.media.surface.errors import BadWish


def scaled(asset: MeshAsset, height_m: float) -> MeshAsset:
    """The asset at that height (> 0), standing on y = 0 and centred in x and z; all levels by the finest one's box.

    Raises BadWish for the height, or if the asset is flat.
    """
    positions = asset.lods[0].mesh.positions.astype(np.float64)
    low, high = positions.min(axis=0), positions.max(axis=0)
    if not 0 < height_m < np.inf:
        raise BadWish(f"height_m must be greater than 0, not {height_m}")
    if not high[1] > low[1]:
        raise BadWish("height_m needs an asset that has a height, which is 0")
    factor = height_m / (high[1] - low[1])
    origin = np.array([(low[0] + high[0]) / 2, low[1], (low[2] + high[2]) / 2])
    lods = []
    for part in asset.lods:
        moved = ((part.mesh.positions.astype(np.float64) - origin) * factor).astype(np.float32)
        lods.append(replace(part, mesh=replace(part.mesh, positions=moved)))
    return replace(asset, lods=tuple(lods))
