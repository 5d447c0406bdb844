"""How well a clip follows its map."""

import torch
from torch import Tensor
from torch.nn import functional as F

from kinoform.training.control.truth import edges_of
from kinoform.training.stages import pictures
from kinoform.training.tracks import foreground, recognise

TOLERANCE = 1
"""Pixels by which an edge may lie beside the map's."""


def overlap(clip: Tensor, mask: Tensor) -> float:
    """Intersection over union of what stands before the background in a clip (3, l, h, w) in [-1, 1], and a mask
    (l, h, w) bool, over all frames together."""
    seen = foreground(clip, recognise(clip))
    return float((seen & mask).sum() / (seen | mask).sum().clamp(min=1))


def edge_score(clip: Tensor, lines: Tensor, background: int) -> float:
    """F1 of a clip's edges against a map's (l, h, w) bool, each found again within TOLERANCE of the other.

    What lies as near to an edge of the bare background counts on neither side: both clips have those.
    """
    own = edges_of((pictures()[background][None] * 255).round().byte(), fine=False) > 127
    free = ~_grown(own)
    found = (edges_of(((clip + 1) * 127.5).round().byte().transpose(0, 1), fine=False) > 127) & free
    wanted = lines & free
    if not wanted.any():
        return 1.0 if not found.any() else 0.0
    precision = float((found & _grown(wanted)).sum() / found.sum().clamp(min=1))
    recall = float((wanted & _grown(found)).sum() / wanted.sum())
    return 2 * precision * recall / max(precision + recall, 1e-9)


def _grown(lines: Tensor) -> Tensor:
    return F.max_pool2d(lines.float()[:, None], 2 * TOLERANCE + 1, stride=1, padding=TOLERANCE)[:, 0] > 0.5


def likeness(clip: Tensor, other: Tensor) -> float:
    """Peak signal-to-noise ratio in dB of pictures in [-1, 1]."""
    error = (clip - other).square().mean().clamp(min=1e-8)
    return float(10 * torch.log10(4 / error))
