"""What depth-mini is taught by: the losses of Ranftl et al. 2020 (https://arxiv.org/abs/1907.01341), and normals."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

TRIMMED = 0.1
"""Of a picture's pixels, those with the largest errors, that are let be: outlines half a pixel off."""
FLATTEST = 0.03
"""A picture whose deviation is less than this share of its median counts as if it had so much."""
SCALES = 4
GRADIENT, NORMALS = 0.5, 0.7
"""Weights beside the depth's own error."""


class Losses(NamedTuple):
    """Scalars."""

    depth: Tensor
    gradient: Tensor
    normals: Tensor

    @property
    def total(self) -> Tensor:
        """What is minimised."""
        return self.depth + GRADIENT * self.gradient + NORMALS * self.normals


def losses(predicted: Tensor, normals: Tensor, truth: Tensor, true_normals: Tensor) -> Losses:
    """predicted, truth: (b, h, w) inverse depths, the former up to scale and shift; normals: (b, 3, h, w), the true
    ones of unit length or 0 where there is no surface."""
    mine, theirs = standardised(predicted.float(), 0.0), standardised(truth.float(), FLATTEST)
    error = (mine - theirs).abs().flatten(1)
    kept = error.sort(dim=1).values[:, : round((1 - TRIMMED) * error.shape[1])]
    surface = true_normals.square().sum(dim=1) > 0.5
    cosine = F.cosine_similarity(normals.float(), true_normals, dim=1)
    angles = ((1 - cosine) * surface).sum() / surface.sum().clamp_min(1)
    return Losses(kept.mean(), gradient_loss(mine - theirs), angles)


def standardised(inverse_depth: Tensor, flattest: float) -> Tensor:
    """Less its median, over its mean deviation from that: the same for any positive scale and any shift. (b, h, w)"""
    flat = inverse_depth.flatten(1)
    median = flat.median(dim=1, keepdim=True).values
    deviation = (flat - median).abs().mean(dim=1, keepdim=True)
    deviation = torch.maximum(deviation, flattest * median.abs()).clamp_min(1e-6)
    return ((flat - median) / deviation).view_as(inverse_depth)


def gradient_loss(difference: Tensor) -> Tensor:
    """Mean slope of an error (b, h, w), at SCALES sizes that halve: sharp where the truth is, smooth where it is."""
    total = difference.new_zeros(())
    for scale in range(SCALES):
        some = difference[:, :: 2**scale, :: 2**scale]
        total = total + some.diff(dim=1).abs().mean() + some.diff(dim=2).abs().mean()
    return total / SCALES
