"""Where clips play: plain colours and simple painted scenes, 64 pixels a side, the same picture every time."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

SIZE = 64
BIG = 4
"""Scenes are painted this much larger, then averaged."""

Colour = tuple[int, int, int]
Painter = Callable[[ImageDraw.ImageDraw], None]
"""Draws on a canvas of SIZE * BIG pixels a side over a sky that is there already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """A place: how else captions call it, its sky from top to bottom, and what stands before the sky."""

    phrasings: tuple[str, ...]
    top: Colour
    bottom: Colour
    paint: Painter | None = None


def _plain(name: str, colour: Colour) -> tuple[str, Background]:
    phrasings = (f"on a {name} background", f"in front of a {name} wall", f"on {name}")
    return f"over a {name} background", Background(phrasings=phrasings, top=colour, bottom=colour)


def _meadow(pen: ImageDraw.ImageDraw) -> None:
    pen.ellipse((-60, 150, 180, 330), (96, 168, 84))
    pen.ellipse((90, 165, 380, 360), (82, 152, 74))
    pen.rectangle((0, 205, 256, 256), (74, 142, 66))


def _beach(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 120, 256, 176), (38, 126, 176))
    pen.ellipse((-80, 160, 340, 330), (226, 196, 142))


def _desert(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon([(0, 190), (90, 140), (170, 196), (256, 150), (256, 256), (0, 256)], (186, 104, 62))
    pen.polygon([(0, 226), (120, 196), (256, 222), (256, 256), (0, 256)], (160, 84, 50))


def _snow(pen: ImageDraw.ImageDraw) -> None:
    pen.polygon([(20, 190), (80, 96), (140, 190)], (140, 160, 190))
    pen.polygon([(120, 190), (190, 76), (256, 190)], (124, 146, 180))
    pen.ellipse((-100, 168, 356, 380), (226, 234, 244))


def _night(pen: ImageDraw.ImageDraw) -> None:
    pen.ellipse((196, 16, 236, 56), (236, 228, 180))
    for x, y in ((24, 30), (70, 84), (120, 24), (160, 110), (40, 160), (224, 130), (96, 196), (190, 210), (150, 60)):
        pen.ellipse((x, y, x + 7, y + 7), (220, 220, 235))


def _sunset(pen: ImageDraw.ImageDraw) -> None:
    pen.ellipse((84, 110, 172, 198), (255, 206, 110))
    pen.rectangle((0, 178, 256, 256), (70, 44, 92))


def _sea(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle((0, 222, 256, 256), (176, 160, 118))
    for x in (24, 40, 208, 228):
        pen.rounded_rectangle((x, 168 + x % 32, x + 8, 256), 4, (24, 104, 84))


def _city(pen: ImageDraw.ImageDraw) -> None:
    for left, top, right in (
        (0, 110, 50),
        (50, 160, 90),
        (90, 84, 136),
        (136, 140, 180),
        (180, 100, 224),
        (224, 170, 256),
    ):
        pen.rectangle((left, top, right, 256), (92 + left // 8, 98 + left // 8, 116 + left // 8))


BACKGROUNDS = dict(
    [
        _plain("teal", (0, 140, 140)),
        _plain("navy blue", (28, 44, 110)),
        _plain("gray", (128, 128, 132)),
        _plain("brown", (125, 85, 50)),
        _plain("beige", (232, 212, 165)),
        _plain("lavender", (190, 170, 230)),
        _plain("green", (60, 140, 70)),
        _plain("maroon", (120, 25, 50)),
    ]
) | {
    "in a meadow": Background(
        phrasings=("on a green meadow", "in the grass"), top=(134, 196, 238), bottom=(196, 226, 244), paint=_meadow
    ),
    "on a beach": Background(
        phrasings=("at the beach", "on a sandy beach"), top=(120, 190, 236), bottom=(190, 222, 240), paint=_beach
    ),
    "in a desert": Background(
        phrasings=("in the desert", "among sand dunes"), top=(240, 200, 140), bottom=(246, 222, 180), paint=_desert
    ),
    "in the snow": Background(
        phrasings=("on a snowy hill", "in a snowy landscape"), top=(150, 184, 220), bottom=(196, 214, 234), paint=_snow
    ),
    "in the night sky": Background(
        phrasings=("at night", "under the stars"), top=(14, 18, 52), bottom=(40, 44, 92), paint=_night
    ),
    "at sunset": Background(
        phrasings=("in front of a sunset", "in the evening sun"),
        top=(120, 70, 130),
        bottom=(246, 140, 90),
        paint=_sunset,
    ),
    "under the sea": Background(
        phrasings=("under water", "in the deep sea"), top=(40, 130, 180), bottom=(10, 60, 110), paint=_sea
    ),
    "in a city": Background(
        phrasings=("in front of a skyline", "in the city"), top=(170, 180, 196), bottom=(214, 208, 200), paint=_city
    ),
}
"""Canonical phrase -> the place."""


@lru_cache(maxsize=1)
def pictures() -> Tensor:
    """All backgrounds in order, (n, 3, 64, 64) float32 in [0, 1]."""
    return torch.stack([_picture(background) for background in BACKGROUNDS.values()])


def _picture(background: Background) -> Tensor:
    side = SIZE * BIG
    ramp = np.linspace(0, 1, side)[:, None, None]
    sky = (1 - ramp) * np.array(background.top) + ramp * np.array(background.bottom)
    canvas = Image.fromarray(np.broadcast_to(sky.round().astype(np.uint8), (side, side, 3)).copy())
    if background.paint is not None:
        background.paint(ImageDraw.Draw(canvas))
    small = np.asarray(canvas, dtype=np.float32).reshape(SIZE, BIG, SIZE, BIG, 3).mean(axis=(1, 3)) / 255
    return torch.from_numpy(small).permute(2, 0, 1)
