"""From hits to light: gathers what a surface is like there, and asks how much of the key light reaches it."""

import numpy as np
import numpy.typing as npt

from kinoform.media.render.brdf import Surface, reflected
from kinoform.media.render.environment import Environment, Softbox
from kinoform.media.render.sampling import TILE, square_samples
from kinoform.media.render.scene import NUDGE, Hits, Scene

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


def surface_at(scene: Scene, hits: Hits, directions: Floats, pixel: float) -> Surface:
    """What n rays hit; all of them must have hit something. pixel: radians between neighbouring rays."""
    corners, weights = scene.triangles[hits.triangle], hits.weights
    normals = _mixed(scene.normals, corners, weights)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.float32(1e-6))
    uvs = _mixed(scene.uvs, corners, weights)
    footprint = pixel * hits.distance * scene.uv_scale[hits.triangle]
    base, orm = _mixed(scene.colours, corners, weights), np.empty((len(uvs), 3), np.float32)
    parts = scene.part[hits.triangle]
    for number, look in enumerate(scene.looks):
        mine = np.flatnonzero(parts == number)
        base[mine] *= look.base.sample(uvs[mine], footprint[mine])
        orm[mine] = look.orm.sample(uvs[mine], footprint[mine])
        if look.normal is not None:
            relief = look.normal.sample(uvs[mine], footprint[mine]) * 2 - 1
            tangents = _mixed(scene.tangents, corners[mine], weights[mine])
            normals[mine] = _with_relief(normals[mine], tangents, relief)
    behind = np.einsum("ij,ij->i", scene.flat_normals[hits.triangle], directions) > 0
    normals[behind] *= -1
    occlusion = _mixed(scene.occlusion[:, None], corners, weights)[:, 0] * orm[:, 0]
    return Surface(normals, -directions, base, np.maximum(orm[:, 1], 0.03), orm[:, 2], occlusion)


def radiance(
    surface: Surface, environment: Environment, turn: Floats, key_visible: Floats, floor_lit: Floats
) -> Floats:
    """(n, 3) light to the viewer; turn: (3, 3) from the scene's directions to the environment's."""
    turned = Surface(
        surface.normals @ turn.T, surface.views @ turn.T,
        surface.base, surface.roughness, surface.metallic, surface.occlusion,
    )  # fmt: skip
    return reflected(turned, environment, key_visible, floor_lit)


def points_of(scene: Scene, hits: Hits) -> Floats:
    """(n, 3) where rays that start close to the surface should start: not the triangles, but the round shape they
    stand for (Hanika 2021, Hacking the Shadow Terminator), else coarse meshes shade themselves in facets."""
    corners = scene.triangles[hits.triangle]
    points = _mixed(scene.positions, corners, hits.weights)
    lifted = np.zeros_like(points)
    for corner in range(3):
        place, normal = scene.positions[corners[:, corner]], scene.normals[corners[:, corner]]
        below = np.minimum(np.einsum("ij,ij->i", points - place, normal), 0)
        lifted += hits.weights[:, corner, None] * (points - below[:, None] * normal)
    return lifted


def key_share(
    scene: Scene, points: Floats, normals: Floats, key: Softbox, turn: Floats, tile: Ints, rays: int
) -> Floats:
    """(n,) in [0, 1]: how much of the key light above its horizon each point sees; noisy, for `smoothed` to mend.

    normals: (n, 3) of the triangles, towards the viewer's side. tile: (n,) each point's number in its square; those
    of one square all send different rays.
    """
    samples = square_samples(rays * TILE * TILE)
    directions = key.directions(samples[:, 0], samples[:, 1]) @ turn
    return open_share(scene, points, normals, directions, tile)


def open_share(scene: Scene, points: Floats, normals: Floats, directions: Floats, tile: Ints) -> Floats:
    """(n,) in [0, 1]: of the directions (k * TILE^2, 3) above a point, the share that leads past the scene.

    Each point tries k of them: those at its number in its square, and every TILE^2-th from there. 1 if none is above.
    """
    starts = points + NUDGE * normals
    tried, hidden = np.zeros(len(points), np.float32), np.zeros(len(points), np.float32)
    for some in directions.reshape(-1, TILE * TILE, 3):
        rays = some[tile]
        above = np.flatnonzero(np.einsum("ij,ij->i", rays, normals) > 0)
        tried[above] += 1
        hidden[above] += scene.hidden(starts[above], rays[above])
    return np.asarray(1 - hidden / np.maximum(tried, 1), np.float32)


def _mixed(values: Floats, corners: npt.NDArray[np.int32], weights: Floats) -> Floats:
    """(n, k) vertex values (v, k) interpolated in triangles (n, 3) by weights (n, 3)."""
    a, b, c = weights.T[:, :, None]
    return values[corners[:, 0]] * a + values[corners[:, 1]] * b + values[corners[:, 2]] * c


def _with_relief(normals: Floats, tangents: Floats, relief: Floats) -> Floats:
    along_u = tangents[:, :3]
    along_v = np.sign(tangents[:, 3:]) * np.cross(normals, along_u)
    bent = relief[:, :1] * along_u + relief[:, 1:2] * along_v + np.maximum(relief[:, 2:], np.float32(0.05)) * normals
    return bent / np.linalg.norm(bent, axis=1, keepdims=True)
