"""The codec of materials: convolutions that wrap around, so that tiles have no border and a rolled latent decodes to
the rolled tile."""

from typing import ClassVar

from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

PLANES = 6
"""Red, green, blue, roughness, metallic, height."""


class MaterialAutoencoder(ModelMixin, ConfigMixin):
    """Tiles (b, 6, h, w) in [-1, 1] <-> latents (b, c, h / 8, w / 8) of about zero mean and unit variance.

    Both ways are a linear map of 8 x 8 patches, which training begins with the principal components, and what a
    convolutional net adds to it: half of the way is gone before the first step. Both commute with rolls along either
    side by whole latent places, which are 8 pixels of the tile.
    """

    _skip_layerwise_casting_patterns: ClassVar[list[str]] = ["conv_in", "conv_out"]

    RATIO: ClassVar[int] = 8
    """Pixels to a latent, along each side."""

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 12,
        widths: tuple[int, int] = (48, 96),
        encoder_depths: tuple[int, int] = (1, 0),
        decoder_depths: tuple[int, int] = (2, 1),
        latents_mean: tuple[float, ...] | None = None,
        latents_std: tuple[float, ...] | None = None,
    ) -> None:
        """widths: channels at a quarter and an eighth of the tile's size; depths: residual blocks at each.

        latents_mean, latents_std: one figure a channel, measured on the training data; None means 0 and 1.
        """
        super().__init__()
        fine, coarse = widths
        patch = self.RATIO**2 * PLANES
        self.encoder_shortcut = nn.Sequential(nn.PixelUnshuffle(self.RATIO), nn.Conv2d(patch, latent_channels, 1))
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(4),
            wrapped(16 * PLANES, fine),
            *(ResidualBlock(fine) for _ in range(encoder_depths[0])),
            nn.PixelUnshuffle(2),
            wrapped(4 * fine, coarse, side=1),
            *(ResidualBlock(coarse) for _ in range(encoder_depths[1])),
            wrapped(coarse, latent_channels),
        )
        self.decoder_shortcut = nn.Sequential(nn.Conv2d(latent_channels, patch, 1), nn.PixelShuffle(self.RATIO))
        self.decoder = nn.Sequential(
            wrapped(latent_channels, coarse),
            *(ResidualBlock(coarse) for _ in range(decoder_depths[1])),
            wrapped(coarse, 4 * fine),
            nn.PixelShuffle(2),
            *(ResidualBlock(fine) for _ in range(decoder_depths[0])),
            wrapped(fine, 16 * PLANES),
            nn.PixelShuffle(4),
        )
        self.eval()

    def encode(self, tiles: Tensor) -> Tensor:
        """Normalised latents (b, c, h / 8, w / 8) of tiles (b, 6, h, w) in [-1, 1]; deterministic.

        Raises:
            ValueError: another shape.
        """
        if tiles.ndim != 4 or tiles.shape[1] != PLANES or tiles.shape[2] % self.RATIO or tiles.shape[3] % self.RATIO:
            raise ValueError(f"tiles are (b, {PLANES}, h, w) with sides of multiples of 8, got {tuple(tiles.shape)}")
        mean, std = self._statistics(tiles)
        return (self.encode_raw(tiles) - mean) / std

    def decode(self, latents: Tensor) -> Tensor:
        """Tiles (b, 6, 8 h', 8 w'), clamped to [-1, 1], of normalised latents (b, c, h', w').

        Raises:
            ValueError: another shape.
        """
        if latents.ndim != 4 or latents.shape[1] != self.config.latent_channels:
            raise ValueError(f"latents are (b, {self.config.latent_channels}, h, w), got {tuple(latents.shape)}")
        mean, std = self._statistics(latents)
        return self.decode_raw(latents * std + mean).clamp(-1, 1)

    def encode_raw(self, tiles: Tensor) -> Tensor:
        """Latents of tiles before normalisation; shapes as in `encode`."""
        latents: Tensor = self.encoder_shortcut(tiles) + self.encoder(tiles)
        return latents

    def decode_raw(self, latents: Tensor) -> Tensor:
        """Tiles, not clamped, of latents before normalisation."""
        tiles: Tensor = self.decoder_shortcut(latents) + self.decoder(latents)
        return tiles

    def _statistics(self, like: Tensor) -> tuple[Tensor, Tensor]:
        channels = self.config.latent_channels
        mean = like.new_tensor(self.config.latents_mean or [0.0] * channels).view(1, channels, 1, 1)
        std = like.new_tensor(self.config.latents_std or [1.0] * channels).view(1, channels, 1, 1)
        return mean, std


class ResidualBlock(nn.Module):
    """x + conv(silu(conv(silu(x)))): no normalisation, so that flat planes pass unchanged; starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = wrapped(width, width)
        self.conv2 = wrapped(width, width)
        nn.init.zeros_(self.conv2.weight)
        assert self.conv2.bias is not None
        nn.init.zeros_(self.conv2.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        residual: Tensor = self.conv2(nn.functional.silu(self.conv1(nn.functional.silu(hidden))))
        return hidden + residual


def wrapped(channels: int, out: int, *, side: int = 3) -> nn.Conv2d:
    """A convolution of odd `side` on a torus."""
    return nn.Conv2d(channels, out, side, padding=side // 2, padding_mode="circular")
