"""Pictures with what depth-mini sees in them, on one page."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image
from skimage import data

from kinoform.models.depth_mini.predict import DepthMini
from kinoform.training.depth.evaluate import exam_picture
from kinoform.training.depth.shards import Shard
from kinoform.training.page import save_page

Pixels = npt.NDArray[np.uint8]

HEIGHT = 108
"""Pixels of each picture on the page."""
MARGIN = 6
ACROSS = 3
"""Pictures, with their depth and normals, in a row."""
PAPER = 250


def photographs() -> list[Pixels]:
    """Of scikit-image's, which come with it."""
    left, _, _ = data.stereo_motorcycle()
    return [left, data.coffee(), data.astronaut(), data.rocket(), data.chelsea()]


def renders(shards: Sequence[Shard], count: int) -> list[Pixels]:
    """The first picture of every so many."""
    places = [(shard, row) for shard in shards for row in range(len(shard))]
    chosen = np.linspace(0, len(places) - 1, count).astype(int)
    return [np.ascontiguousarray(exam_picture(*places[number])[0]) for number in chosen]


def write_sheet(path: Path, model: DepthMini, pictures: Sequence[Pixels]) -> None:
    """Writes a page (see `save_page`): each picture, its inverse depth (bright is near), its normals."""
    strips = [strip(model, pixels) for pixels in pictures]
    rows = [_beside(strips[start : start + ACROSS]) for start in range(0, len(strips), ACROSS)]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=PAPER) for row in rows]
    save_page(Image.fromarray(np.concatenate(padded)), path)


def strip(model: DepthMini, pixels: Pixels) -> Pixels:
    """(HEIGHT, w, 3): the picture, its depth and its normals side by side."""
    seen = model.see(pixels)
    bright = np.rint(seen.inverse_depth * 255).astype(np.uint8)
    depth = cv2.cvtColor(cv2.applyColorMap(bright, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    normals = np.rint((seen.normals + 1) * 127.5).astype(np.uint8)
    size = (round(pixels.shape[1] * HEIGHT / pixels.shape[0]), HEIGHT)
    shown = [cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (pixels, depth, normals)]
    return np.concatenate(shown, axis=1).astype(np.uint8)


def _beside(strips: Sequence[Pixels]) -> Pixels:
    padded = [np.pad(each, ((0, MARGIN), (0, MARGIN), (0, 0)), constant_values=PAPER) for each in strips]
    return np.concatenate(padded, axis=1)
