"""The one denoiser trunk: a spatio-temporal transformer over latent tokens, for clips, fields and images alike."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.loaders import PeftAdapterMixin
from diffusers.models._modeling_parallel import ContextParallelInput, ContextParallelOutput
from diffusers.models.attention import AttentionMixin
from diffusers.models.cache_utils import CacheMixin
from diffusers.models.embeddings import PixArtAlphaTextProjection, TimestepEmbedding, Timesteps
from diffusers.models.modeling_outputs import Transformer2DModelOutput
from diffusers.models.modeling_utils import ModelMixin
from diffusers.models.normalization import FP32LayerNorm
from torch import Tensor, nn

from kinoform.backbone.blocks import DenoiserBlock, Positions, RotaryAttention, modulations
from kinoform.backbone.control import Steer
from kinoform.backbone.patches import Patch, by_rows, grid_of, patchify, unpatchify
from kinoform.backbone.positions import Grid, RotaryPositions, absolute_positions
from kinoform.backbone.schedules import Prediction

SPLIT_BY_TOKEN = {
    "rope": {index: ContextParallelInput(split_dim=1, expected_dims=4, split_output=True) for index in range(2)},
    "blocks.0": {"hidden_states": ContextParallelInput(split_dim=1, expected_dims=3, split_output=False)},
    "proj_out": ContextParallelOutput(gather_dim=1, expected_dims=3),
}
"""How context parallelism shares the tokens among devices (diffusers' `_cp_plan`)."""


class VideoDenoiser(ModelMixin, ConfigMixin, AttentionMixin, PeftAdapterMixin, CacheMixin):
    """Predicts the clean latent, the noise or a velocity (the schedule decides which) from a noisy latent.

    Rows of a batch never see each other, and on one machine each row comes out in the same bits whatever the batch.

    Args:
        channels: channels c of the latent, and of the output.
        cond_channels: channels of `condition`, concatenated to the latent (first-frame latent, mask, ...); 0 = none.
        patch: (pl, ph, pw), the latent places that make one token; each must divide the latent's size.
        dim: width of a token; `dim // heads` must be a multiple of 2.
        depth: number of blocks.
        heads: attention heads.
        feed_forward_mult: width of the feed-forward layer over `dim`.
        attention: "full" (every token sees all) or "factorised" (its frame first, then its place in all frames).
        text_dim: width of the text encoder's token states.
        image_dim: width of the image tokens; None = the model takes none.
        prediction: what the weights were trained to predict (see `schedules`); the trunk itself does not use it.
        rope_theta: ratio of fastest to slowest rotary frequency; small, because latent grids are small.
        sources: latents of c channels at the condition's beginning that the output may copy place by place (masked
            compositing, Finn et al. 2016, "Unsupervised Learning for Physical Interaction through Video Prediction"):
            what is only moved or kept need not squeeze through `dim` numbers; 0 = none.
    """

    _supports_gradient_checkpointing = True
    _repeated_blocks: ClassVar[list[str]] = ["DenoiserBlock"]
    _no_split_modules: ClassVar[list[str]] = ["DenoiserBlock"]
    _skip_layerwise_casting_patterns: ClassVar[list[str]] = [
        "patch_embed",
        "time_embed",
        "time_proj",
        "text_pool",
        "norm",
        "proj_out",
        "share_out",
    ]
    _keep_in_fp32_modules: ClassVar[list[str]] = ["time_embed", "time_proj", "text_pool", "scale_shift_table"]
    _cp_plan: dict[str, Any] | None = None

    @register_to_config
    def __init__(
        self,
        channels: int = 16,
        cond_channels: int = 0,
        patch: Patch = (1, 2, 2),
        dim: int = 256,
        depth: int = 6,
        heads: int = 4,
        feed_forward_mult: float = 4.0,
        attention: Literal["full", "factorised"] = "full",
        text_dim: int = 384,
        image_dim: int | None = None,
        prediction: Prediction = "x0",
        rope_theta: float = 100.0,
        sources: int = 0,
    ) -> None:
        super().__init__()
        if sources * channels > cond_channels:
            raise ValueError(f"{sources} sources of {channels} channels are more than cond_channels {cond_channels}")
        factorised = attention == "factorised"
        places = patch[0] * patch[1] * patch[2]
        self.rope = RotaryPositions(dim // heads, rope_theta)
        self.patch_embed = nn.Linear((channels + cond_channels) * places, dim)

        self.time_steps = Timesteps(256, flip_sin_to_cos=True, downscale_freq_shift=0)
        self.time_embed = TimestepEmbedding(256, dim)
        self.time_proj = nn.Linear(dim, modulations(factorised) * dim)

        self.text_norm = FP32LayerNorm(text_dim, 1e-6, elementwise_affine=False)
        self.text_embed = PixArtAlphaTextProjection(text_dim, dim)
        self.text_pool = nn.Linear(dim, dim)
        if image_dim is not None:
            self.image_norm = FP32LayerNorm(image_dim, 1e-6, elementwise_affine=False)
            self.image_embed = PixArtAlphaTextProjection(image_dim, dim)
        self.null_token = nn.Parameter(torch.zeros(1, 1, dim))

        self.blocks = nn.ModuleList(
            DenoiserBlock(dim, heads, feed_forward_mult, factorised=factorised) for _ in range(depth)
        )
        self.out_norm = FP32LayerNorm(dim, 1e-6, elementwise_affine=False)
        self.scale_shift_table = nn.Parameter(torch.zeros(1, 2, dim))
        self.proj_out = nn.Linear(dim, channels * places)
        if sources:
            self.share_out = nn.Linear(dim, sources * places)
        self.gradient_checkpointing = False
        if not factorised:  # factorised blocks regroup frames and places: their tokens cannot be split along one axis
            self._cp_plan = SPLIT_BY_TOKEN | ({"share_out": SPLIT_BY_TOKEN["proj_out"]} if sources else {})
        self._initialise()
        self.eval()

    def forward(
        self,
        hidden_states: Tensor,
        timestep: Tensor,
        encoder_hidden_states: Tensor,
        encoder_attention_mask: Tensor | None = None,
        image_hidden_states: Tensor | None = None,
        image_attention_mask: Tensor | None = None,
        condition: Tensor | None = None,
        steer: Steer | None = None,
        return_dict: bool = True,
    ) -> Transformer2DModelOutput | tuple[Tensor]:
        """One prediction for each row.

        Args:
            hidden_states: (b, c, l, h, w) noisy latent; its dtype is the compute dtype.
            timestep: (b,) float in [0, 1000], one for each row (1000 times the schedule's t).
            encoder_hidden_states: (b, n, text_dim) token states of the text.
            encoder_attention_mask: (b, n) bool, True = a real token; a row all False is unconditional.
            image_hidden_states: (b, m, image_dim); None = no image tokens.
            image_attention_mask: (b, m) bool; a row all False has no image.
            condition: (b, cond_channels, l, h, w); None = zeros.
            steer: asked before each block, of the whole batch (see `control`); None = nothing is changed.

        Returns:
            (b, c, l, h, w) in the dtype of `hidden_states`, as `.sample` or in a tuple.

        Raises:
            ValueError: the patch does not divide the latent.
        """
        dtype = hidden_states.dtype
        patch: Patch = tuple(self.config.patch)
        grid = grid_of(hidden_states.shape[2:], patch)
        tokens = self.patch_embed(patchify(self._with_condition(hidden_states, condition), patch))
        where = absolute_positions(grid, self.config.dim, self.config.rope_theta, tokens.device)
        tokens = (tokens.float() + where).to(dtype)

        text = self.text_embed(self.text_norm(encoder_hidden_states.to(dtype)))
        context, mask = self._context(text, encoder_attention_mask, image_hidden_states, image_attention_mask)
        time = self._time(timestep, self._pooled_text(text, encoder_attention_mask))
        modulation = by_rows(lambda rows: self.time_proj(F.silu(rows)), time).unflatten(1, (-1, self.config.dim))

        positions = self._positions(tokens, grid)
        for number, block in enumerate(self.blocks):
            if steer is not None:
                tokens = steer(number, tokens, time)
            if torch.is_grad_enabled() and self.gradient_checkpointing:
                tokens = self._gradient_checkpointing_func(block, tokens, context, mask, modulation, positions)
            else:
                tokens = block(tokens, context, mask, modulation, positions)

        shift, scale = (self.scale_shift_table + time[:, None]).float().chunk(2, dim=1)
        tokens = (self.out_norm(tokens.float()) * (1 + scale) + shift).to(dtype)
        sample = unpatchify(self.proj_out(tokens), grid, patch)
        if self.config.sources and condition is not None:
            sample = self._with_sources(sample, condition.to(dtype), unpatchify(self.share_out(tokens), grid, patch))
        return Transformer2DModelOutput(sample=sample) if return_dict else (sample,)

    def _with_condition(self, latent: Tensor, condition: Tensor | None) -> Tensor:
        if self.config.cond_channels == 0:
            return latent
        if condition is None:
            condition = latent.new_zeros(latent.shape[0], self.config.cond_channels, *latent.shape[2:])
        return torch.cat([latent, condition.to(latent.dtype)], dim=1)

    def _with_sources(self, sample: Tensor, condition: Tensor, shares: Tensor) -> Tensor:
        # one after the other: a sum over a dimension would round by the batch's layout
        for share, source in zip(shares.split(1, dim=1), condition.split(self.config.channels, dim=1), strict=False):
            sample = sample + share * source
        return sample

    def _time(self, timestep: Tensor, pooled_text: Tensor) -> Tensor:
        # the table's dtype, not a Linear's: layerwise casting may store those in fp8
        dtype = self.scale_shift_table.dtype
        embedded = by_rows(self.time_embed, self.time_steps(timestep).to(dtype))
        return embedded + by_rows(self.text_pool, pooled_text.to(dtype))

    def _pooled_text(self, text: Tensor, mask: Tensor | None) -> Tensor:
        if mask is None:
            return text.float().mean(dim=1)
        weight = mask[..., None].float()
        return (text.float() * weight).sum(dim=1) / weight.sum(dim=1).clamp_min(1.0)

    def _context(
        self, text: Tensor, text_mask: Tensor | None, image: Tensor | None, image_mask: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        # the null token keeps attention defined for a row whose other tokens are all masked
        parts = [self.null_token.to(text.dtype).expand(text.shape[0], -1, -1), text]
        masks = [text_mask]
        if image is not None:
            parts.append(self.image_embed(self.image_norm(image.to(text.dtype))))
            masks.append(image_mask)
        if all(mask is None for mask in masks):
            return torch.cat(parts, dim=1), None
        seen = [torch.ones(parts[0].shape[:2], dtype=torch.bool, device=text.device)]
        for part, mask in zip(parts[1:], masks, strict=True):
            seen.append(torch.ones(part.shape[:2], dtype=torch.bool, device=text.device) if mask is None else mask)
        return torch.cat(parts, dim=1), torch.cat(seen, dim=1)

    def _positions(self, tokens: Tensor, grid: Grid) -> Positions:
        frames, height, width = grid
        if self.config.attention == "full":
            return Positions(grid, self.rope(tokens, grid), None)
        return Positions(grid, self.rope(tokens, (1, height, width)), self.rope(tokens, (frames, 1, 1)))

    def _initialise(self) -> None:
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
        nn.init.normal_(self.null_token, std=0.02)
        # every block starts as the identity and the model as zero, so that early gradients are calm
        nn.init.zeros_(self.time_proj.weight)
        nn.init.zeros_(self.proj_out.weight)
        if self.config.sources:
            nn.init.zeros_(self.share_out.weight)
        for module in self.modules():
            if isinstance(module, RotaryAttention) and module.is_cross_attention:
                module.to_out.apply(_silence)


def _silence(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.zeros_(module.weight)
