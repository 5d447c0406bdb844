"""What networks see in pictures and clips. Runs in a thread: torch lets others work meanwhile."""

from pathlib import Path
from typing import assert_never

import numpy as np

from kinoform.conditioning.depth import DepthOfClip, depth_of, normals_of
from kinoform.conditioning.embedding import embedding_of
from kinoform.conditioning.hed import soft_edges
from kinoform.conditioning.prepare import Made, Pixels, lines
from kinoform.conditioning.tasks import Depth, Embedding, Normals, Seen, SoftEdges
from kinoform.media.picture.steady import Floats, Steady
from kinoform.media.picture.white import on_white

_WHITE = 65535


def seen(pixels: Pixels, wish: Seen, depth_model: Path | None = None) -> Made:
    """pixels: (h, w, 3 or 4) uint8 sRGB, upright. depth_model: a folder, instead of depth-mini. Raises NotInstalled."""
    opaque = on_white(pixels)
    match wish:
        case SoftEdges():
            return lines(soft_edges(opaque))
        case Depth():
            return _depth(depth_of(opaque, depth_model))
        case Normals():
            return _normals(normals_of(opaque))
        case Embedding():
            return Made(opaque, embedding=embedding_of(opaque))
    assert_never(wish)


class ClipLook:
    """Sees the frames of one clip: first glances at all of them, then looks at each, in their order."""

    def __init__(self, wish: SoftEdges | Depth | Normals, depth_model: Path | None = None) -> None:
        self._wish = wish
        self._depth = DepthOfClip(depth_model)
        self._steady = Steady()

    def glance(self, frame: Pixels) -> None:
        """Learns of a frame, (h, w, 3) uint8 sRGB, what concerns the whole clip."""
        if isinstance(self._wish, Depth):
            self._depth.glance(frame)

    def look(self, frame: Pixels) -> Made:
        """What is seen in the next frame. Raises NotInstalled."""
        match self._wish:
            case SoftEdges():
                found = self._steady.next(frame, soft_edges(frame).astype(np.float32))
                return lines(np.asarray(np.rint(found), np.uint8))
            case Depth():
                return _depth(self._steady.next(frame, self._depth.next(frame)))
            case Normals():
                return _normals(_unit(self._steady.next(frame, normals_of(frame))))
        assert_never(self._wish)


def _depth(near: Floats) -> Made:
    return Made(np.rint(near * _WHITE).astype(np.uint16))


def _normals(normals: Floats) -> Made:
    return Made(np.rint((normals + 1) * 127.5).astype(np.uint8))


def _unit(normals: Floats) -> Floats:
    # A mean of opposite ones may vanish: then it stays as short as it is.
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6), np.float32)
