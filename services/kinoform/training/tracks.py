"""What plain measurement says of a clip: which background it has, and where, how large and how turned the actor is."""

from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from kinoform.training import paths
from kinoform.training.captions import MEDIUM, MOTIONS
from kinoform.training.stages import pictures

DIFFERENCE = 0.16
"""How far, in [-1, 1] units, a pixel's strongest channel must lie from the background to be foreground."""
OUTLIER = 0.3
"""A pixel that lies so far off a background speaks against it no more than any that lies farther."""
FEWEST_PIXELS = 24.0
"""Less foreground than this is no actor."""
SIZE_WEIGHT = 30.0
"""Pixels of way that one unit of log size counts for: a growing actor's track is then as long as a moving one's."""
TURN_WEIGHT = 40.0
"""Pixels of way that full coherence counts for."""
RADII, ANGLES = 10, 64
"""The polar grid on which turns are compared."""


class Measured(NamedTuple):
    """A clip's measures; l frames."""

    background: int
    """Index into BACKGROUNDS."""
    mask: Tensor
    """(l, h, w) bool, foreground."""
    x: Tensor
    """(l,) the foreground's centre in pixels."""
    y: Tensor
    side: Tensor
    """(l,) root of its area in pixels."""
    turns: Tensor
    """(turns,) coherence, 0 to 1, under each of `turn_paths()`."""

    def vector(self) -> Tensor:
        """All that tells motions apart, (3 l + turns,), in pixels or what counts for as much; where it is does not."""
        track = torch.stack([self.x, self.y, SIZE_WEIGHT * self.side.log()])
        return torch.cat([(track - track.mean(dim=1, keepdim=True)).flatten(), TURN_WEIGHT * self.turns])


def measure(clip: Tensor) -> Measured | None:
    """The measures of a clip (3, l, h, w) in [-1, 1]; None when some frame shows no foreground."""
    background = recognise(clip)
    mask = foreground(clip, background)
    weight = mask.float()
    area = weight.sum(dim=(1, 2))
    if bool((area < FEWEST_PIXELS).any()):
        return None
    y = (weight.sum(dim=2) * (torch.arange(clip.shape[2]) + 0.5)).sum(dim=1) / area
    x = (weight.sum(dim=1) * (torch.arange(clip.shape[3]) + 0.5)).sum(dim=1) / area
    side = area.sqrt()
    return Measured(background, mask, x, y, side, coherence(clip, mask, x, y, side))


def recognise(clip: Tensor) -> int:
    """The background whose picture most pixels of a clip (3, l, h, w) agree with; an actor in front can't outvote."""
    frames = clip[:, ::3].transpose(0, 1)
    errors = [(frames - (2 * picture - 1)).abs().amax(dim=1).clamp(max=OUTLIER).mean() for picture in pictures()]
    return int(torch.stack(errors).argmin())


def foreground(clip: Tensor, background: int) -> Tensor:
    """(l, h, w) bool: what differs from all of the background within a pixel's distance, without specks and slits."""
    picture = 2 * pictures()[background] - 1
    highest = F.max_pool2d(picture, 3, stride=1, padding=1)[:, None]
    lowest = -F.max_pool2d(-picture, 3, stride=1, padding=1)[:, None]
    difference = torch.maximum(clip - highest, lowest - clip).amax(dim=0)
    firm = F.avg_pool2d((difference > DIFFERENCE)[:, None].float(), 3, stride=1, padding=1) > 0.5
    grown = F.max_pool2d(firm.float(), 5, stride=1, padding=2)
    return (1 - F.max_pool2d(1 - grown, 5, stride=1, padding=2))[:, 0] > 0.5


@lru_cache(maxsize=1)
def turn_paths() -> Tensor:
    """The different ways in which motions turn an actor, (turns, l) radians, clockwise as seen; one is not at all."""
    angles = [paths.path(motion, paths.SIDES[MEDIUM], 0).angle for motion in MOTIONS]
    return torch.unique(torch.stack(angles), dim=0).float()


def coherence(clip: Tensor, mask: Tensor, x: Tensor, y: Tensor, side: Tensor) -> Tensor:
    """How much a clip's frames agree once each is turned back by a path's angle: (turns,), 0 to 1.

    The energy of the mean over the mean energy, of what varies around the actor's centre; turned in Fourier space.
    """
    radii = torch.linspace(0.15, 0.85, RADII)
    angles = torch.arange(ANGLES) * (2 * torch.pi / ANGLES)
    ring = torch.stack([radii[:, None] * angles.cos(), radii[:, None] * angles.sin()], dim=-1)
    centre = torch.stack([x, y], dim=-1)[:, None, None]
    grid = 2 * (centre + side[:, None, None, None] * ring) / clip.shape[-1] - 1
    layers = torch.cat([clip * mask, mask[None].float()]).transpose(0, 1)
    around = F.grid_sample(layers, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    waves = torch.fft.rfft(around * radii.sqrt()[:, None])[..., 1 : ANGLES // 4]
    orders = torch.arange(1, ANGLES // 4)
    back = torch.polar(torch.ones(()), turn_paths()[:, : clip.shape[1], None] * orders)
    mean = (waves * back[:, :, None, None]).mean(dim=1)
    energy = waves.abs().square().sum(dim=(1, 2, 3)).mean()
    return mean.abs().square().sum(dim=(1, 2, 3)) / energy.clamp(min=1e-6)


def box(mask: Tensor) -> tuple[int, int, int]:
    """(left, top, side) of the square, with a margin, around a frame's foreground (h, w); it may leave the frame."""
    rows, columns = mask.any(dim=1).nonzero()[:, 0], mask.any(dim=0).nonzero()[:, 0]
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    left, right = int(columns[0]), int(columns[-1]) + 1
    side = max(bottom - top, right - left) + 4
    return (left + right - side) // 2, (top + bottom - side) // 2, side


def cut_out(frame: Tensor, mask: Tensor, side: int, shift: tuple[int, int] = (0, 0)) -> Tensor:
    """The foreground's square of a frame (3, h, w) on neutral grey, scaled to (3, side, side); `shift` moves it."""
    left, top, length = box(mask)
    soft = F.avg_pool2d(F.max_pool2d(mask[None].float(), 3, stride=1, padding=1), 3, stride=1, padding=1)
    height, width = mask.shape
    margin = (max(0, -left + 2), max(0, left + length + 2 - width), max(0, -top + 2), max(0, top + length + 2 - height))
    whole = F.pad(frame * soft, margin)
    u, v = left + margin[0] + shift[0], top + margin[2] + shift[1]
    square = whole[:, v : v + length, u : u + length]
    return F.interpolate(square[None], (side, side), mode="bilinear", align_corners=False, antialias=True)[0]
