"""Pictures of a whole object: one, or all around."""

from collections.abc import Iterator, Sequence
from math import pi, radians

import numpy as np
import numpy.typing as npt

from kinoform.media.mesh.model import Part
from kinoform.media.render.camera import framing
from kinoform.media.render.frame import Backdrop, Renderer, Rgba
from kinoform.media.render.scene import Scene

_POSTER_AZIMUTH = radians(32)
_POSTER_ELEVATION = radians(20)


def turntable(
    parts: Sequence[Part],
    *,
    frames: int = 24,
    width: int = 512,
    height: int = 512,
    elevation: float = radians(15),
    backdrop: Backdrop | None = Backdrop(),  # noqa: B008
) -> Iterator[Rgba]:
    """The object turning once, frame by frame as they are asked for: uint8 (height, width, 4).

    The first frame shows the front; one more after the last would be the first again. elevation: radians.
    Without a backdrop the pictures are transparent.
    """
    scene = Scene(parts)
    renderer = Renderer(scene)
    for number in range(frames):
        camera = framing(_centre(scene), scene.radius, azimuth=2 * pi * number / frames, elevation=elevation)
        yield renderer.draw(camera, width, height, backdrop)


def poster(parts: Sequence[Part], *, width: int = 1024, height: int = 1024) -> npt.NDArray[np.uint8]:
    """The object from the front right and above: uint8 (height, width, 3)."""
    scene = Scene(parts)
    camera = framing(_centre(scene), scene.radius, azimuth=_POSTER_AZIMUTH, elevation=_POSTER_ELEVATION)
    return Renderer(scene).draw(camera, width, height, Backdrop())[..., :3]


def _centre(scene: Scene) -> tuple[float, float, float]:
    x, y, z = scene.centre.tolist()
    return x, y, z
