"""From what rays see to a picture: textures, lamps with shadows, the sky with occlusion, highlights, exposure."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from kinoform.media.render.tone import from_srgb, to_srgb
from kinoform.training.depth.camera import Eye
from kinoform.training.depth.lights import Lamp, Lights, sky
from kinoform.training.depth.tiles import LEVELS, SIDE
from kinoform.training.depth.world import Sight, World

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

NUDGE = 2e-3
"""Metres off a surface, and as a share of its depth, at which rays start."""
OPEN_REACH = 1.0
"""Metres within which things darken each other's corners."""
OPEN_RAYS = 3
_LINEAR = from_srgb(np.arange(256, dtype=np.float32) / np.float32(255))
_SIDES = SIDE >> np.arange(LEVELS)
_STARTS = np.concatenate([[0], np.cumsum(_SIDES**2)[:-1]])


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a picture is taken of, how, and of which size."""

    world: World
    eye: Eye
    lights: Lights
    texels: npt.NDArray[np.uint8]
    """(n, texels, 3): see `tiles.pyramid`."""
    width: int
    height: int


def picture(view: View, sight: Sight, rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """(h, w, 3) sRGB."""
    light = np.empty((len(sight.depth), 3), np.float32)
    rays = view.eye.rays(view.width, view.height)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    struck = sight.triangle >= 0
    light[~struck] = _heaven(view, rays[~struck])
    light[struck] = _surfaces(view, sight, np.flatnonzero(struck), rays, rng)
    exposed = _exposed(light, rng).reshape(view.height, view.width, 3)
    return np.rint(to_srgb(exposed) * 255).astype(np.uint8)


def _surfaces(view: View, sight: Sight, struck: Ints, rays: Floats, rng: np.random.Generator) -> Floats:
    """(k, 3) linear light from the rays that hit something."""
    piece, triangle, depth = view.world.piece, sight.triangle[struck], sight.depth[struck]
    normals, rays = sight.normals[struck], rays[struck]
    forward = rays @ view.eye.axes[2]
    points = view.eye.position + rays * (depth / forward)[:, None]
    lifted = points + normals * (NUDGE * (1 + depth))[:, None]
    albedo = piece.colours[triangle] * _texture(view, sight, struck, normals, rays)
    mirrored = rays - 2 * np.einsum("ni,ni->n", rays, normals)[:, None] * normals
    gloss, exponent = piece.gloss[triangle].T
    open_share = _openness(view, struck, lifted, normals, rng)
    light = albedo * sky(view.lights, normals) * open_share[:, None]
    fresnel = gloss * (0.06 + 0.6 * (1 - np.abs(np.einsum("ni,ni->n", rays, normals))) ** 5)
    light += fresnel[:, None] * sky(view.lights, mirrored) * open_share[:, None]
    for lamp in view.lights.lamps:
        lit, towards = _lit(view, lamp, struck, lifted, normals, rng)
        shine = gloss * np.clip(np.einsum("ni,ni->n", mirrored, towards), 0, 1) ** exponent
        light += lit[:, None] * lamp.colour * (albedo + (2 * shine)[:, None])
    return light


def _lit(
    view: View, lamp: Lamp, struck: Ints, points: Floats, normals: Floats, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """(k,) how bright a lamp shines on each point, and (k, 3) where it is seen from there, unit."""
    path = lamp.place - points
    distance = np.maximum(np.linalg.norm(path, axis=1), 1e-3)
    towards = path / distance[:, None]
    cosine = np.clip(np.einsum("ni,ni->n", towards, normals), 0, None)
    facing = np.flatnonzero(cosine > 0)
    # only the shadow's rays end all over the lamp: they are smoothed, and highlights are not
    ends = path[facing] + lamp.radius * rng.standard_normal((len(facing), 3), np.float32)
    free = np.zeros(len(points), np.float32)
    free[facing] = ~view.world.hidden(points[facing], ends, np.full(len(facing), 0.99, np.float32))
    whole = np.zeros(view.width * view.height, np.float32)
    whole[struck] = free
    smooth = cv2.blur(whole.reshape(view.height, view.width), (3, 3)).ravel()[struck]
    fading = 1.0 if np.isinf(lamp.reach) else np.minimum((lamp.reach / distance) ** 2, 8.0)
    return (smooth * cosine * fading).astype(np.float32), towards.astype(np.float32)


def _openness(view: View, struck: Ints, points: Floats, normals: Floats, rng: np.random.Generator) -> Floats:
    """(k,) the share of directions that nothing near blocks, from a fourth of the pixels, smoothed."""
    rows, columns = np.divmod(struck, view.width)
    some = np.flatnonzero((rows % 2 == 0) & (columns % 2 == 0))
    total = np.zeros(len(some), np.float32)
    for _ in range(OPEN_RAYS):
        # Lambert: a normal and a unit vector make directions as likely as their cosine
        ways = rng.standard_normal((len(some), 3), np.float32)
        ways = ways / np.linalg.norm(ways, axis=1, keepdims=True) + normals[some]
        total += ~view.world.hidden(points[some], ways, np.full(len(some), OPEN_REACH, np.float32))
    half = np.ones(((view.height + 1) // 2, (view.width + 1) // 2), np.float32)
    half[rows[some] // 2, columns[some] // 2] = total / OPEN_RAYS
    full = cv2.resize(cv2.blur(half, (5, 5)), (view.width, view.height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(0.15 + 0.85 * full.ravel()[struck], np.float32)


def _texture(view: View, sight: Sight, struck: Ints, normals: Floats, rays: Floats) -> Floats:
    """(k, 3) linear; 1 where there is none."""
    piece, triangle = view.world.piece, sight.triangle[struck]
    found = np.ones((len(struck), 3), np.float32)
    has = np.flatnonzero(piece.tiles[triangle] >= 0)
    uvs = np.einsum("nc,nci->ni", sight.weights[struck[has]], piece.uvs[triangle[has]])
    slant = np.maximum(np.abs(np.einsum("ni,ni->n", normals[has], rays[has])), 0.15)
    pixel = 2 * np.tan(view.eye.field_of_view / 2) / max(view.width, view.height)
    footprint = sight.depth[struck[has]] * pixel * piece.density[triangle[has]] * SIDE / np.sqrt(slant)
    found[has] = looked_up(view.texels, piece.tiles[triangle[has]], uvs, footprint)
    return found


def looked_up(texels: npt.NDArray[np.uint8], tiles: Ints, uvs: Floats, footprint: Floats) -> Floats:
    """(k, 3) linear: texture at UVs (k, 2) in tiles, from the level whose texels are about `footprint` (k,) of the
    finest's, bilinear."""
    level = np.clip(np.rint(np.log2(np.maximum(footprint, 1.0))), 0, LEVELS - 1).astype(np.int64)
    side, start = _SIDES[level], _STARTS[level]
    place = (uvs - np.floor(uvs)) * side[:, None] - 0.5
    low = np.floor(place)
    right, below = (place - low).T.astype(np.float32)
    column, row = low.astype(np.int64).T
    total = np.zeros((len(tiles), 3), np.float32)
    for down, across in ((0, 0), (0, 1), (1, 0), (1, 1)):
        share = (below if down else 1 - below) * (right if across else 1 - right)
        place_1d = start + (row + down) % side * side + (column + across) % side
        total += share[:, None] * _LINEAR[texels[tiles, place_1d]]
    return total


def _heaven(view: View, rays: Floats) -> Floats:
    """(k, 3) linear light of the sky, with clouds on a plane far above."""
    lights = view.lights
    light = sky(lights, rays)
    rise = np.maximum(rays[:, 1], 0.05)
    uvs = np.asarray(rays[:, [0, 2]] / rise[:, None] * 0.15, np.float32)
    tiles = np.full(len(rays), lights.clouds)
    grey = looked_up(view.texels, tiles, uvs, np.full(len(rays), 2.0, np.float32)).mean(axis=1)
    share = lights.cover * grey * np.clip(rays[:, 1] * 5, 0, 1)
    return np.asarray(light + share[:, None] * (1.5 * lights.around.max() - light), np.float32)


def _exposed(light: Floats, rng: np.random.Generator) -> Floats:
    """As a camera does it: the mean at about a middle grey, contrast and burnt-out highlights to taste."""
    level = np.percentile(light.mean(axis=1), rng.uniform(50, 85))
    exposed = light * (rng.uniform(0.12, 0.5) / max(float(level), 1e-4))
    if rng.random() < 0.5:  # a shoulder, as films and phones have
        exposed = exposed * (1 + exposed / 4) / (1 + exposed)
    return np.asarray(exposed, np.float32)
