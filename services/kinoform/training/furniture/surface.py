"""An item's surface as many points with looks."""

import posixpath
import zipfile
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.limits import MeshLimits
from kinoform.media.mesh.readers.obj_text import NONE, ObjText
from kinoform.media.mesh.readers.polygons import fans
from kinoform.media.surface.nearest import spread
from kinoform.training.furniture.catalogue import Item
from kinoform.training.furniture.errors import BadModel
from kinoform.training.furniture.materials import Material, read_materials
from kinoform.training.shapes.shape import LONGEST

Floats = npt.NDArray[np.float32]

LIMITS = MeshLimits(max_bytes=32 << 20, max_inflated_bytes=64 << 20, max_triangles=400_000, max_vertices=1_200_000)
MOST = 400_000
"""Points of the inner of triangles, and as many of edges, for the largest surfaces: bounds memory to some 100 MB."""
OPAQUE = 0.1
"""What lets more light through than all but this share is not there: cut-out leaves, invisible helpers."""
FLAT = 1e-4
"""Shortest side of a model that is scaled to its item's size; one of less is a sheet, and stays one."""


class Surface(NamedTuple):
    """Points in the cube, where the longest side is LONGEST long and the middle is the origin."""

    points: Floats
    """(n, 3)."""
    looks: Floats
    """(n, 5) sRGB, roughness, metallic."""


class Triangles(NamedTuple):
    """A model as it stands in the cube."""

    corners: npt.NDArray[np.float64]
    """(m, 3, 3)."""
    uvs: npt.NDArray[np.float64]
    """(m, 3, 2); 0 where the model has none."""
    materials: npt.NDArray[np.int64]
    """(m,) into `palette`."""
    palette: list[Material]


def surface(item: Item, spacing: float) -> Surface:
    """Points of the item's surface, about `spacing` apart along edges and within triangles.

    Raises BadModel for a model without a visible surface, MediaError for one that is damaged or too large."""
    triangles = read_triangles(item)
    owners, weights = _spots(triangles.corners, spacing)
    points = np.einsum("kc,kci->ki", weights, triangles.corners[owners]).astype(np.float32)
    uvs = np.einsum("kc,kci->ki", weights, triangles.uvs[owners]).astype(np.float32)
    looks = np.empty((len(owners), 6), np.float32)
    used = triangles.materials[owners]
    for number in np.unique(used).tolist():
        looks[used == number] = triangles.palette[number].at(uvs[used == number])
    seen = looks[:, 5] > OPAQUE
    if not seen.any():
        raise BadModel(f"{item.key} has no visible surface")
    return Surface(points[seen], np.clip(looks[seen, :5], 0, 1))


def read_triangles(item: Item) -> Triangles:
    """The item's model upright, at the ratio of its sides, centred, its longest side LONGEST."""
    with zipfile.ZipFile(item.library) as archive:
        text = ObjText(archive.read(item.model), LIMITS)
        named: dict[str, Material] = {}
        for library in text.libraries:
            named |= read_materials(archive, posixpath.normpath(f"{posixpath.dirname(item.model)}/{library}"))
    palette = [named.get(name, Material()) for name in text.material_names]
    fan = fans(text.counts, LIMITS)
    polygons = np.searchsorted(np.cumsum(text.counts), fan[:, 0], side="right")
    numbers = text.corners[fan]
    if not len(fan) or numbers[..., 0].min() < 0 or numbers[..., 0].max() >= len(text.positions):
        raise BadModel(f"{item.key} has no triangles, or some without vertices")
    uvs = np.zeros((*numbers.shape[:2], 2))
    mapped = (numbers[..., 1] != NONE) & (numbers[..., 1] >= 0) & (numbers[..., 1] < len(text.uvs))
    uvs[mapped] = text.uvs[numbers[..., 1][mapped]]
    return Triangles(_placed(item, text.positions[numbers[..., 0], :3]), uvs, text.polygon_materials[polygons], palette)


def _placed(item: Item, corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    turned = corners @ np.array(item.rotation).reshape(3, 3).T
    low, high = turned.min(axis=(0, 1)), turned.max(axis=(0, 1))
    size = np.array(item.size_m) * (LONGEST / max(item.size_m))
    side = high - low
    scale = np.where(side > FLAT, size / np.maximum(side, FLAT), 0.0)
    placed: npt.NDArray[np.float64] = (turned - (low + high) / 2) * scale
    return placed


def _spots(corners: npt.NDArray[np.float64], spacing: float) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """(k,) triangles, and (k, 3) barycentric coordinates: of points within them and along their edges."""
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sizes = np.linalg.norm(across, axis=1) / 2
    count = min(int(sizes.sum() / spacing**2), MOST)
    # Spread over unit vectors instead of corners, the points are their own barycentric coordinates.
    inner, owners = spread(np.broadcast_to(np.eye(3), corners.shape), sizes, count)
    edged, along = _edge_spots(corners, spacing)
    return np.concatenate([owners, edged]), np.concatenate([inner, along])


def _edge_spots(
    corners: npt.NDArray[np.float64], spacing: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Slivers have next to no area, yet wires are made of them."""
    starts, stops = np.array([0, 1, 2]), np.array([1, 2, 0])
    lengths = np.linalg.norm(corners[:, stops] - corners[:, starts], axis=2).ravel()
    wider = max(spacing, float(lengths.sum()) / MOST)
    counts = np.floor(lengths / wider).astype(np.int64) + 1
    edges = np.repeat(np.arange(len(lengths)), counts)
    place = np.arange(len(edges)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = place / np.repeat(counts, counts)
    weights = np.zeros((len(edges), 3))
    rows = np.arange(len(edges))
    weights[rows, starts[edges % 3]] = 1 - share
    weights[rows, stops[edges % 3]] = share
    return edges // 3, weights
