"""Classifier-free guidance (Ho & Salimans 2022) and its two remedies against oversaturation. Rows never mix."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class GuidanceInterval(NamedTuple):
    """Times at which guidance acts, both ends included; 0 = clean, 1 = noise (Kynkäänniemi et al. 2024)."""

    low: float = 0.0
    high: float = 1.0

    def scale_at(self, t: float, scale: float) -> float:
        """`scale` inside the interval, 1 (no guidance) outside."""
        return scale if self.low <= t <= self.high else 1.0


def guide(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Moves from the unconditional prediction through the conditional one, in float32. Both (b, ...); scale 1 = off."""
    if scale == 1.0:
        return conditional
    start = unconditional.float()
    return (start + scale * (conditional.float() - start)).to(conditional.dtype)


def rescale(guided: Tensor, conditional: Tensor, amount: float) -> Tensor:
    """Draws the guided prediction's spread back to the conditional one's (Lin et al. 2023, eq. 15, 16).

    Both (b, ...); amount in [0, 1], 0 = unchanged. The spread is measured a row.
    """
    if amount == 0.0:
        return guided
    axes = tuple(range(1, guided.ndim))
    wide = guided.float()
    ratio = conditional.float().std(dim=axes, keepdim=True) / wide.std(dim=axes, keepdim=True).clamp_min(1e-8)
    return (wide * (amount * ratio + (1 - amount))).to(guided.dtype)
