"""What steers a clip, in the one form that the control branches read."""

import torch
from torch import Tensor

from kinoform.models.clip import MAP_KINDS, MapKind

_PIXELS = 4
CHANNELS = _PIXELS + 2 * len(MAP_KINDS)
"""Red, green, blue and whether they are known; then of each map its value and whether it is given."""


def no_signal(length: int, height: int, width: int) -> Tensor:
    """(CHANNELS, l, h, w) float32: nothing is given."""
    return torch.zeros(CHANNELS, length, height, width)


def map_signal(kind: MapKind, values: Tensor, length: int) -> Tensor:
    """The signal (CHANNELS, length, h, w) of a map (k, h, w) in [0, 1], given for the first k frames."""
    signal = no_signal(length, *values.shape[1:])
    first = _PIXELS + 2 * MAP_KINDS.index(kind)
    signal[first, : len(values)] = values
    signal[first + 1, : len(values)] = 1.0
    return signal


def pixel_signal(clip: Tensor, known: Tensor) -> Tensor:
    """The signal (CHANNELS, l, h, w) of a clip (3, l, h, w) in [-1, 1] where `known` (l, h, w), 0 or 1, is 1."""
    signal = no_signal(*clip.shape[1:])
    signal[:3] = clip * known
    signal[3] = known
    return signal
