"""Pictures with true depth and normals: the samples that depth-mini is taught and examined on."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kinoform.training.depth.bank import Bank
from kinoform.training.depth.camera import Eye, any_eye
from kinoform.training.depth.lights import any_lights
from kinoform.training.depth.shade import View, picture
from kinoform.training.depth.stage import Stage, furnished
from kinoform.training.depth.world import Sight, World

SIDE = 144
"""Pixels of a picture, which is square: crops of it have any shape."""
CAMERAS = 6
"""Pictures of a scene."""
NEAREST = 0.12
"""Metres: a camera nearer to something than this stands elsewhere."""
TRIES = 12
PROBE = 24
"""Pixels of the picture that tells whether a place is worth it."""
FLATTEST = 1.12
"""Least ratio of a picture's far depths to its near ones."""


class Sample(NamedTuple):
    """One picture."""

    picture: npt.NDArray[np.uint8]
    """(h, w, 3) sRGB."""
    inverse_depth: npt.NDArray[np.float16]
    """(h, w) 1 / metres along the optical axis; 0 for the sky."""
    normals: npt.NDArray[np.int8]
    """(h, w, 3) x right, y up, z towards the viewer, in 127ths; 0 for the sky."""


def samples(seed: int, bank: Bank, side: int = SIDE, cameras: int = CAMERAS) -> Iterator[tuple[Sample, list[str]]]:
    """A scene from several sides, and the keys of the furniture in it. Equal seeds, equal pictures."""
    rng = np.random.default_rng([seed, 11])
    stage = furnished(rng, bank)
    world = World(stage.piece)
    for _ in range(cameras):
        lights = any_lights(rng, stage, len(bank.texels))
        eye = _free_eye(rng, stage, world)
        sight = world.seen(eye, side, side)
        view = View(world, eye, lights, bank.texels, side, side)
        yield as_sample(picture(view, sight, rng), sight, eye), stage.sources


def as_sample(pixels: npt.NDArray[np.uint8], sight: Sight, eye: Eye) -> Sample:
    """In the form that is stored."""
    height, width, _ = pixels.shape
    normals = np.rint(eye.turned(sight.normals) * 127).astype(np.int8)
    inverse = (1 / np.maximum(sight.depth, 1e-3)).astype(np.float16)
    return Sample(pixels, inverse.reshape(height, width), normals.reshape(height, width, 3))


def _free_eye(rng: np.random.Generator, stage: Stage, world: World) -> Eye:
    """The first camera that stands free and sees more than a wall; the last one tried, if none does."""
    for _ in range(TRIES):
        eye = any_eye(rng, stage)
        if _is_worth_it(world.seen(eye, PROBE, PROBE).depth):
            break
    return eye


def _is_worth_it(depth: npt.NDArray[np.float32]) -> bool:
    near, far = np.percentile(np.minimum(depth, 1e4), (3, 95))
    return bool(depth.min() > NEAREST and far > FLATTEST * near)
