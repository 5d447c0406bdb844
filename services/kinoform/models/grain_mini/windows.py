"""How a tile of any size is denoised by windows of the trained size: rolled, cut, told where they lie, put back.

Latents (c, h, w) lie on a torus. They are rolled another way at each step and cut into windows that do not overlap: no
border of a window or of a token stays where it was, so none is seen (after MultiDiffusion, Bar-Tal et al. 2023, whose
windows overlap in one step instead of moving between steps). Condition planes tell each place where it lies in the unit
in which layouts repeat: all windows agree on where bricks begin without seeing each other.
"""

import math

import torch
from torch import Tensor

WINDOW = 32
"""Latents along a window's side; also the unit in which layouts repeat: 256 pixels."""
TOKEN = 4
"""Latents along a token's side."""
HALF_TOKEN = TOKEN // 2
BETWEEN = 0.5
"""From this time on every second roll is half a token more than whole ones, both ways: as in training. Before it, while
layouts come into being, tokens keep to their grid: laid patterns are learnt sooner so."""
TOKENS = WINDOW // TOKEN
HARMONICS = (1, 2, 4)
PHASE_CHANNELS = 4 * len(HARMONICS) + 1
"""Sine and cosine of each harmonic along each side, and whether the window wraps around."""

Shift = tuple[int, int]
"""(down, right) in latents."""


def phase_planes(top: int, left: int, *, wraps: bool) -> Tensor:
    """(PHASE_CHANNELS, 1, WINDOW, WINDOW) float32 of a window whose first place is (top, left) of its tile.

    wraps: the window is the whole tile, so that its opposite borders meet.
    """
    down, right = _waves(top), _waves(left)
    planes = torch.cat([down[:, :, None].expand(-1, -1, WINDOW), right[:, None, :].expand(-1, WINDOW, -1)])
    border = torch.full((1, WINDOW, WINDOW), 1.0 if wraps else -1.0)
    return torch.cat([planes, border])[:, None]


def shift_at(seed: int, step: int, time: float, side: int) -> Shift:
    """By how much the latent of `side` places is rolled at a step: random whole tokens, a pure function of its
    arguments. Every second step stands half a window beside the one before both ways, and from BETWEEN on also half a
    token, so that borders of windows and of tokens fall into middles."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + step // 2) % 2**63)
    down, right = (TOKEN * part for part in torch.randint(side // TOKEN, (2,), generator=generator).tolist())
    beside = (WINDOW // 2 + HALF_TOKEN * (time <= BETWEEN)) * (step % 2)
    return (down + beside) % side, (right + beside) % side


def cut(latent: Tensor, shift: Shift) -> tuple[Tensor, Tensor]:
    """Windows (k, c, 1, WINDOW, WINDOW) of a rolled latent (c, h, w), and their planes (k, PHASE_CHANNELS, 1, ...)."""
    _, height, width = latent.shape
    rolled = latent.roll(shift, dims=(1, 2))
    windows = rolled.unflatten(2, (-1, WINDOW)).unflatten(1, (-1, WINDOW)).permute(1, 3, 0, 2, 4).flatten(0, 1)
    # all windows lie a whole number of units apart: the planes of one are those of all
    planes = phase_planes(-shift[0], -shift[1], wraps=height == width == WINDOW)
    return windows[:, :, None].contiguous(), planes.expand(len(windows), -1, -1, -1, -1)


def joined(windows: Tensor, shift: Shift, side: int) -> Tensor:
    """The latent (c, side, side) that `cut` made the windows (k, c, 1, WINDOW, WINDOW) of."""
    count = side // WINDOW
    grid = windows[:, :, 0].unflatten(0, (count, count)).permute(2, 0, 3, 1, 4)
    rolled = grid.flatten(3, 4).flatten(1, 2)
    return rolled.roll((-shift[0], -shift[1]), dims=(1, 2)).contiguous()


def _waves(first: int) -> Tensor:
    places = torch.arange(first, first + WINDOW, dtype=torch.float32) % WINDOW * (2 * math.pi / WINDOW)
    turns = places[None] * torch.tensor(HARMONICS, dtype=torch.float32)[:, None]
    return torch.cat([turns.sin(), turns.cos()])
