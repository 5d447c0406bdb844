"""How actors move: a path for each motion, the same for everyone; the seed chooses where it lies."""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kinoform.models.kino_mini.places import place

FRAMES = 16
FRAMES_A_SECOND = 8
SIDES = (26.0, 38.0, 50.0)
"""Pixels of a small, a medium and a big actor that neither grows nor shrinks."""
PAIR_SIDE = 28.0
GRID = 8.0
"""Clips begin on a grid of one latent's width: what varies freely takes far longer to learn."""
PACE = 2.0
"""Pixels a frame of what moves straight on."""
SWEEP = 16.0
"""How far off the middle such a way begins."""
MIDDLE = 32.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """Where an actor is in each frame; each (l,) float64."""

    x: Tensor
    """Centre in pixels."""
    y: Tensor
    side: Tensor
    """Pixels."""
    angle: Tensor
    """Turn in radians, clockwise as seen."""
    pose: Tensor
    """(l,) int64: the key frame shown."""

    def shifted(self, x: float, y: float) -> "Path":
        """The same way elsewhere."""
        return replace(self, x=self.x + x, y=self.y + y)


def path(motion: str, side: float, seed: int) -> Path:
    """The way of one actor; the seed chooses among three to nine places on GRID.

    Raises:
        ValueError: no such motion.
    """
    across, along = (GRID * steps for steps in place(seed))
    way = _way(motion, side)
    sideways, upright = motion in SIDEWAYS, motion in UPRIGHT
    return way.shifted(0.0 if sideways else across, 0.0 if upright else along)


def pair(motion: str) -> tuple[Path, Path]:
    """The ways of two actors: side by side, or one above the other where they move sideways."""
    way = _way(motion, PAIR_SIDE)
    if motion in SIDEWAYS:
        return way.shifted(0, -SWEEP), way.shifted(0, SWEEP)
    return way.shifted(-SWEEP, 0), way.shifted(SWEEP, 0)


SIDEWAYS = frozenset({"moves to the left", "moves to the right", "swings"})
UPRIGHT = frozenset({"moves up", "moves down", "falls", "bounces"})


def _way(motion: str, side: float) -> Path:
    frame = torch.arange(FRAMES, dtype=torch.float64)
    rest = Path(
        x=torch.full_like(frame, MIDDLE),
        y=torch.full_like(frame, MIDDLE),
        side=torch.full_like(frame, side),
        angle=torch.zeros_like(frame),
        pose=torch.arange(FRAMES) // 2,
    )
    straight = PACE * frame - SWEEP
    turn = 2 * math.pi * frame / FRAMES
    match motion:
        case "moves to the left":
            return replace(rest, x=MIDDLE - straight)
        case "moves to the right":
            return replace(rest, x=MIDDLE + straight)
        case "moves up":
            return replace(rest, y=MIDDLE - straight)
        case "moves down":
            return replace(rest, y=MIDDLE + straight)
        case "bounces":
            return replace(rest, y=MIDDLE + 8 - 20 * torch.sin(turn).abs())
        case "flies in a circle":
            return replace(rest, x=MIDDLE + 10 * torch.sin(turn), y=MIDDLE + 2 - 10 * torch.cos(turn))
        case "swings":
            return replace(rest, x=MIDDLE + 14 * torch.sin(turn), angle=-0.5 * torch.sin(turn))
        case "spins":
            return replace(rest, angle=turn)
        case "grows":
            return replace(rest, side=side * (0.6 + 0.8 * frame / (FRAMES - 1)))
        case "shrinks":
            return replace(rest, side=side * (1.4 - 0.8 * frame / (FRAMES - 1)))
        case "falls":
            gone = (frame / (FRAMES - 1)).square()
            return replace(rest, y=MIDDLE - SWEEP + 36 * gone, angle=2.4 * gone)
        case "stays still":
            return replace(rest, pose=torch.arange(FRAMES))
        case _:
            raise ValueError(f"no such motion: {motion!r}")
