"""Where a clip begins: the one thing that text leaves open and the seed decides.

The keyframe network is told the place, in training as in sampling. So its picture is fully determined, it need not
average over places while noise hides them, and a few steps are enough.
"""

import torch
from torch import Tensor

PLACE_CHANNELS = 2
"""Channels of the keyframe network's condition."""


def place(seed: int) -> tuple[int, int]:
    """Steps, each a latent wide, across and down from the middle: -1, 0 or 1. Neighbouring seeds differ."""
    down, across = divmod(seed % 9, 3)
    return across - 1, down - 1


def place_planes(seed: int, height: int, width: int) -> Tensor:
    """The keyframe network's condition, (2, 1, h, w) float32: the steps across and down, everywhere."""
    return torch.tensor(place(seed), dtype=torch.float32).view(PLACE_CHANNELS, 1, 1, 1).expand(-1, -1, height, width)
