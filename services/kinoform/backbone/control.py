"""A control branch: a small network beside a frozen trunk that makes it follow maps of edges, depth, masks or pixels.

After ControlNet-XS (Zavadski et al. 2023, "ControlNet-XS: Rethinking the Control of Text-to-Image Diffusion Models as
Feedback-Control Systems"): the branch reads the trunk's tokens before a block and answers at once, so that it need not
be a copy of the trunk. Which maps there are, their family decides (after VACE, Jiang et al. 2025, one branch for all).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.attention import FeedForward
from diffusers.models.modeling_utils import ModelMixin
from diffusers.models.normalization import FP32LayerNorm
from torch import Tensor, nn

from kinoform.backbone.blocks import Rotary, RotaryAttention
from kinoform.backbone.patches import Patch, by_rows, patchify
from kinoform.backbone.positions import Grid, RotaryPositions

Steer = Callable[[int, Tensor, Tensor], Tensor]
"""What a trunk asks before each block: (its number, tokens (b, n, d), time (b, d)) to the tokens that go in."""

STEM = (24, 48, 64)
"""Channels at a half, a quarter and an eighth of the maps' size: there they lie on the latent's grid."""


class ControlBranch(ModelMixin, ConfigMixin):
    """Maps to changes of a trunk's tokens; with fresh weights the changes are zero.

    Args:
        maps: channels of the control signal.
        patch: as the trunk's.
        trunk_dim: width of the trunk's tokens.
        dim: width of the branch's; `dim // heads` must be a multiple of 2.
        heads: attention heads.
        before: numbers of the trunk's blocks before which the branch speaks.
        rope_theta: as the trunk's.
    """

    @register_to_config
    def __init__(
        self,
        maps: int = 10,
        patch: Patch = (1, 2, 2),
        trunk_dim: int = 192,
        dim: int = 64,
        heads: int = 4,
        before: tuple[int, ...] = (0, 1, 2, 4),
        rope_theta: float = 100.0,
    ) -> None:
        super().__init__()
        widths = (maps, *STEM)
        self.stem = nn.ModuleList(
            nn.Conv2d(small, wide, 3, stride=2, padding=1) for small, wide in zip(widths, STEM, strict=False)
        )
        self.patch_embed = nn.Linear(STEM[-1] * patch[0] * patch[1] * patch[2], dim)
        self.rope = RotaryPositions(dim // heads, rope_theta)
        self.hear = nn.ModuleList(nn.Linear(trunk_dim, dim) for _ in before)
        self.time = nn.ModuleList(nn.Linear(trunk_dim, dim) for _ in before)
        self.blocks = nn.ModuleList(ControlBlock(dim, heads) for _ in before)
        self.speak = nn.ModuleList(nn.Linear(dim, trunk_dim) for _ in before)
        self.hear_norm = FP32LayerNorm(trunk_dim, 1e-6, elementwise_affine=False)
        self.speak.apply(_silence)
        self.eval()

    def embed(self, signal: Tensor) -> Tensor:
        """The tokens (b, n, dim) of maps (b, maps, l, h, w), h and w eight times the latent's."""
        frames = signal.transpose(1, 2)
        rows = []
        for row in frames:  # convolutions round by the batch
            hidden = row
            for layer in self.stem:
                hidden = F.gelu(layer(hidden), approximate="tanh")
            rows.append(hidden)
        latent = torch.stack(rows).transpose(1, 2)
        tokens: Tensor = self.patch_embed(patchify(latent, tuple(self.config.patch)))
        return tokens

    def steer(self, tokens: Tensor, strength: Tensor, grid: Grid) -> Steer:
        """What a trunk's forward pass asks; one for each pass, since it remembers.

        tokens: (b, k, n, dim), of k signals a row, as `embed` gives them; strength: (b, k), 1 = as trained.
        """
        rows, signals = tokens.shape[:2]
        rotary = self.rope(tokens, grid)
        hidden = tokens.flatten(0, 1)
        amounts = strength.to(tokens.dtype).unbind(1)

        def answer(number: int, trunk: Tensor, time: Tensor) -> Tensor:
            nonlocal hidden
            if number not in self.config.before:
                return trunk
            place = list(self.config.before).index(number)
            heard = self.hear[place](self.hear_norm(trunk)) + by_rows(self.time[place], time.to(trunk.dtype))[:, None]
            hidden = self.blocks[place](hidden + heard.repeat_interleave(signals, dim=0), rotary)
            changes = self.speak[place](hidden).unflatten(0, (rows, signals)).unbind(1)
            for amount, change in zip(amounts, changes, strict=True):  # in their order: sums round
                trunk = trunk + amount[:, None, None] * change
            return trunk

        return answer


class ControlBlock(nn.Module):
    """Self-attention and feed-forward, both on normalised tokens."""

    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.attn_norm = FP32LayerNorm(dim, 1e-6)
        self.attn = RotaryAttention(dim, heads)
        self.ff_norm = FP32LayerNorm(dim, 1e-6)
        self.ff = FeedForward(dim, inner_dim=4 * dim, activation_fn="gelu-approximate")

    def forward(self, tokens: Tensor, rotary: Rotary) -> Tensor:
        """tokens: (b, n, dim)."""
        tokens = tokens + self.attn(self.attn_norm(tokens), rotary=rotary)
        out: Tensor = tokens + self.ff(self.ff_norm(tokens))
        return out


def _silence(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.weight)
        nn.init.zeros_(module.bias)
