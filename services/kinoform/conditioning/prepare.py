"""What is made of a picture. Needs no torch: it runs in a process of its own."""

from typing import NamedTuple, assert_never

import cv2
import numpy as np
from numpy.typing import NDArray

from kinoform.conditioning.blazepose import bodies
from kinoform.conditioning.skeleton import draw, frame_json, openpose_points
from kinoform.conditioning.tasks import CutOut, Drawn, Edges, Palette, Pose, Reference
from kinoform.conditioning.u2net import foreground_alpha
from kinoform.media.errors import NothingInFront
from kinoform.media.picture.edges import canny
from kinoform.media.picture.matte import foreground, hardened
from kinoform.media.picture.palette import Swatch, bars, palette
from kinoform.media.picture.sized import sized
from kinoform.media.picture.white import on_white

Pixels = NDArray[np.uint8]
Picture = NDArray[np.uint8] | NDArray[np.uint16]

LEAST_COVERAGE = 0.001
"""A cut-out with less than this share of the picture is none."""

# One thread: equal pictures give equal bytes on every machine, and other jobs have the other cores.
cv2.setNumThreads(1)


class Made(NamedTuple):
    """A prepared picture."""

    picture: Picture
    """(h, w), (h, w, 3) or (h, w, 4); of 16 bits only (h, w)."""
    coverage: float = 1.0
    """Share of it that is edge, or that the cut-out keeps."""
    mask: Pixels | None = None
    """(h, w)"""
    colours: tuple[Swatch, ...] = ()
    pose: dict[str, object] | None = None
    """In the terms of OpenPose's JSON output."""
    embedding: NDArray[np.float32] | None = None
    """(n,) of length 1"""


def prepared(pixels: Pixels, wish: Drawn) -> Made:
    """pixels: (h, w, 3 or 4) uint8 sRGB, upright. Raises NothingInFront."""
    match wish:
        case Reference():
            return Made(pixels if wish.size is None else sized(pixels, *wish.size, wish.fit))
        case Edges():
            return lines(canny(on_white(pixels), low=wish.low, high=wish.high, aperture=wish.aperture, blur=wish.blur))
        case CutOut():
            return _cut_out(pixels, wish.hardness)
        case Palette():
            colours = palette(pixels, wish.colours)
            if not colours:
                raise NothingInFront("is transparent everywhere")
            return Made(bars(colours), colours=colours)
        case Pose():
            made = posed(on_white(pixels))
            if made.coverage == 0:
                raise NothingInFront("shows nobody whose pose could be found")
            return made
    assert_never(wish)


def posed(pixels: Pixels) -> Made:
    """The people in a picture (h, w, 3); of coverage 0 where nobody is. Raises NotInstalled."""
    height, width = pixels.shape[:2]
    people = [openpose_points(body, width, height) for body in bodies(pixels)]
    drawn = draw(people, width, height)
    return Made(drawn, coverage=float(drawn.any(axis=2).mean()), pose=frame_json(people, width, height))


def lines(picture: Pixels) -> Made:
    """A picture (h, w) of edges, with their share."""
    return Made(picture, coverage=float((picture >= 128).mean()))


def cut_out(pixels: Pixels, alpha: NDArray[np.float32], hardness: float) -> Made:
    """What stands in front by `alpha` (h, w) in [0, 1], its colours freed from what shines through its border.

    pixels: (h, w, 3) uint8.
    """
    hard = hardened(alpha, hardness)
    return _masked(foreground(pixels, hard), hard)


def _cut_out(pixels: Pixels, hardness: float) -> Made:
    """A picture that is transparent already keeps its own alpha: somebody cut it out by hand."""
    if pixels.shape[2] == 4 and bool((pixels[..., 3] < 255).any()):
        made = _masked(pixels[..., :3], hardened(pixels[..., 3].astype(np.float32) / np.float32(255), hardness))
    else:
        made = cut_out(pixels[..., :3], foreground_alpha(pixels[..., :3]), hardness)
    if made.coverage < LEAST_COVERAGE:
        raise NothingInFront("has nothing that stands out as its foreground")
    return made


def _masked(colours: Pixels, alpha: NDArray[np.float32]) -> Made:
    mask = np.asarray(np.rint(alpha * 255), np.uint8)
    return Made(np.dstack([colours, mask]), coverage=float(alpha.mean()), mask=mask)
