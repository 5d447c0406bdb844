"""Relative depth and normals of pictures by the embedded model depth-mini; depth also by models of transformers."""

from collections import deque
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

import kinoform_weights
from kinoform.models.depth_folder.identity import BadDepthModel
from kinoform.models.depth_mini.predict import Answer, DepthMini, ends_of, enlarged_normals, relative_depth
from kinoform.serving.errors import NotInstalled

if TYPE_CHECKING:
    from kinoform.models.depth_folder.predict import FolderDepth

MODEL = "depth-mini"


def depth_of(pixels: NDArray[np.uint8], folder: Path | None = None) -> NDArray[np.float32]:
    """(h, w) in [0, 1]: relative inverse depth, near is 1, of a picture (h, w, 3) uint8 sRGB.

    folder: of another model than depth-mini. Raises NotInstalled where it can't be loaded.
    """
    answer = _answer(pixels, folder)
    return relative_depth(answer, pixels, ends_of([answer]))


def normals_of(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(h, w, 3) unit: x right, y up, z towards the viewer, of a picture (h, w, 3) uint8 sRGB."""
    return enlarged_normals(_answer(pixels, None), pixels)


class DepthOfClip:
    """Depth of a clip's frames, in one range for the whole clip.

    Glances at every frame first, then says of each, in the same order, how far everything is in it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._answers: deque[Answer] = deque()
        self._ends: tuple[float, float] | None = None

    def glance(self, frame: NDArray[np.uint8]) -> None:
        """frame: (h, w, 3) uint8 sRGB. Raises NotInstalled."""
        self._answers.append(_answer(frame, self._folder))

    def next(self, frame: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(h, w) in [0, 1], near is 1: of the next of the frames."""
        if self._ends is None:
            self._ends = ends_of(self._answers)
        return relative_depth(self._answers.popleft(), frame, self._ends)


def _answer(pixels: NDArray[np.uint8], folder: Path | None) -> Answer:
    return _embedded().answer(pixels) if folder is None else _of_folder(folder).answer(pixels)


@cache
def _embedded() -> DepthMini:
    return DepthMini.from_folder(kinoform_weights.path(MODEL))


@cache
def _of_folder(folder: Path) -> "FolderDepth":
    from kinoform.models.depth_folder.predict import FolderDepth  # not above: transformers takes seconds

    try:
        return FolderDepth.from_folder(folder)
    except BadDepthModel as error:
        raise NotInstalled("the depth model that it was started with", str(error)) from error
