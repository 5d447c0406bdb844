"""The network: a U-Net of plain convolutions (Ronneberger et al. 2015), narrow where there are many pixels."""

from itertools import pairwise
from typing import NamedTuple

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

STRIDE = 32
"""Pictures are multiples of this on both sides."""


class Seen(NamedTuple):
    """What the network answers."""

    inverse_depth: Tensor
    """(b, h, w) up to a scale and a shift of its own for each picture; greater is nearer."""
    normals: Tensor
    """(b, 3, h, w) x right, y up, z towards the viewer; not of unit length."""


class DepthNet(ModelMixin, ConfigMixin):
    """Pictures (b, 3, h, w) in [-1, 1], h and w multiples of STRIDE -> Seen."""

    @register_to_config
    def __init__(
        self, widths: tuple[int, ...] = (40, 56, 80, 104, 128), blocks: tuple[int, ...] = (2, 2, 2, 1, 2)
    ) -> None:
        """widths: channels at 1/2, 1/4, ... 1/32 of the size, multiples of 8; blocks: how many on each level's way
        down."""
        super().__init__()
        self.stem = nn.Conv2d(5, widths[0], 5, stride=2, padding=2)
        self.down = nn.ModuleList(
            nn.Sequential(*(Block(width) for _ in range(count))) for width, count in zip(widths, blocks, strict=True)
        )
        self.shrink = nn.ModuleList(nn.Conv2d(wide, wider, 3, stride=2, padding=1) for wide, wider in pairwise(widths))
        self.whole = nn.Linear(widths[-1], widths[-1])
        self.narrow = nn.ModuleList(nn.Conv2d(wider, wide, 1) for wide, wider in pairwise(widths))
        self.up = nn.ModuleList(Block(width) for width in widths[:-1])
        self.last = nn.GroupNorm(widths[0] // 8, widths[0])
        self.head = nn.Conv2d(widths[0], 4 * 4, 3, padding=1)
        self.eval()

    def forward(self, pictures: Tensor) -> Seen:
        hidden = self.stem(torch.cat([pictures, _places(pictures)], dim=1))
        kept = []
        for level, blocks in enumerate(self.down):
            hidden = blocks(hidden if level == 0 else self.shrink[level - 1](hidden))
            kept.append(hidden)
        hidden = hidden + self.whole(F.silu(hidden.mean(dim=(2, 3))))[:, :, None, None]
        for level in reversed(range(len(self.up))):
            wider = self.narrow[level](hidden)
            hidden = self.up[level](kept[level] + F.interpolate(wider, scale_factor=2, mode="nearest"))
        # four answers for each pixel at half the size: its own quarter each
        found = F.pixel_shuffle(self.head(F.silu(self.last(hidden))), 2)
        return Seen(found[:, 0], found[:, 1:])


class Block(nn.Module):
    """A residual block: normalised once, over groups of 8 channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(width // 8, width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        for layer in (self.first, self.second):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")

    def forward(self, hidden: Tensor) -> Tensor:
        changed: Tensor = self.second(F.silu(self.first(F.silu(self.norm(hidden)))))
        return hidden + changed


def _places(pictures: Tensor) -> Tensor:
    """(b, 2, h, w): how far right and how far down each pixel is, -1 to 1."""
    b, _, h, w = pictures.shape
    across = torch.linspace(-1, 1, w, dtype=pictures.dtype, device=pictures.device).expand(b, 1, h, w)
    down = torch.linspace(-1, 1, h, dtype=pictures.dtype, device=pictures.device)[:, None].expand(b, 1, h, w)
    return torch.cat([across, down], dim=1)
