"""Things that stand in scenes, as few triangles with smooth normals: furniture, parametric solids, primitives."""

from typing import NamedTuple

import fast_simplification
import numpy as np
import numpy.typing as npt
import trimesh
from scipy.spatial import cKDTree
from skimage import measure

from kinoform.media.render.tone import from_srgb
from kinoform.training.furniture.catalogue import Item
from kinoform.training.furniture.surface import OPAQUE, Triangles, read_triangles
from kinoform.training.shapes.draw import draw

Floats = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

MOST = 2000
"""Triangles of a thing."""
CREASE = float(np.cos(np.radians(40)))
"""Facets that meet at less of an angle are shaded as one smooth surface."""
GRID = 40
"""Samples of a parametric solid along a side."""


class Thing(NamedTuple):
    """m triangles about the origin; the longest side of their box is 1."""

    corners: Floats
    """(m, 3, 3)"""
    normals: Floats
    """(m, 3, 3) unit, at the corners."""
    colours: Floats
    """(m, 3) linear."""


def thing(vertices: npt.NDArray[np.float64], faces: Indices, colours: Floats) -> Thing:
    """Centred and scaled. vertices: (n, 3); faces: (m, 3); colours: (m, 3) linear."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    placed = (vertices - (low + high) / 2) / max(float((high - low).max()), 1e-9)
    return Thing(placed[faces].astype(np.float32), smooth_normals(placed, faces), colours.astype(np.float32))


def furniture_thing(item: Item) -> Thing:
    """An item, no more than MOST triangles. Raises BadModel, MediaError, ValueError for one with nothing to see."""
    triangles = read_triangles(item)
    colours, opaque = _colours(triangles)
    corners, colours = triangles.corners[opaque], colours[opaque]
    vertices, faces = _merged(corners)
    if len(faces) > MOST:
        kept, fewer = fast_simplification.simplify(vertices.astype(np.float32), faces, target_count=MOST)
        _, nearest = cKDTree(corners.mean(axis=1)).query(kept[fewer].mean(axis=1))
        vertices, faces, colours = kept.astype(np.float64), fewer.astype(np.int64), colours[nearest]
    if not len(faces):
        raise ValueError(f"{item.key}: nothing to see")
    return thing(vertices, faces, from_srgb(colours))


def shape_thing(seed: int) -> Thing:
    """A parametric solid drawn from a seed."""
    shape, _, _ = draw(seed)
    axis = np.linspace(-1, 1, GRID, dtype=np.float32)
    points = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)
    field = shape.distance(points).reshape(GRID, GRID, GRID)
    vertices, faces, _, _ = measure.marching_cubes(field, 0.0)
    vertices = vertices * (2 / (GRID - 1)) - 1
    if len(faces) > MOST:
        vertices, faces = fast_simplification.simplify(vertices.astype(np.float32), faces, target_count=MOST)
    looks = shape.appearance(vertices[faces].mean(axis=1).astype(np.float32))
    return thing(vertices.astype(np.float64), faces.astype(np.int64), from_srgb(looks[:, :3]))


def primitive(rng: np.random.Generator) -> Thing:
    """A box, ball, cylinder, cone or ring of random proportions in one colour."""
    make = (
        lambda: trimesh.creation.box((1, 1, 1)),
        lambda: trimesh.creation.icosphere(3),
        lambda: trimesh.creation.cylinder(0.5, 1, sections=32),
        lambda: trimesh.creation.cone(0.5, 1, sections=32),
        lambda: trimesh.creation.torus(1, float(rng.uniform(0.1, 0.45)), 32, 14),
        lambda: trimesh.creation.capsule(1, 0.4, count=(12, 12)),
    )
    mesh = make[int(rng.choice(6, p=[0.4, 0.15, 0.2, 0.08, 0.07, 0.1]))]()
    vertices = mesh.vertices[:, [0, 2, 1]] * np.exp(rng.normal(0, 0.45, 3))  # trimesh's axes stand along z
    colour = from_srgb(rng.uniform(0.05, 0.95, 3).astype(np.float32))
    return thing(vertices, np.asarray(mesh.faces, np.int64), np.tile(colour, (len(mesh.faces), 1)))


def box() -> Thing:
    """A grey cube."""
    mesh = trimesh.creation.box((1, 1, 1))
    return thing(np.asarray(mesh.vertices), np.asarray(mesh.faces, np.int64), np.full((12, 3), 0.5, np.float32))


def ball(subdivisions: int = 3) -> Thing:
    """A grey ball of diameter 1."""
    mesh = trimesh.creation.icosphere(subdivisions)
    grey = np.full((len(mesh.faces), 3), 0.5, np.float32)
    return thing(np.asarray(mesh.vertices), np.asarray(mesh.faces, np.int64), grey)


def smooth_normals(vertices: npt.NDArray[np.float64], faces: Indices) -> Floats:
    """(m, 3, 3) unit normals at corners: the facets around, weighed by area, of those within CREASE of the own one.

    Windings need not agree: a facet that looks the other way counts turned round.
    """
    corners = vertices[faces]
    areas = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    unit = areas / np.maximum(np.linalg.norm(areas, axis=1, keepdims=True), 1e-15)
    places = faces.ravel()
    order = np.argsort(places, kind="stable")
    counts = np.bincount(places, minlength=len(vertices))
    starts = np.cumsum(counts) - counts
    around = counts[places]
    mine = np.repeat(np.arange(len(places)), around)
    offset = np.arange(len(mine)) - np.repeat(np.cumsum(around) - around, around)
    facet = order[starts[places[mine]] + offset] // 3
    cosine = np.einsum("ij,ij->i", unit[mine // 3], unit[facet])
    shared = areas[facet] * (np.sign(cosine) * (np.abs(cosine) >= CREASE))[:, None]
    summed = np.stack([np.bincount(mine, shared[:, axis], len(places)) for axis in range(3)], axis=1)
    length = np.linalg.norm(summed, axis=1, keepdims=True)
    normals = np.where(length > 1e-15, summed / np.maximum(length, 1e-15), np.repeat(unit, 3, axis=0))
    return normals.reshape(-1, 3, 3).astype(np.float32)


def _colours(triangles: Triangles) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """(m, 3) sRGB at the triangles' middles, and which of them can be seen."""
    middles = triangles.uvs.mean(axis=1).astype(np.float32)
    looks = np.zeros((len(middles), 6), np.float32)
    for number in np.unique(triangles.materials).tolist():
        mine = triangles.materials == number
        looks[mine] = triangles.palette[number].at(middles[mine])
    return np.clip(looks[:, :3], 0, 1), looks[:, 5] > OPAQUE


def _merged(corners: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], Indices]:
    """Vertices and faces of separate triangles; corners closer than a hundred-thousandth are one."""
    vertices, faces = np.unique(np.round(corners.reshape(-1, 3), 5), axis=0, return_inverse=True)
    return vertices, faces.reshape(-1, 3).astype(np.int64)
