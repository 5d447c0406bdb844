"""The transformer block of the denoiser, in the form that diffusers' backends, caches and LoRA expect."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import torch
from diffusers.hooks._helpers import (
    AttentionProcessorMetadata,
    AttentionProcessorRegistry,
    TransformerBlockMetadata,
    TransformerBlockRegistry,
)
from diffusers.models.attention import AttentionModuleMixin, FeedForward
from diffusers.models.attention_dispatch import AttentionBackendName, dispatch_attention_fn
from diffusers.models.normalization import FP32LayerNorm
from torch import Tensor, nn

from kinoform.backbone.positions import Grid, rotate

Rotary = tuple[Tensor, Tensor]


class Positions(NamedTuple):
    """Where the tokens of a row lie."""

    grid: Grid
    among: Rotary
    """For self-attention: of the whole grid, or, if factorised, of one frame."""
    across_frames: Rotary | None
    """For temporal attention; None if there is none."""


class RotaryAttnProcessor:
    """Multi-head attention through diffusers' dispatcher, so that every backend it knows can serve."""

    _attention_backend: Any = None
    _parallel_config: Any = None

    def __call__(
        self,
        attn: RotaryAttention,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        rotary: Rotary | None = None,
    ) -> Tensor:
        """hidden_states: (b, n, d); encoder_hidden_states: (b, k, d); attention_mask: (b, k) bool, True = look."""
        source = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query = attn.norm_q(attn.to_q(hidden_states).unflatten(-1, (attn.heads, -1)))
        key = attn.norm_k(attn.to_k(source).unflatten(-1, (attn.heads, -1)))
        value = attn.to_v(source).unflatten(-1, (attn.heads, -1))
        if rotary is not None:
            query, key = rotate(query, *rotary), rotate(key, *rotary)
        attended = dispatch_attention_fn(
            query,
            key,
            value,
            attn_mask=mask_for(self._attention_backend, attention_mask),
            backend=self._attention_backend,
            parallel_config=self._parallel_config if encoder_hidden_states is None else None,
        )
        out: Tensor = attn.to_out[0](attended.flatten(2, 3).type_as(hidden_states))
        return out


class RotaryAttention(AttentionModuleMixin, nn.Module):
    """Self- or cross-attention over tokens of width `dim`, with RMS-normalised queries and keys a head."""

    _default_processor_cls = RotaryAttnProcessor
    _available_processors: ClassVar = [RotaryAttnProcessor]
    _supports_qkv_fusion = False
    processor: RotaryAttnProcessor

    def __init__(self, dim: int, heads: int, *, is_cross_attention: bool = False) -> None:
        super().__init__()
        self.heads = heads
        self.is_cross_attention = is_cross_attention
        self.to_q = nn.Linear(dim, dim)
        self.to_k = nn.Linear(dim, dim)
        self.to_v = nn.Linear(dim, dim)
        self.to_out = nn.ModuleList([nn.Linear(dim, dim)])
        self.norm_q = nn.RMSNorm(dim // heads, eps=1e-6)
        self.norm_k = nn.RMSNorm(dim // heads, eps=1e-6)
        self.processor = RotaryAttnProcessor()

    def forward(
        self,
        hidden_states: Tensor,
        encoder_hidden_states: Tensor | None = None,
        attention_mask: Tensor | None = None,
        rotary: Rotary | None = None,
    ) -> Tensor:
        """(b, n, d) → (b, n, d); arguments as in `RotaryAttnProcessor`."""
        out: Tensor = self.processor(self, hidden_states, encoder_hidden_states, attention_mask, rotary)
        return out


class DenoiserBlock(nn.Module):
    """Self-attention (full, or within frames and then across them), cross-attention to the context, feed-forward.

    The timestep modulates by a table shared by all blocks plus this block's own offsets (adaLN-single, PixArt-alpha,
    Chen et al. 2023), so that a block spends its parameters on attention.
    """

    def __init__(self, dim: int, heads: int, feed_forward_mult: float, *, factorised: bool) -> None:
        super().__init__()
        self.factorised = factorised
        self.self_norm = FP32LayerNorm(dim, 1e-6, elementwise_affine=False)
        self.self_attn = RotaryAttention(dim, heads)
        if factorised:
            self.temporal_norm = FP32LayerNorm(dim, 1e-6, elementwise_affine=False)
            self.temporal_attn = RotaryAttention(dim, heads)
        self.cross_norm = FP32LayerNorm(dim, 1e-6, elementwise_affine=False)
        self.cross_attn = RotaryAttention(dim, heads, is_cross_attention=True)
        self.ff_norm = FP32LayerNorm(dim, 1e-6, elementwise_affine=False)
        self.ff = FeedForward(dim, inner_dim=int(dim * feed_forward_mult), activation_fn="gelu-approximate")
        self.scale_shift_table = nn.Parameter(torch.zeros(1, modulations(factorised), dim))

    def forward(
        self,
        hidden_states: Tensor,
        context: Tensor,
        context_mask: Tensor | None,
        modulation: Tensor,
        positions: Positions,
    ) -> Tensor:
        """hidden_states: (b, l * h * w, d); context: (b, k, d); context_mask: (b, k) bool;
        modulation: (b, `modulations`, d), shared by all blocks. Returns (b, l * h * w, d)."""
        parts = (self.scale_shift_table + modulation).float().split(3, dim=1)

        normed = _modulated(self.self_norm, hidden_states, parts[0])
        if self.factorised:
            hidden_states = _gated(hidden_states, self._within_frames(normed, positions), parts[0])
            normed = _modulated(self.temporal_norm, hidden_states, parts[2])
            hidden_states = _gated(hidden_states, self._across_frames(normed, positions), parts[2])
        else:
            hidden_states = _gated(hidden_states, self.self_attn(normed, rotary=positions.among), parts[0])

        hidden_states = hidden_states + self.cross_attn(self.cross_norm(hidden_states), context, context_mask)
        return _gated(hidden_states, self.ff(_modulated(self.ff_norm, hidden_states, parts[1])), parts[1])

    def _within_frames(self, tokens: Tensor, positions: Positions) -> Tensor:
        frames, height, width = positions.grid
        tokens = tokens.unflatten(1, (frames, height * width))
        mixed: Tensor = self.self_attn(tokens.flatten(0, 1), rotary=positions.among)
        return mixed.unflatten(0, tokens.shape[:2]).flatten(1, 2)

    def _across_frames(self, tokens: Tensor, positions: Positions) -> Tensor:
        frames, height, width = positions.grid
        # contiguous, since a batch of one would stay a view and go through another kernel, which rounds otherwise
        tokens = tokens.unflatten(1, (frames, height * width)).transpose(1, 2).contiguous()
        mixed: Tensor = self.temporal_attn(tokens.flatten(0, 1), rotary=positions.across_frames)
        return mixed.unflatten(0, tokens.shape[:2]).transpose(1, 2).flatten(1, 2)


def modulations(factorised: bool) -> int:
    """How many modulation vectors a block takes: shift, scale and gate for each modulated branch."""
    return 9 if factorised else 6


def mask_for(backend: AttentionBackendName | None, mask: Tensor | None) -> Tensor | None:
    """A (b, k) mask in the shape that the backend reads: diffusers widens it itself for two of them only."""
    widened = (None, AttentionBackendName.NATIVE, AttentionBackendName.XFORMERS)
    return mask if mask is None or backend in widened else mask[:, None, None]


def _modulated(norm: nn.Module, x: Tensor, part: Tensor) -> Tensor:
    shift, scale, _ = part.unbind(1)
    normed: Tensor = norm(x.float())
    return (normed * (1 + scale[:, None]) + shift[:, None]).type_as(x)


def _gated(x: Tensor, update: Tensor, part: Tensor) -> Tensor:
    return (x.float() + update.float() * part[:, 2, None]).type_as(x)


def _skipped_attention(attn: RotaryAttention, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
    # layer-skip hooks call this in place of the attention and take its input as its output
    return hidden_states


TransformerBlockRegistry.register(DenoiserBlock, TransformerBlockMetadata(return_hidden_states_index=0))
AttentionProcessorRegistry.register(
    RotaryAttnProcessor, AttentionProcessorMetadata(skip_processor_output_fn=_skipped_attention)
)
