"""Uploaded meshes as they should have been."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.close import remeshed
from kinoform.media.surface.errors import NoSurface
from kinoform.media.surface.holes import filled
from kinoform.media.surface.normals import smooth_mesh
from kinoform.media.surface.topology import (
    Positions,
    Triangles,
    compact,
    components,
    directed_edges,
    is_solid,
    volume,
    volumes,
    weld,
)
from kinoform.media.surface.volume import checked_resolution

TOUCHING = 1e-6
"""Vertices nearer to each other than about this share of the mesh's size are one."""
FARTHEST = 1e15
"""Coordinates beyond that are as bad as infinite ones: products of three of them overflow."""
LEAST_VOLUME = 1e-9
"""Share of its box that a closed mesh must hold to count as one."""
MOST_HOLLOWS = 64
"""Inverted pieces, the largest first, that are looked at for being hollows; the rest are turned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairReport:
    """What was done."""

    joined_vertices: int
    """How many fewer there are, unused ones included."""
    dropped_triangles: int
    """Not finite, of vertices that do not exist, without an area, or there twice."""
    flipped_triangles: int
    filled_holes: int
    remeshed: bool
    """Whether it was made anew from voxels."""
    closed: bool
    """Whether it is closed, manifold and holds a volume."""


def repair(mesh: Mesh, close_resolution: int | None = None) -> tuple[Mesh, RepairReport]:
    """Joins vertices, drops bad triangles, turns the rest outwards and fills holes. UVs and colours go.

    close_resolution: voxels along the longest edge (a multiple of 8 up to 256) to make the mesh anew from if it
    is still not closed; `close` says what becomes of it. None leaves it open.
    Raises NoSurface if no usable triangle is left, BadWish for the resolution; and never for what the mesh is.
    """
    if close_resolution is not None:
        checked_resolution(close_resolution)
    positions, triangles = _joined(*_finite(mesh))
    dropped = len(mesh.triangles) - len(triangles)
    if not len(triangles):
        raise NoSurface(f"none of the mesh's {len(mesh.triangles)} triangles is usable")
    joined = len(mesh.positions) - len(positions)
    aligned, flips = _aligned(triangles)
    positions, patched, holes = filled(positions, aligned)
    outward, turned = _outward(positions, patched)
    closed = _holds(positions, outward)
    again = close_resolution is not None and not closed
    if close_resolution is not None and again:
        positions, outward = remeshed(positions, outward, close_resolution)
        closed = _holds(positions, outward)
    report = RepairReport(
        joined_vertices=joined,
        dropped_triangles=dropped,
        flipped_triangles=int((flips ^ turned[: len(flips)]).sum()),
        filled_holes=holes,
        remeshed=again,
        closed=closed,
    )
    return smooth_mesh(positions, outward), report


def _finite(mesh: Mesh) -> tuple[Positions, Triangles]:
    """Only triangles of vertices that exist and are finite."""
    count = len(mesh.positions)
    there = ((mesh.triangles >= 0) & (mesh.triangles < count)).all(axis=1)
    triangles = mesh.triangles[there]
    sound = np.abs(mesh.positions) < FARTHEST  # and not where it is NaN
    return compact(mesh.positions, triangles[sound[triangles].all(axis=(1, 2))])


def _joined(positions: Positions, triangles: Triangles) -> tuple[Positions, Triangles]:
    """With near vertices joined, and each set of three vertices in one triangle only."""
    if not len(triangles):
        return positions, triangles
    low = positions.min(axis=0).astype(np.float64)
    size = float((positions.max(axis=0) - low).max())
    if size == 0:
        return positions[:0], triangles[:0]
    for shift in np.ndindex(2, 2, 2):  # near ones may be rounded apart, but not by all grids
        places = np.rint((positions - low) / (2 * TOUCHING * size) + np.array(shift) / 2)
        positions, triangles = weld(positions, triangles, places)
    _, first = np.unique(np.sort(triangles, axis=1), axis=0, return_index=True)
    return compact(positions, triangles[np.sort(first)])


def _aligned(triangles: Triangles) -> tuple[Triangles, npt.NDArray[np.bool_]]:
    """Neighbours that run along their common edge in opposite ways, and which triangles were turned for it.

    Every triangle stands twice in a graph, as it is and turned; neighbours are tied such that they agree.
    """
    count = len(triangles)
    edges = directed_edges(triangles)
    faces = np.tile(np.arange(count), 3)
    codes = edges.min(axis=1) * (int(triangles.max()) + 1) + edges.max(axis=1)
    order = np.argsort(codes, kind="stable")
    codes, edges, faces = codes[order], edges[order], faces[order]
    starts = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]])
    pairs = starts[np.diff(np.r_[starts, len(codes)]) == 2]
    left, right = faces[pairs], faces[pairs + 1]
    clash = np.where(edges[pairs, 0] == edges[pairs + 1, 0], count, 0)
    rows = np.concatenate([left, left + count])
    columns = np.concatenate([right + clash, right + count - clash])
    graph = coo_array((np.ones(len(rows), np.bool_), (rows, columns)), shape=(2 * count, 2 * count))
    _, labels = connected_components(graph.tocsr(), directed=False)
    flips = labels[:count] > labels[count:]
    return np.where(flips[:, None], triangles[:, ::-1], triangles), flips.astype(np.bool_)


def _outward(positions: Positions, triangles: Triangles) -> tuple[Triangles, npt.NDArray[np.bool_]]:
    """Pieces facing outwards, hollows inwards; and which triangles were turned."""
    centre = (positions.min(axis=0) + positions.max(axis=0)) / 2
    labels = components(triangles, len(positions))
    held = volumes(positions - centre, triangles, labels)
    largest = np.abs(held).argmax()
    inverted = held < 0
    hull = triangles[labels == largest]
    for piece in sorted(np.flatnonzero(inverted), key=lambda piece: held[piece])[:MOST_HOLLOWS]:
        if piece != largest and abs(_winding(positions[triangles[labels == piece][0, 0]], positions, hull)) > 0.5:
            inverted[piece] = False
    turned = inverted[labels]
    return np.where(turned[:, None], triangles[:, ::-1], triangles), turned


def _winding(point: Positions, positions: Positions, triangles: Triangles) -> float:
    """How many times a mesh goes around a point (van Oosterom and Strackee 1983)."""
    a, b, c = np.moveaxis((positions - point).astype(np.float64)[triangles], 1, 0)
    la, lb, lc = (np.linalg.norm(corner, axis=1) for corner in (a, b, c))
    volume6 = np.einsum("mi,mi->m", a, np.cross(b, c))
    ab, bc, ca = (np.einsum("mi,mi->m", x, y) for x, y in ((a, b), (b, c), (c, a)))
    return float(np.arctan2(volume6, la * lb * lc + ab * lc + bc * la + ca * lb).sum() / (2 * np.pi))


def _holds(positions: Positions, triangles: Triangles) -> bool:
    box = float(np.prod(np.ptp(positions.astype(np.float64), axis=0)))
    return is_solid(positions, triangles) and volume(positions, triangles) > LEAST_VOLUME * box
