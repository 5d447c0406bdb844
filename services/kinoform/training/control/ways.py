"""Ways that no caption names: anywhere, in any size, turning as they like."""

import math
import random

import torch

from kinoform.training.paths import FRAMES, Path

LEAST, MOST = 20.0, 52.0
"""Pixels: sides of actors."""
WAY = 26.0
"""Pixels: the farthest that an actor drifts in a clip."""
MARGIN = 13.0
"""Pixels: how near to the frame's edge an actor's centre may come."""


def free_way(rng: random.Random) -> Path:
    """A smooth way: a drift, a swing around it, growth, and in one of three cases a turn."""
    when = torch.arange(FRAMES, dtype=torch.float64) / (FRAMES - 1)
    x, y = (_coordinate(when, rng) for _ in range(2))
    side = torch.full_like(when, math.exp(rng.uniform(math.log(LEAST), math.log(MOST))))
    if rng.random() < 0.5:
        side = side * torch.exp(rng.uniform(-0.6, 0.6) * when)
    angle = torch.full_like(when, rng.uniform(-0.4, 0.4) if rng.random() < 0.4 else 0.0)
    if rng.random() < 0.33:
        angle = angle + rng.uniform(-math.pi, math.pi) * when
    return Path(x=x, y=y, side=side.clamp(LEAST * 0.8, MOST * 1.1), angle=angle, pose=torch.arange(FRAMES) // 2)


def _coordinate(when: torch.Tensor, rng: random.Random) -> torch.Tensor:
    start, drift = rng.uniform(MARGIN, 64 - MARGIN), 0.0
    if rng.random() < 0.8:
        drift = rng.uniform(-WAY, WAY)
    swing = rng.uniform(0, 9) if rng.random() < 0.4 else 0.0
    turns, phase = rng.choice([0.5, 1.0, 2.0]), rng.uniform(0, 2 * math.pi)
    wave = swing * (torch.sin(2 * math.pi * turns * when + phase) - math.sin(phase))
    return (start + drift * when + wave).clamp(MARGIN, 64 - MARGIN)
