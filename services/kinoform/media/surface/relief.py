"""Heights as a closed plate: exact, with nothing generated."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.heights import Heights
from kinoform.media.surface.normals import smooth_normals
from kinoform.media.surface.topology import Positions, Triangles

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plate:
    """Its measures in metres, each greater than 0."""

    width_m: float
    """Along x, from the first sample of a row to the last; the height along y follows from the samples."""
    rise_m: float
    """From height 0 to height 1, along z."""
    plate_m: float
    """From the back to height 0."""


def relief(heights: Heights, plate: Plate) -> Mesh:
    """The plate that stands on y = 0 with its back on z = 0, centred in x, its front towards +z.

    heights: (h, w) with h, w >= 2. Each sample is a vertex, each four of them two triangles; walls go straight back.
    UVs are the picture seen from the front, samples at its texels' centres; walls have the colours of their border.
    Vertices are split between front, walls and back, so that each has its own normals.
    """
    rows, columns = heights.shape
    front = _front(heights, plate)
    grid = np.arange(rows * columns).reshape(rows, columns)
    uvs = np.stack(
        np.broadcast_arrays((np.arange(columns) + 0.5) / columns, 1 - (np.arange(rows)[:, None] + 0.5) / rows)
    )
    uvs = uvs.reshape(2, -1).T.astype(np.float32)
    faces = _quads(grid)
    pieces = [Mesh(positions=front, triangles=faces, normals=smooth_normals(front, faces), uvs=uvs)]
    # anticlockwise as seen from the front: bottom, right, top, left
    sides = (grid[-1], grid[::-1, -1], grid[0, ::-1], grid[:, 0])
    for side, normal in zip(sides, ((0, -1, 0), (1, 0, 0), (0, 1, 0), (-1, 0, 0)), strict=True):
        pieces.append(_wall(front[side], uvs[side], normal))
    border = np.concatenate([side[:-1] for side in sides])
    pieces.append(_back(front[border], uvs[border]))
    return _joined(pieces)


def _front(heights: Heights, plate: Plate) -> Positions:
    rows, columns = heights.shape
    cell = plate.width_m / (columns - 1)
    x = (np.arange(columns) - (columns - 1) / 2) * cell
    y = (rows - 1 - np.arange(rows)[:, None]) * cell
    z = plate.plate_m + plate.rise_m * heights.astype(np.float64)
    return np.stack(np.broadcast_arrays(x, y, z), axis=-1).reshape(-1, 3).astype(np.float32)


def _quads(grid: Indices) -> Triangles:
    left, right = grid[:, :-1], grid[:, 1:]
    upper = np.stack([left[:-1], left[1:], right[:-1]], axis=-1)
    lower = np.stack([right[:-1], left[1:], right[1:]], axis=-1)
    return np.concatenate([upper.reshape(-1, 3), lower.reshape(-1, 3)]).astype(np.int32)


def _wall(edge: Positions, uvs: npt.NDArray[np.float32], normal: tuple[int, int, int]) -> Mesh:
    """Straight back from an edge (n, 3) of the front."""
    positions = np.concatenate([edge, edge * np.array([1, 1, 0], np.float32)])
    near = np.arange(len(edge))
    far = near + len(edge)
    outer = np.stack([near[1:], near[:-1], far[:-1]], axis=1)
    inner = np.stack([near[1:], far[:-1], far[1:]], axis=1)
    return Mesh(
        positions=positions,
        triangles=np.concatenate([outer, inner]).astype(np.int32),
        normals=np.tile(np.array(normal, np.float32), (len(positions), 1)),
        uvs=np.tile(uvs, (2, 1)),
    )


def _back(border: Positions, uvs: npt.NDArray[np.float32]) -> Mesh:
    """A fan around the middle, which meets every vertex of the walls: no T-junctions."""
    flat = border * np.array([1, 1, 0], np.float32)
    middle = (flat.min(axis=0) + flat.max(axis=0)) / 2
    ahead = np.arange(len(flat))
    fan = np.stack([np.full(len(flat), len(flat)), np.roll(ahead, -1), ahead], axis=1)
    return Mesh(
        positions=np.concatenate([flat, middle[None]]),
        triangles=fan.astype(np.int32),
        normals=np.tile(np.array([0, 0, -1], np.float32), (len(flat) + 1, 1)),
        uvs=np.concatenate([uvs, np.full((1, 2), 0.5, np.float32)]),
    )


def _joined(pieces: list[Mesh]) -> Mesh:
    starts = np.cumsum([0, *(len(piece.positions) for piece in pieces[:-1])])
    return Mesh(
        positions=np.concatenate([piece.positions for piece in pieces]),
        triangles=np.concatenate([piece.triangles + start for piece, start in zip(pieces, starts, strict=True)]).astype(
            np.int32
        ),
        normals=np.concatenate([piece.normals for piece in pieces]),
        uvs=np.concatenate([piece.uvs for piece in pieces if piece.uvs is not None]),
    )
