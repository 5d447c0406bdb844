"""The video autoencoder of the embedded models: a small convolutional codec that works frame by frame.

Frames are coded one by one (no temporal compression), so a picture is a clip of one frame, and a preview may decode
any few frames. Strided and sub-pixel convolutions overlap: subjects need no alignment to an 8x8 grid.
"""

from typing import ClassVar

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn


class VideoAutoencoder(ModelMixin, ConfigMixin):
    """Clip (b, 3, l, h, w) in [-1, 1] <-> latents (b, c, l, h / 8, w / 8) of about zero mean and unit variance."""

    _skip_layerwise_casting_patterns: ClassVar[list[str]] = ["conv_in", "conv_out"]

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 16,
        widths: tuple[int, ...] = (24, 64, 128),
        encoder_depths: tuple[int, ...] = (0, 1, 1),
        decoder_depths: tuple[int, ...] = (1, 1, 2),
        latents_mean: tuple[float, ...] | None = None,
        latents_std: tuple[float, ...] | None = None,
    ) -> None:
        """widths: channels at a half, a quarter and an eighth of the picture's size; depths: residual blocks at each.

        latents_mean, latents_std: one figure a channel, measured on the training data; None means 0 and 1.
        """
        super().__init__()
        self.encoder = Encoder(latent_channels, tuple(widths), tuple(encoder_depths))
        self.decoder = Decoder(latent_channels, tuple(widths), tuple(decoder_depths))
        self.eval()

    @property
    def spatial_ratio(self) -> int:
        """Pixels to a latent, along each side."""
        return int(2 ** len(self.config.widths))

    def encode(self, clip: Tensor) -> Tensor:
        """Normalised latents (b, c, l, h', w') of a clip (b, 3, l, h, w) in [-1, 1]; deterministic.

        Each clip is coded by itself, so that a row's bits never depend on its neighbours. A picture is a clip with
        l = 1. h and w must be multiples of `spatial_ratio`, else ValueError.
        """
        if clip.ndim != 5 or clip.shape[1] != 3:
            raise ValueError(f"a clip is (b, 3, l, h, w), got {tuple(clip.shape)}")
        if clip.shape[3] % self.spatial_ratio or clip.shape[4] % self.spatial_ratio:
            raise ValueError(f"height and width must be multiples of {self.spatial_ratio}, got {tuple(clip.shape[3:])}")
        frames = clip.to(self.dtype).transpose(1, 2)
        latents = torch.stack([self.encode_frames(row) for row in frames]).transpose(1, 2)
        mean, std = self._statistics(latents)
        return (latents - mean) / std

    def decode(self, latents: Tensor) -> Tensor:
        """The clip (b, 3, l, h, w), clamped to [-1, 1], of normalised latents (b, c, l, h', w'); row by row."""
        if latents.ndim != 5 or latents.shape[1] != self.config.latent_channels:
            raise ValueError(f"latents are (b, {self.config.latent_channels}, l, h, w), got {tuple(latents.shape)}")
        frames = self.denormalised(latents).to(self.dtype).transpose(1, 2)
        return torch.stack([self.decode_frames(row) for row in frames]).transpose(1, 2).clamp(-1, 1)

    def forward(self, clip: Tensor) -> Tensor:
        """The reconstruction of a clip (b, 3, l, h, w)."""
        return self.decode(self.encode(clip))

    def denormalised(self, latents: Tensor) -> Tensor:
        """Raw latents of normalised ones, both (b, c, l, h', w')."""
        mean, std = self._statistics(latents)
        return latents * std + mean

    def encode_frames(self, frames: Tensor) -> Tensor:
        """Raw latents (n, c, h', w') of frames (n, 3, h, w) in [-1, 1], before normalisation."""
        latents: Tensor = self.encoder(frames)
        return latents

    def decode_frames(self, latents: Tensor) -> Tensor:
        """Frames (n, 3, h, w), not clamped, of raw latents (n, c, h', w')."""
        frames: Tensor = self.decoder(latents)
        return frames

    def _statistics(self, like: Tensor) -> tuple[Tensor, Tensor]:
        channels = self.config.latent_channels
        mean = like.new_tensor(self.config.latents_mean or [0.0] * channels).view(1, channels, 1, 1, 1)
        std = like.new_tensor(self.config.latents_std or [1.0] * channels).view(1, channels, 1, 1, 1)
        return mean, std


class Encoder(nn.Module):
    """(n, 3, h, w) -> (n, c, h / 2^k, w / 2^k) for k widths."""

    def __init__(self, latent_channels: int, widths: tuple[int, ...], depths: tuple[int, ...]) -> None:
        super().__init__()
        self.unshuffle = nn.PixelUnshuffle(2)
        self.conv_in = nn.Conv2d(12, widths[0], 3, padding=1)
        stages: list[nn.Module] = []
        for level, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            stages += [ResidualBlock(width) for _ in range(depth)]
            if level + 1 < len(widths):
                stages.append(nn.Conv2d(width, widths[level + 1], 4, stride=2, padding=1))
        self.stages = nn.Sequential(*stages)
        self.conv_out = nn.Conv2d(widths[-1], latent_channels, 3, padding=1)

    def forward(self, frames: Tensor) -> Tensor:
        hidden: Tensor = self.conv_out(self.stages(self.conv_in(self.unshuffle(frames))))
        return hidden


class Decoder(nn.Module):
    """(n, c, h', w') -> (n, 3, h' 2^k, w' 2^k) for k widths."""

    def __init__(self, latent_channels: int, widths: tuple[int, ...], depths: tuple[int, ...]) -> None:
        super().__init__()
        self.conv_in = nn.Conv2d(latent_channels, widths[-1], 3, padding=1)
        stages: list[nn.Module] = []
        for level in reversed(range(len(widths))):
            stages += [ResidualBlock(widths[level]) for _ in range(depths[level])]
            if level:
                stages += [nn.Conv2d(widths[level], 4 * widths[level - 1], 3, padding=1), nn.PixelShuffle(2)]
        self.stages = nn.Sequential(*stages)
        self.conv_out = nn.Conv2d(widths[0], 12, 3, padding=1)
        self.shuffle = nn.PixelShuffle(2)

    def forward(self, latents: Tensor) -> Tensor:
        frames: Tensor = self.shuffle(self.conv_out(self.stages(self.conv_in(latents))))
        return frames


class ResidualBlock(nn.Module):
    """x + conv(silu(conv(silu(x)))): no normalisation, so that flat colours pass unchanged; starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        assert self.conv2.bias is not None
        nn.init.zeros_(self.conv2.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        residual: Tensor = self.conv2(nn.functional.silu(self.conv1(nn.functional.silu(hidden))))
        return hidden + residual
