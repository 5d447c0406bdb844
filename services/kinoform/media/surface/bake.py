"""Textures for a mesh from whatever knows how its surface looks."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Material, Mesh
from kinoform.media.surface.errors import BadWish
from kinoform.media.surface.normals import UP, unit
from kinoform.media.surface.raster import rasterise
from kinoform.media.surface.tangents import tangents

Floats = npt.NDArray[np.float32]
CHUNK = 1 << 17
"""Texels at a time: bounds the memory, and the size of one call of a field."""
LARGEST = 4096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """How k points of a surface look."""

    colours: Floats
    """(k, 3) sRGB in [0, 1]."""
    normals: Floats
    """(k, 3) of unit length, in the mesh's space."""
    orm: Floats | None
    """(k, 3) occlusion (1 is open), roughness and metallic in [0, 1], where known."""


class Source(Protocol):
    """What knows how a surface looks."""

    def look(self, points: Floats, normals: Floats) -> Look:
        """Of the surface near points (k, 3) of the mesh, where the mesh has such smooth normals (k, 3)."""


def bake(mesh: Mesh, source: Source, texture_size: int, name: str) -> Material:
    """The mesh's base colour, normal map and, where the source knows it, occlusion, roughness and metallic.

    texture_size: width and height in texels. Normals are relative to the mesh's own normals and `tangents`, both
    interpolated and brought to length 1, as viewers do. Raises BadWish for the size, or without UVs.
    """
    if not 1 <= texture_size <= LARGEST:
        raise BadWish(f"texture_size must be from 1 to {LARGEST}, not {texture_size}")
    if mesh.uvs is None:
        raise BadWish("baking needs a mesh with uvs, which has none")
    texels = rasterise(mesh.uvs, mesh.triangles, texture_size)
    frames = tangents(mesh)
    colours, bumps, orms = [], [], []
    for start in range(0, len(texels.places), CHUNK):
        some = slice(start, start + CHUNK)
        corners, weights = mesh.triangles[texels.triangles[some]], texels.weights[some]
        normals = unit32(mix(mesh.normals, corners, weights))
        look = source.look(mix(mesh.positions, corners, weights), normals)
        along = unit32(mix(frames[:, :3], corners, weights))
        tilted = in_frame(look.normals, normals, along, frames[corners[:, 0], 3:])
        colours.append(to_bytes(look.colours))
        bumps.append(to_bytes((tilted + 1) / 2))
        if look.orm is not None:
            orms.append(to_bytes(look.orm))
    shown = texels.nearest()
    return Material(
        name=name,
        base_colour=np.concatenate(colours)[shown],
        normal=np.concatenate(bumps)[shown],
        orm=np.concatenate(orms)[shown] if orms else None,
    )


def in_frame(vectors: Floats, normals: Floats, along: Floats, signs: Floats) -> Floats:
    """Unit vectors (k, 3) in the frames (tangent, bitangent, normal), which interpolation leaves a little skewed.

    Solves x tangent + y bitangent + z normal = vector, with bitangent = sign cross(normal, tangent). Those that point
    below the surface are laid into it.
    """
    up = np.cross(normals, along) * signs
    basis = (np.cross(up, normals), np.cross(normals, along), np.cross(along, up))
    volumes = np.einsum("ki,ki->k", along, basis[0])
    volumes = np.where(np.abs(volumes) < 1e-6, 1, volumes)
    local = np.stack([np.einsum("ki,ki->k", vectors, axis) / volumes for axis in basis], axis=1)
    local[:, 2] = np.maximum(local[:, 2], 0)
    return unit32(local, UP[[0, 2, 1]])


def mix(values: npt.NDArray[np.float32], corners: npt.NDArray[np.int32], weights: Floats) -> Floats:
    """Values of vertices (n, c), interpolated at points of triangles. corners, weights: (k, 3)."""
    first, second, third = (values[corners[:, corner]] * weights[:, corner : corner + 1] for corner in range(3))
    return np.asarray(first + second + third, np.float32)


def unit32(vectors: Floats, otherwise: npt.NDArray[np.float64] | None = None) -> Floats:
    """`unit` in single precision."""
    return unit(vectors.astype(np.float64), UP if otherwise is None else otherwise).astype(np.float32)


def to_bytes(values: npt.NDArray[np.float32] | npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """From [0, 1] to 0 to 255, the nearest; halves to the even, so that a normal map's 0 becomes 128."""
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
