"""Pictures of a material."""

from math import cos, radians, sin

import numpy as np
import numpy.typing as npt

from kinoform.media.material.maps import Levels, MaterialMaps, as_floats
from kinoform.media.material.relief import normal_from_height, occlusion_from_height
from kinoform.media.mesh.model import Material, Mesh, Part
from kinoform.media.render.brdf import Surface, reflected
from kinoform.media.render.camera import framing
from kinoform.media.render.environment import studio
from kinoform.media.render.frame import Backdrop, Renderer
from kinoform.media.render.scene import Scene
from kinoform.media.render.sphere import uv_sphere
from kinoform.media.render.tone import from_srgb, neutral, to_srgb

Floats = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

_RADIUS = 0.5
_SWATCH_TILE = 512
_LEAN = radians(32)
_LEANING = np.array([[1, 0, 0], [0, cos(_LEAN), -sin(_LEAN)], [0, sin(_LEAN), cos(_LEAN)]], np.float32)
"""A swatch's x, y and z in the studio: it leans back, so that the lights above reach it."""
_TILES = 4
"""Around the ball; half as many from pole to pole."""


def ball(material: Material) -> Part:
    """A ball that a tile wraps four times around and twice from pole to pole; its poles are left and right."""
    mesh = uv_sphere(_RADIUS, segments=128, rings=64)
    assert mesh.uvs is not None
    # Seen from the front, tiles are pinched at the poles only, which lie at the outline.
    turn = np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]], np.float32)
    turned = Mesh(
        positions=mesh.positions @ turn,
        triangles=mesh.triangles,
        normals=mesh.normals @ turn,
        uvs=np.stack([_TILES / 2 * mesh.uvs[:, 1], _TILES * (1 - mesh.uvs[:, 0])], axis=-1),
    )
    return Part(mesh=turned, material=material)


def ball_picture(material: Material, size: int) -> Picture:
    """The ball in the studio: uint8 (size, size, 3)."""
    scene = Scene([ball(material)])
    camera = framing((0.0, 0.0, 0.0), scene.radius, margin=1.2)
    return Renderer(scene).draw(camera, size, size, Backdrop())[..., :3]


def swatch_picture(maps: MaterialMaps) -> Picture:
    """Two by two tiles lying under the studio's lights, seen from straight above, at most 1024 pixels wide."""
    height, base = as_floats(maps.height), from_srgb(as_floats(maps.base_colour))
    fields = [
        normal_from_height(height, maps.height_m, maps.size_m),
        base,
        _column(maps.roughness),
        _column(maps.metallic),
        occlusion_from_height(height, maps.height_m, maps.size_m)[..., None],
    ]
    table = _shrunk(np.concatenate(fields, axis=-1), _SWATCH_TILE)
    side = len(table)
    normals, base, rest = table.reshape(-1, 9)[:, :3], table.reshape(-1, 9)[:, 3:6], table.reshape(-1, 9)[:, 6:]
    normals = normals / np.linalg.norm(normals, axis=1, keepdims=True) @ _LEANING
    views = np.tile(_LEANING[2], (len(normals), 1))
    ones = np.ones(len(normals), np.float32)
    surface = Surface(normals, views, base, np.maximum(rest[:, 0], 0.03), rest[:, 1], rest[:, 2])
    light = reflected(surface, studio(), ones, ones)
    tile = np.rint(to_srgb(neutral(light)) * 255).astype(np.uint8).reshape(side, side, 3)
    return np.tile(tile, (2, 2, 1))


def _column(levels: Levels) -> Floats:
    return as_floats(levels)[..., None]


def _shrunk(table: Floats, most: int) -> Floats:
    """(n, n, k) by averaging blocks until at most so wide."""
    while len(table) > most and len(table) % 2 == 0:
        rows = (table[::2] + table[1::2]) * np.float32(0.5)
        table = (rows[:, ::2] + rows[:, 1::2]) * np.float32(0.5)
    return table
