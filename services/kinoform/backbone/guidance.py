"""How conditions lead a prediction: functions that compose, shared by every family. Rows never mix.

Classifier-free guidance (Ho & Salimans 2022) and its two remedies against oversaturation, several conditions with a
weight each, and steps outside of which a condition is silent.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:  # whoever only names strengths and steps needs no torch
    from torch import Tensor


class GuidanceInterval(NamedTuple):
    """Times at which guidance acts, both ends included; 0 = clean, 1 = noise (Kynkäänniemi et al. 2024)."""

    low: float = 0.0
    high: float = 1.0

    def scale_at(self, t: float, scale: float) -> float:
        """`scale` inside the interval, 1 (no guidance) outside."""
        return scale if self.low <= t <= self.high else 1.0


GUIDED_TIMES = GuidanceInterval(0.0, 0.95)
"""Off in the first steps, where guidance only oversaturates: what the embedded models were found to want."""


class StepRange(NamedTuple):
    """The part of a job's steps in which a condition acts, as shares of all: 0 = the first one's begin, 1 = the end."""

    first: float = 0.0
    last: float = 1.0

    def holds(self, step: int, steps: int) -> bool:
        """Whether the middle of step `step`, counted from 0, of `steps` lies inside."""
        return self.first <= (step + 0.5) / steps <= self.last


ALL_STEPS = StepRange()


class Layer(NamedTuple):
    """Conditions that are seen together, and how far what they ask for together is followed."""

    seen: tuple[bool, ...]
    weight: float


def layers(strengths: Sequence[float]) -> list[Layer]:
    """How to lead by conditions that a network can see together, each with a strength >= 0; for `weighted`.

    Those of at least each strength are seen together, with the strength's distance from the next lower one as weight: a
    Choquet integral (Choquet 1954, "Theory of capacities"). So equal strengths are one layer that sees all, one
    condition is one layer of its strength, one of strength 0 is not seen at all, and nothing jumps in between.
    """
    steps = sorted({strength for strength in strengths if strength > 0}, reverse=True)
    return [
        Layer(tuple(strength >= step for strength in strengths), step - below)
        for step, below in pairwise([*steps, 0.0])
    ]


def guide(conditional: Tensor, unconditional: Tensor, scale: float) -> Tensor:
    """Moves from the unconditional prediction through the conditional one, in float32. Both (b, ...); scale 1 = off."""
    if scale == 1.0:
        return conditional
    start = unconditional.float()
    return (start + scale * (conditional.float() - start)).to(conditional.dtype)


def weighted(base: Tensor, led: Sequence[tuple[Tensor, float]]) -> Tensor:
    """What several conditions ask for together: base + sum of weight * (led - base), in float32 and in their order.

    base and each led (b, ...); a weight of 1 goes as far as that condition alone would (Liu et al. 2022, "Compositional
    Visual Generation with Composable Diffusion Models", eq. 11). A single weight of 1 gives that condition's bits.
    """
    if len(led) == 1:
        return guide(led[0][0], base, led[0][1])
    start = base.float()
    moved = start
    for prediction, weight in led:
        moved = moved + weight * (prediction.float() - start)
    return moved.to(base.dtype)


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
