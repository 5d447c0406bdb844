"""What plain measurement says of a clip: its background's colour, and where and how large the foreground is."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

BORDER = 2
"""Width in pixels of the frame's edge that shows the background."""
DIFFERENCE = 0.16
"""How far, in [-1, 1] units, a pixel's strongest channel must lie from the background to be foreground."""
FEWEST_PIXELS = 24.0
"""Less foreground than this is no subject."""
SIZE_WEIGHT = 30.0
"""Pixels of way that one unit of log size counts for: a growing subject's track is then as long as a moving one's."""


class Measured(NamedTuple):
    """A clip's measures."""

    colour: Tensor
    """(3,) background in [-1, 1]."""
    mask: Tensor
    """(l, h, w) bool, foreground."""
    track: Tensor
    """(3, l) float32: x, y and SIZE_WEIGHT * log side of the foreground, less their means over time, in pixels."""


def measure(clip: Tensor) -> Measured | None:
    """The measures of a clip (3, l, h, w) in [-1, 1]; None when some frame shows no foreground."""
    colour = background_colour(clip)
    difference = (clip - colour.view(3, 1, 1, 1)).abs().amax(dim=0)
    mask = _without_specks(difference > DIFFERENCE)
    weight = mask.float()
    area = weight.sum(dim=(1, 2))
    if bool((area < FEWEST_PIXELS).any()):
        return None
    y = (weight.sum(dim=2) * torch.arange(clip.shape[2])).sum(dim=1) / area
    x = (weight.sum(dim=1) * torch.arange(clip.shape[3])).sum(dim=1) / area
    track = torch.stack([x, y, SIZE_WEIGHT * area.sqrt().log()])
    return Measured(colour, mask, track - track.mean(dim=1, keepdim=True))


def background_colour(clip: Tensor) -> Tensor:
    """(3,): the median of each channel along the frames' edges. clip: (3, l, h, w)."""
    inner = torch.zeros(clip.shape[2:], dtype=torch.bool)
    inner[BORDER:-BORDER, BORDER:-BORDER] = True
    return clip[:, :, ~inner].flatten(1).median(dim=1).values


def box(mask: Tensor) -> tuple[int, int, int]:
    """(left, top, side) of the square, with a margin, around a frame's foreground (h, w); it may leave the frame."""
    rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    left, right = int(columns[0]), int(columns[-1]) + 1
    side = max(bottom - top, right - left) + 4
    return (left + right - side) // 2, (top + bottom - side) // 2, side


def cut_out(frame: Tensor, mask: Tensor, side: int) -> Tensor:
    """The foreground's square of a frame (3, h, w), scaled to (3, side, side); past the edge, the edge goes on."""
    left, top, length = box(mask)
    height, width = mask.shape
    rows = torch.arange(top, top + length).clamp(0, height - 1)
    columns = torch.arange(left, left + length).clamp(0, width - 1)
    square = frame[:, rows][:, :, columns]
    return F.interpolate(square[None], (side, side), mode="bilinear", align_corners=False, antialias=True)[0]


def _without_specks(mask: Tensor) -> Tensor:
    """Keeps what most of its 3x3 neighbourhood agrees with; a frame (l, h, w) at a time."""
    return F.avg_pool2d(mask[:, None].float(), 3, stride=1, padding=1)[:, 0] > 0.5
