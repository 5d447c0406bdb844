"""Frechet distance of image features (Heusel et al. 2017), in a space small enough for the pictures at hand."""

from dataclasses import dataclass

import torch
from torch import Tensor

DIMENSIONS = 128
"""Principal components of the reference that are compared: its covariance must be full, with several pictures each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frechet:
    """Distances to the features of real clips' frames, EfficientNet-lite0's last layer; less is better."""

    generated: float
    floor: float
    """Of real clips of the same captions and other seeds."""
    pictures: int
    """Frames on each side."""
    dimensions: int


def frechet(reference: Tensor, others: Tensor, generated: Tensor) -> Frechet:
    """Distances of `others` (real too) and `generated` to `reference`; each (n, d) with the same n, at least 3."""
    axes = principal_axes(reference, min(DIMENSIONS, len(reference) - 1))
    real = reference.double() @ axes
    return Frechet(
        generated=distance(real, generated.double() @ axes),
        floor=distance(real, others.double() @ axes),
        pictures=len(reference),
        dimensions=axes.shape[1],
    )


def principal_axes(rows: Tensor, count: int) -> Tensor:
    """(d, count) float64: the directions in which rows (n, d) vary most."""
    rows = rows.double()
    return torch.linalg.svd(rows - rows.mean(dim=0), full_matrices=False).Vh[:count].T


def distance(a: Tensor, b: Tensor) -> float:
    """|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) of the normal distributions nearest to rows (n, d)."""
    half = _root(torch.cov(a.T))
    cross = _root(half @ torch.cov(b.T) @ half)
    spread = torch.cov(a.T).trace() + torch.cov(b.T).trace() - 2 * cross.trace()
    return float((a.mean(dim=0) - b.mean(dim=0)).square().sum() + spread)


def _root(matrix: Tensor) -> Tensor:
    """Square root of a symmetric matrix without negative eigenvalues but for rounding."""
    values, vectors = torch.linalg.eigh((matrix + matrix.T) / 2)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
