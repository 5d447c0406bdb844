"""Line drawings as pictures of something solid, such as form-mini's eye was trained on."""

import cv2
import numpy as np
import numpy.typing as npt

from kinoform.engine.errors import ModelError
from kinoform.models.form_mini.pictures import Pixels

SIDE = 256
"""Longer side in pixels at which drawings are read."""
LINE = 0.4
"""A pixel is of a line if it differs from the paper by more than this share of what the strongest line does."""
FAINTEST = 24
"""Levels by which the strongest line must differ from the paper."""
GAPS = (4, 8, 16)
"""Half the width in pixels of gaps in an outline that are closed; wide ones only where narrow ones are not enough."""
CLOSED = 0.5
"""An outline is closed if it encloses this share of what it does with the widest gaps closed."""
ENCLOSING = 1.25
"""Lines enclose something if there is so many times as much with it as there are lines."""
CLAY = np.array([115.0, 66.0, 31.0])
"""The brown of its training solids: of what had another colour, the eye makes less sense."""
LIGHT = np.array([0.2, 0.65, 0.73]) / np.linalg.norm([0.2, 0.65, 0.73])
"""Towards the light: right, up, near."""
AMBIENT = 0.45
INK = 0.5
"""How light lines stay."""

Mask = npt.NDArray[np.bool_]


def modelled(drawing: Pixels) -> Pixels:
    """RGBA of what a drawing (h, w, 3 or 4) shows, cut out and as if of clay: all that its outline encloses, rounded
    towards its border, with its lines.

    Lines may be dark on light paper or light on dark; the paper is what most of the border shows, or transparent.
    Gaps in the outline are closed. What looks through a hole is part of the thing. Raises ModelError for a drawing
    without lines, and for lines that enclose nothing.
    """
    lines = _lines(drawing)
    inside = _enclosed(lines)
    shade = _rounded(inside) * np.where(lines, INK, 1.0)
    colour = (CLAY * shade[..., None]).clip(0, 255).astype(np.uint8)
    return np.dstack([colour, np.where(inside, 255, 0).astype(np.uint8)])


def _lines(drawing: Pixels) -> Mask:
    """At SIDE pixels; a line stays whole however thin it becomes."""
    pixels = drawing[..., :3].astype(np.float32)
    if drawing.shape[2] == 4:  # transparent paper is white
        pixels += (255 - pixels) * (1 - drawing[..., 3:].astype(np.float32) / 255)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    differs = np.abs(pixels - np.median(border, axis=0)).max(axis=2)
    strongest = float(differs.max())
    if strongest < FAINTEST:
        raise ModelError("image", "shows no lines to be taken for a sketch")
    found = (differs > LINE * strongest).astype(np.float32)
    height, width = found.shape
    scale = SIDE / max(height, width)
    if scale >= 1:
        return found > 0
    size = max(1, round(width * scale)), max(1, round(height * scale))
    touched: Mask = cv2.resize(found, size, interpolation=cv2.INTER_AREA) > 0.1
    return touched


def _enclosed(lines: Mask) -> Mask:
    """Whatever the outside does not reach, lines included."""
    filled = [_filled(lines, gap) for gap in GAPS]
    inside = next(mask for mask in filled if mask.sum() >= CLOSED * filled[-1].sum())
    if inside.sum() < ENCLOSING * lines.sum():
        raise ModelError("image", "has lines that enclose nothing: close the outline of the sketch")
    return inside


def _filled(lines: Mask, gap: int) -> Mask:
    """All that a disc of that radius can't reach from outside without crossing a line."""
    room = 2 * gap + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * gap + 1, 2 * gap + 1))
    barred = cv2.dilate(np.pad(lines.astype(np.uint8), room), disc)
    cv2.floodFill(barred, np.zeros((barred.shape[0] + 2, barred.shape[1] + 2), np.uint8), (0, 0), 2)
    outside = cv2.dilate((barred == 2).astype(np.uint8), disc)[room:-room, room:-room]
    return lines | (outside == 0)


def _rounded(inside: Mask) -> npt.NDArray[np.float64]:
    """(h, w) light on it, were it blown up like a pillow: its height the root of the distance to the border."""
    # a border all around, so that a thing which fills the picture has one, too
    distance = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1), cv2.DIST_L2, 5)[1:-1, 1:-1]
    pillow = cv2.GaussianBlur(np.sqrt(distance * distance.max()), (0, 0), max(inside.shape) / 64)
    down, right = np.gradient(pillow.astype(np.float64))
    normals = np.dstack([-right, down, np.ones_like(down)])
    lit = (normals @ LIGHT) / np.linalg.norm(normals, axis=2)
    light: npt.NDArray[np.float64] = AMBIENT + (1 - AMBIENT) * np.maximum(lit, 0)
    return light
