"""Pieces of a scene to one checked part."""

import numpy as np
import numpy.typing as npt

from kinoform.media.errors import MediaCorrupt, MediaTooLarge
from kinoform.media.mesh.colour import sampled
from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.model import Material, Mesh, Part
from kinoform.media.mesh.readers.pieces import Piece


def joined(pieces: list[Piece], limits: MeshLimits) -> Part:
    """One mesh of all pieces: with their material if they share one, else with its colours at the vertices.

    Raises MediaCorrupt for no triangles, an index out of range, numbers that are not finite; MediaTooLarge.
    """
    pieces = [piece for piece in pieces if len(piece.triangles) > 0]
    if not pieces:
        raise MediaCorrupt("a mesh without triangles")
    check_counts(sum(len(p.triangles) for p in pieces), sum(len(p.positions) for p in pieces), limits)
    for piece in pieces:
        _check(piece)
    offsets = np.cumsum([0, *(len(piece.positions) for piece in pieces[:-1])])
    positions = np.concatenate([piece.positions for piece in pieces])
    triangles = np.concatenate([p.triangles + offset for p, offset in zip(pieces, offsets, strict=True)])
    triangles = triangles.astype(np.int32)
    given = [np.zeros_like(p.positions) if p.normals is None else p.normals for p in pieces]
    material = _shared_material(pieces)
    mesh = Mesh(
        positions=positions,
        triangles=triangles,
        normals=_unit_normals(positions, triangles, np.concatenate(given)),
        uvs=_joined_uvs(pieces),
        colours=None if material is not None else _joined_colours(pieces),
    )
    return Part(mesh=mesh, material=material)


def check_counts(triangles: int, vertices: int, limits: MeshLimits) -> None:
    """Raises MediaTooLarge. For readers, too: before they allocate what a file declares."""
    if triangles > limits.max_triangles:
        raise MediaTooLarge(f"{triangles} triangles; at most {limits.max_triangles} are allowed")
    if vertices > limits.max_vertices:
        raise MediaTooLarge(f"{vertices} vertices; at most {limits.max_vertices} are allowed")


def check_pieces(count: int, limits: MeshLimits) -> None:
    """Raises MediaTooLarge: many pieces of a triangle each cost more than their triangles."""
    if count > limits.max_nodes:
        raise MediaTooLarge(f"{count} pieces in a scene; at most {limits.max_nodes} are allowed")


def _check(piece: Piece) -> None:
    count = len(piece.positions)
    if piece.triangles.min() < 0 or piece.triangles.max() >= count:
        raise MediaCorrupt(f"a triangle names a vertex outside 0…{count - 1}")
    for name, array in (("position", piece.positions), ("normal", piece.normals), ("uv", piece.uvs)):
        if array is not None and not np.isfinite(array).all():
            raise MediaCorrupt(f"a {name} that is not finite")


def _shared_material(pieces: list[Piece]) -> Material | None:
    first = pieces[0].material
    shared = all(piece.material is first and piece.uvs is not None for piece in pieces)
    return first if shared else None


def _joined_uvs(pieces: list[Piece]) -> npt.NDArray[np.float32] | None:
    uvs = [piece.uvs for piece in pieces if piece.uvs is not None]
    return np.concatenate(uvs) if len(uvs) == len(pieces) else None


def _joined_colours(pieces: list[Piece]) -> npt.NDArray[np.uint8] | None:
    """White where a piece has none; None where all have none."""
    colours = [_colours(piece) for piece in pieces]
    if all(colour is None for colour in colours):
        return None
    white = [np.full((len(piece.positions), 3), 255, np.uint8) for piece in pieces]
    return np.concatenate([w if c is None else c for c, w in zip(colours, white, strict=True)])


def _colours(piece: Piece) -> npt.NDArray[np.uint8] | None:
    if piece.material is not None and piece.uvs is not None:
        return sampled(piece.material.base_colour, piece.uvs)
    return piece.colours


def _unit_normals(
    positions: npt.NDArray[np.float32], triangles: npt.NDArray[np.int32], given: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """The given ones at unit length; where they have none, the mean of the faces around, weighted by area."""
    normals = given.astype(np.float64)
    missing = ~(np.abs(normals).max(axis=1) > 0)
    if missing.any():
        normals[missing] = _face_means(positions.astype(np.float64), triangles)[missing]
    return _scaled_to_unit(normals).astype(np.float32)


def _face_means(positions: npt.NDArray[np.float64], triangles: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    a, b, c = (positions[triangles[:, corner]] for corner in range(3))
    faces = np.cross(b - a, c - a)
    means = np.empty_like(positions)
    for axis in range(3):
        weights = np.repeat(faces[:, axis], 3)
        means[:, axis] = np.bincount(triangles.reshape(-1), weights, len(positions))
    return means


def _scaled_to_unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Up, where a vector is zero. Scaled by the largest part first: squares of float32's extremes leave no range."""
    largest = np.abs(vectors).max(axis=1, keepdims=True)
    vectors = np.where(largest > 0, vectors / np.where(largest > 0, largest, 1), (0.0, 1.0, 0.0))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
