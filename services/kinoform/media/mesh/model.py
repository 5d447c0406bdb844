"""Meshes and their materials as values. Right-handed, Y up, front towards +Z, metres, as in glTF 2.0."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
"""(h, w, 3), 0 to 255; row 0 is the top."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mesh:
    """Triangles. n vertices, m triangles; vertices may be split along UV seams."""

    positions: npt.NDArray[np.float32]
    """(n, 3) metres."""
    triangles: npt.NDArray[np.int32]
    """(m, 3) vertex indices, counter-clockwise as seen from outside."""
    normals: npt.NDArray[np.float32]
    """(n, 3) of unit length."""
    uvs: npt.NDArray[np.float32] | None = None
    """(n, 2) in [0, 1], origin bottom-left as in OBJ and USD (glTF writers flip v)."""
    colours: npt.NDArray[np.uint8] | None = None
    """(n, 3) sRGB."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Material:
    """A metallic-roughness material (glTF 2.0, section 3.9): textures that share a mesh's UVs."""

    name: str
    base_colour: Picture
    """sRGB."""
    normal: Picture | None = None
    """Tangent space, +Y up (OpenGL), linear: (n + 1) / 2 * 255."""
    orm: Picture | None = None
    """Linear; red occlusion, green roughness, blue metallic."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A mesh and what it is made of. Its material's textures need UVs."""

    mesh: Mesh
    material: Material | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeshAsset:
    """An object in one or more levels of detail."""

    name: str
    """A word or a few, as writers name nodes and files: letters, digits, `-`, `_`."""
    lods: tuple[Part, ...]
    """Finest first; at least one."""
