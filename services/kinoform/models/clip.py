"""What a video family is asked for."""

from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from kinoform.engine.family import Frames
from kinoform.models.reach import FULL, Reach

MapKind = Literal["edges", "depth", "mask"]
"""White lines on black; relative inverse depth, near is white; white where the actor is."""

MAP_KINDS: tuple[MapKind, ...] = get_args(MapKind)

Grey = NDArray[np.uint8]
"""(l, h, w), 0 to 255."""


class FollowMap(NamedTuple):
    """A map that the clip follows."""

    kind: MapKind
    values: Grey
    """Of any size, fitted as a picture is; one frame is the clip's first, several are spread over it evenly."""
    reach: Reach = FULL


class LastFrame(NamedTuple):
    """How the clip ends."""

    picture: Frames
    """(h, w, 3), fitted as the first frame is."""
    reach: Reach = FULL


class Palette(NamedTuple):
    """The colours that the finished frames are brought to."""

    picture: Frames
    """(h, w, 3)"""
    reach: Reach = FULL


class Repaint(NamedTuple):
    """What is kept of a clip while the rest is made anew (inpainting; where the border is made, outpainting)."""

    frames: Frames
    """(l, h, w, 3): as many frames as the clip has, or one, which stands for all."""
    anew: Grey
    """(l, h, w): white is made anew; as many frames as the clip has, or one. What is below 128 is kept exactly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """A clip, resolved: every default filled in and every limit of the model's card already checked."""

    prompt: str
    negative_prompt: str = ""
    image: Frames | None = None
    """First frame: (h, w, 3) uint8 sRGB of any size; the family crops and scales it to the clip."""
    image_reach: Reach = FULL
    last: LastFrame | None = None
    maps: tuple[FollowMap, ...] = ()
    palette: Palette | None = None
    repaint: Repaint | None = None
    frames: int
    width: int
    """In pixels."""
    height: int
    """In pixels."""
    steps: int
    guidance: float
    """Classifier-free guidance scale; 1 is none."""
    seed: int
    """0 to 2**63 - 1."""
    reproducible: bool = False
    """Never share a forward pass."""


def cut(text: str, tokens: int, limit: int) -> str:
    """The warning that the end of `text` ("prompt") is not read."""
    return f"the {text} has {tokens} tokens; the model reads the first {limit}"
