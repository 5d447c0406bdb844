"""From a picture of any size to its depth and normals in the same size."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt
import torch

from kinoform.models.depth_mini.network import STRIDE, DepthNet

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LONG_SIDE = 192
"""Pixels: the network sees pictures of about this size, whatever theirs; it was taught on 128 to 160."""
RADIUS = 2
"""Of the guided filter's windows, in the network's pixels."""
SMOOTH = 1e-3
"""Contrast, squared, that counts as an edge to the guided filter."""
ENDS = (2.0, 98.0)
"""Percentiles of the inverse depth that become 0 and 1."""
FLAT = 1e-6
"""Normals shorter than this face the viewer."""


class Answer(NamedTuple):
    """What the network says of a picture, in the size that it sees."""

    guide: Floats
    """(y, x): the picture's greys in [0, 1]."""
    inverse_depth: Floats
    """(y, x), of any range; near is more."""
    normals: Floats | None
    """(y, x, 3), about unit; None where the network says nothing of them."""


class Surfaces(NamedTuple):
    """What a picture shows."""

    inverse_depth: Floats
    """(h, w) relative, in [0, 1]; near is 1."""
    normals: Floats
    """(h, w, 3) unit: x right, y up, z towards the viewer."""


class DepthMini:
    """Computes on the CPU, in one thread: equal pictures give equal answers."""

    def __init__(self, network: DepthNet) -> None:
        self._network = network.eval().to(memory_format=torch.channels_last)

    @classmethod
    def from_folder(cls, folder: Path) -> "DepthMini":
        """Reads a depth-mini folder. Raises OSError where it is none."""
        return cls(DepthNet.from_pretrained(folder / "network", torch_dtype=torch.float32))

    def see(self, pixels: Pixels) -> Surfaces:
        """pixels: (h, w, 3) uint8 sRGB, of any size."""
        answer = self.answer(pixels)
        return Surfaces(relative_depth(answer, pixels, ends_of([answer])), enlarged_normals(answer, pixels))

    def answer(self, pixels: Pixels) -> Answer:
        """pixels: (h, w, 3) uint8 sRGB, of any size."""
        small = _resized(pixels, *seen_size(pixels.shape[1], pixels.shape[0]))
        return Answer(grey(small), *self._answered(small))

    @torch.inference_mode()
    def _answered(self, small: Pixels) -> tuple[Floats, Floats]:
        """(h, w) and (h, w, 3): the mean of what the network says of the picture and of its mirror image."""
        both = torch.from_numpy(np.stack([small, small[:, ::-1]])).permute(0, 3, 1, 2).float() / 127.5 - 1
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            seen = self._network(both.contiguous(memory_format=torch.channels_last))
        finally:
            torch.set_num_threads(threads)
        depth, (normals, turned) = seen.inverse_depth, seen.normals.permute(0, 2, 3, 1)
        turned = turned.flip(1) * torch.tensor([-1.0, 1.0, 1.0])
        return ((depth[0] + depth[1].flip(1)) / 2).numpy(), ((normals + turned) / 2).numpy()


def ends_of(answers: Sequence[Answer]) -> tuple[float, float]:
    """The inverse depths that become 0 and 1, in all these pictures together."""
    low, high = np.percentile(np.concatenate([answer.inverse_depth.ravel() for answer in answers]), ENDS)
    return float(low), float(high)


def relative_depth(answer: Answer, pixels: Pixels, ends: tuple[float, float]) -> Floats:
    """(h, w) in [0, 1], near is 1: the answer as large as its picture, (h, w, 3) uint8 sRGB, and with its outlines."""
    low, high = ends
    relative = np.clip((answer.inverse_depth - low) / max(high - low, 1e-6), 0, 1).astype(np.float32)
    if relative.shape == pixels.shape[:2]:
        return relative
    found: Floats = np.clip(guided(relative[..., None], answer.guide, grey(pixels))[..., 0], 0, 1)
    return found


def enlarged_normals(answer: Answer, pixels: Pixels) -> Floats:
    """(h, w, 3) unit, of an answer that has any, in the size of its picture."""
    assert answer.normals is not None
    return _unit(_enlarged(_unit(answer.normals), pixels.shape[1], pixels.shape[0]))


def seen_size(width: int, height: int) -> tuple[int, int]:
    """Width and height that the network sees a picture in: the longer side LONG_SIDE, both multiples of STRIDE."""
    scale = LONG_SIDE / max(width, height)
    across, down = (max(round(side * scale / STRIDE), 1) * STRIDE for side in (width, height))
    return across, down


def guided(values: Floats, guide: Floats, whole: Floats) -> Floats:
    """(h, w, c): values (y, x, c), enlarged so that their edges are the picture's.

    guide: (y, x) and whole: (h, w): the picture's greys in [0, 1], small and large. The fast guided filter (He & Sun
    2015, https://arxiv.org/abs/1505.00996).
    """
    mean, means = _mean(guide), _mean(values)
    together = _mean(guide[..., None] * values) - mean[..., None] * means
    spread = _mean(guide * guide) - mean * mean + np.float32(SMOOTH)
    slope = np.asarray(together / spread[..., None], np.float32)
    offset = means - slope * mean[..., None]
    height, width = whole.shape
    slopes, offsets = (_enlarged(_mean(plane), width, height) for plane in (slope, offset))
    return slopes * whole[..., None] + offsets


def _mean(plane: Floats) -> Floats:
    side = 2 * RADIUS + 1
    blurred = cv2.blur(plane, (side, side), borderType=cv2.BORDER_REFLECT)
    return np.asarray(blurred, np.float32).reshape(plane.shape)


def _enlarged(planes: Floats, width: int, height: int) -> Floats:
    """(y, x, c) to (height, width, c)."""
    found = cv2.resize(planes, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(found, np.float32).reshape(height, width, planes.shape[2])


def grey(pixels: Pixels) -> Floats:
    """(h, w) in [0, 1] of (h, w, 3) uint8."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)


def _resized(pixels: Pixels, width: int, height: int) -> Pixels:
    shrinks = width * height < pixels.shape[0] * pixels.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


def _unit(normals: Floats) -> Floats:
    length = np.linalg.norm(normals, axis=2, keepdims=True)
    facing = np.array([0, 0, 1], np.float32)
    return np.where(length < FLAT, facing, normals / np.maximum(length, FLAT)).astype(np.float32)
