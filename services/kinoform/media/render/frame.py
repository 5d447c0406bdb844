"""One picture of a scene, antialiased where it needs it."""

from dataclasses import dataclass
from math import cos, sin, tan

import numpy as np
import numpy.typing as npt

from kinoform.media.render.camera import Camera
from kinoform.media.render.environment import Environment, studio
from kinoform.media.render.ground import Ground
from kinoform.media.render.sampling import TILE, smoothed, tile_numbers
from kinoform.media.render.scene import Hits, Scene
from kinoform.media.render.shade import key_share, points_of, radiance, surface_at
from kinoform.media.render.tone import from_srgb, neutral, to_srgb

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]
Rgba = npt.NDArray[np.uint8]

_CHUNK = 1 << 15
_FEW, _CONTRAST_FOR_FEW = 4, 0.05
_MANY, _CONTRAST_FOR_MANY = 8, 0.2
"""Samples for pixels whose neighbours differ by more than so much of sRGB: textures and creases, and outlines."""
_BORDER = 0.16
"""Of the picture's shorter side; where shadows fade if there is no backdrop."""
_RAYS = 4
_FINE_RAYS = 2
"""To the key light, from each sample: of whole pixels, whose neighbours lend theirs, and of an eighth of one."""
_SUBPIXELS = (
    (0.0625, 0.4375), (0.3125, 0.1875), (0.6875, 0.9375), (0.8125, 0.5625),
    (0.5625, 0.3125), (0.4375, 0.6875), (0.1875, 0.8125), (0.9375, 0.0625),
)  # fmt: skip
"""Direct3D's standard pattern of eight samples, in an order whose first four are spread evenly, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backdrop:
    """A seamless paper sweep: brightest behind the object, darker towards the corners. sRGB, 0 to 255."""

    middle: tuple[int, int, int] = (240, 240, 241)
    corner: tuple[int, int, int] = (203, 204, 207)


class Renderer:
    """Draws a scene from any side. Its lights turn with the camera, so that every side is well lit."""

    def __init__(self, scene: Scene, environment: Environment | None = None) -> None:
        self._scene = scene
        self._environment = environment or studio()
        self._ground = Ground(scene)

    def draw(self, camera: Camera, width: int, height: int, backdrop: Backdrop | None) -> Rgba:
        """uint8 (height, width, 4), sRGB, straight alpha.

        Without a backdrop the alpha is 0 around the object, but for the shadow on the ground, which is black.
        """
        view = _View(self._scene, self._ground, self._environment, camera, width, height, backdrop)
        rows, columns = (grid.reshape(-1) for grid in np.mgrid[:height, :width])
        picture = view.whole(rows, columns)
        contrast = _contrast(picture.reshape(height, width, 4)).reshape(-1)
        many = contrast > _CONTRAST_FOR_MANY
        for samples, again in ((_MANY, many), (_FEW, (contrast > _CONTRAST_FOR_FEW) & ~many)):
            picture[again] = view.finely(rows[again], columns[again], samples)
        return _encoded(picture).reshape(height, width, 4)


class _View:
    """A frame's camera, lights and shadow. Colours are linear, for the display, premultiplied: (n, 4)."""

    def __init__(
        self,
        scene: Scene,
        ground: Ground,
        environment: Environment,
        camera: Camera,
        width: int,
        height: int,
        backdrop: Backdrop | None,
    ) -> None:
        self._scene, self._ground, self._environment = scene, ground, environment
        self._camera, self._width, self._height, self._backdrop = camera, width, height, backdrop
        self._origin = np.asarray((camera.position - scene.centre) / scene.radius, np.float32)
        self._pixel = 2 * tan(camera.field_of_view / 2) / min(width, height)
        sa, ca = sin(camera.azimuth), cos(camera.azimuth)
        self._turn = np.array([[ca, 0, -sa], [0, 1, 0], [sa, 0, ca]], np.float32)
        self._light = ground.light(environment, self._turn)

    def whole(self, rows: Ints, columns: Ints) -> Floats:
        """Every pixel by one ray through its middle; rows and columns are those of the whole picture."""
        across, down = columns.astype(np.float32) + 0.5, rows.astype(np.float32) + 0.5
        directions, hits = self._hits(across, down)
        struck = np.flatnonzero(hits.triangle >= 0)
        visible = np.ones(len(rows), np.float32)
        guide = np.full((6, len(rows)), 1e3, np.float32)
        points, normals, visible[struck] = self._key(
            _some(hits, struck), directions[struck], tile_numbers(rows[struck], columns[struck]), _RAYS
        )
        guide[:, struck] = np.concatenate([normals, 4 * points], axis=1).T
        shape = self._height, self._width
        smooth = visible.reshape(shape)
        object_box = _box_around(rows[struck], columns[struck])
        smooth[object_box] = smoothed(smooth[object_box], guide.reshape(6, *shape)[:, *object_box], 0.5)
        return self._colours(across, down, directions, hits, visible)

    def finely(self, rows: Ints, columns: Ints, samples: int) -> Floats:
        """Chosen pixels by so many rays each."""
        total = np.zeros((len(rows), 4), np.float32)
        for number, (right, below) in enumerate(_SUBPIXELS[:samples]):
            across, down = columns.astype(np.float32) + right, rows.astype(np.float32) + below
            directions, hits = self._hits(across, down)
            struck = np.flatnonzero(hits.triangle >= 0)
            visible = np.ones(len(rows), np.float32)
            # A pixel's eight samples send different rays, but all pixels the same: nothing smooths these afterwards.
            tile = np.full(len(struck), TILE * TILE // samples * number)
            *_, visible[struck] = self._key(_some(hits, struck), directions[struck], tile, _FINE_RAYS)
            total += self._colours(across, down, directions, hits, visible)
        return np.asarray(total / samples, np.float32)

    def _hits(self, across: Floats, down: Floats) -> tuple[Floats, Hits]:
        directions = self._camera.directions(across, down, self._width, self._height)
        return directions, self._scene.hit(np.tile(self._origin, (len(directions), 1)), directions)

    def _key(self, hits: Hits, directions: Floats, tile: Ints, rays: int) -> tuple[Floats, Floats, Floats]:
        """Points, normals, and the share of the key light there."""
        points, normals = points_of(self._scene, hits), self._scene.flat_normals[hits.triangle]
        normals = np.where(np.einsum("ij,ij->i", normals, directions)[:, None] > 0, -normals, normals)
        if self._environment.key is None:
            return points, normals, np.ones(len(points), np.float32)
        share = key_share(self._scene, points, normals, self._environment.key, self._turn, tile, rays)
        return points, normals, share

    def _colours(self, across: Floats, down: Floats, directions: Floats, hits: Hits, visible: Floats) -> Floats:
        colours = np.empty((len(across), 4), np.float32)
        struck = hits.triangle >= 0
        for some in _chunks(np.flatnonzero(struck)):
            surface = surface_at(self._scene, _some(hits, some), directions[some], self._pixel)
            points = self._origin + directions[some] * hits.distance[some, None]
            floor = self._ground.seen(self._light, points, surface.mirrored)
            light = radiance(surface, self._environment, self._turn, visible[some], floor)
            colours[some, :3] = neutral(light)
            colours[some, 3] = 1
        for some in _chunks(np.flatnonzero(~struck)):
            origins = np.tile(self._origin, (len(some), 1))
            lit = self._ground.seen(self._light, origins, directions[some])
            colours[some] = self._paper(across[some], down[some], lit)
        return colours

    def _paper(self, across: Floats, down: Floats, light: Floats) -> Floats:
        if self._backdrop is None:
            # A shadow cut off by the picture's border would show what was placed elsewhere.
            border = np.minimum(np.minimum(across, self._width - across), np.minimum(down, self._height - down))
            shadow = (1 - light) * np.clip(border / (_BORDER * min(self._width, self._height)), 0, 1)
            return np.stack([*[np.zeros_like(shadow)] * 3, shadow], axis=-1).astype(np.float32)
        x, y = across / self._width - 0.5, down / self._height - 0.46
        distance = np.clip(np.sqrt(x * x + y * y) / 0.72, 0, 1)[:, None]
        ease = distance * distance * (3 - 2 * distance)
        middle, corner = (
            from_srgb(np.array(c, np.float32) / np.float32(255)) for c in (self._backdrop.middle, self._backdrop.corner)
        )
        colours = (middle + ease * (corner - middle)) * light[:, None]
        return np.concatenate([colours, np.ones_like(distance)], axis=1).astype(np.float32)


def _box_around(rows: Ints, columns: Ints) -> tuple[slice, slice]:
    """The smallest one with all these pixels; with none, the first pixel."""
    if len(rows) == 0:
        return slice(1), slice(1)
    return slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)


def _some(hits: Hits, which: Ints) -> Hits:
    return Hits(hits.triangle[which], hits.weights[which], hits.distance[which])


def _chunks(indices: Ints) -> list[Ints]:
    return [indices[start : start + _CHUNK] for start in range(0, len(indices), _CHUNK)]


def _contrast(picture: Floats) -> Floats:
    """(h, w): how much a pixel differs from those beside, above and below it, at most. picture: (h, w, 4)."""
    shown = np.concatenate([to_srgb(picture[..., :3]), picture[..., 3:]], axis=-1)
    most = np.zeros(picture.shape[:2], np.float32)
    across = np.abs(np.diff(shown, axis=1)).max(axis=-1)
    down = np.abs(np.diff(shown, axis=0)).max(axis=-1)
    for one, other, step in ((most[:, 1:], most[:, :-1], across), (most[1:], most[:-1], down)):
        np.maximum(one, step, out=one)
        np.maximum(other, step, out=other)
    return most


def _encoded(picture: Floats) -> Rgba:
    alpha = picture[:, 3:]
    straight = np.asarray(picture[:, :3] / np.maximum(alpha, 1e-6), np.float32)
    return np.rint(np.concatenate([to_srgb(straight), np.clip(alpha, 0, 1)], axis=1) * 255).astype(np.uint8)
