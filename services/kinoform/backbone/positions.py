"""Where a latent token lies: 3-D rotary positions and absolute sine-cosine ones.

Rotary: Su et al. 2021 (RoFormer), split over the axes (l, h, w). All arithmetic is float32, whatever the model's dtype.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

Grid = tuple[int, int, int]


def axis_widths(width: int) -> Grid:
    """Shares an even `width` among the axes (l, h, w): even numbers, h and w alike, the remainder to l."""
    side = width // 6 * 2
    return width - 2 * side, side, side


def axis_angles(grid: Grid, width: int, theta: float, device: torch.device) -> Tensor:
    """Angles of every place of a (l, h, w) grid in row-major order: (l * h * w, width / 2) float32.

    `theta` is the ratio between the fastest and the slowest frequency of an axis.
    """
    parts = []
    for axis, share in enumerate(axis_widths(width)):
        frequencies = theta ** (-torch.arange(0, share, 2, device=device, dtype=torch.float32) / max(share, 1))
        places = torch.arange(grid[axis], device=device, dtype=torch.float32)
        angles = places[:, None] * frequencies
        shape = [1, 1, 1, angles.shape[-1]]
        shape[axis] = grid[axis]
        parts.append(angles.view(shape).expand(*grid, -1))
    return torch.cat(parts, dim=-1).reshape(grid[0] * grid[1] * grid[2], -1)


def absolute_positions(grid: Grid, width: int, theta: float, device: torch.device) -> Tensor:
    """Sine-cosine embedding of every place of the grid: (l * h * w, width) float32."""
    angles = axis_angles(grid, width, theta, device)
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


class RotaryPositions(nn.Module):
    """Cosines and sines for `rotate`. A module, so that context parallelism can split its two outputs by token."""

    def __init__(self, head_width: int, theta: float) -> None:
        super().__init__()
        self.head_width = head_width
        self.theta = theta

    def forward(self, hidden_states: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
        """Two (1, l * h * w, 1, head_width / 2) float32 tensors on the device of `hidden_states`."""
        angles = axis_angles(grid, self.head_width, self.theta, hidden_states.device)[None, :, None]
        return angles.cos(), angles.sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns each pair (i, i + width / 2) of the last axis by its angle, in float32. x: (b, n, heads, width)."""
    first, second = x.float().chunk(2, dim=-1)
    return torch.cat([first * cos - second * sin, second * cos + first * sin], dim=-1).type_as(x)
