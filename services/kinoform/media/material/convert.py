"""A material for meshes: 8 bits, glTF's packing."""

import numpy as np
import numpy.typing as npt

from kinoform.media.material.maps import Levels, MaterialMaps, as_floats
from kinoform.media.material.relief import normal_from_height, occlusion_from_height
from kinoform.media.mesh.model import Material


def mesh_material(name: str, maps: MaterialMaps) -> Material:
    """The maps as textures of one tile: base colour, normal, and occlusion, roughness and metallic in one."""
    height = as_floats(maps.height)
    occlusion = occlusion_from_height(height, maps.height_m, maps.size_m)
    normal = normal_from_height(height, maps.height_m, maps.size_m)
    eight = (np.rint(occlusion * 255).astype(np.uint8), _eight_bits(maps.roughness), _eight_bits(maps.metallic))
    return Material(
        name=name,
        base_colour=_eight_bits(maps.base_colour),
        normal=np.rint((normal + 1) / 2 * 255).astype(np.uint8),
        orm=np.stack(eight, axis=-1),
    )


def _eight_bits(levels: Levels) -> npt.NDArray[np.uint8]:
    return ((levels.astype(np.uint32) + 128) // 257).astype(np.uint8)
