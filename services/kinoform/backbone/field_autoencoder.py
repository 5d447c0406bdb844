"""The autoencoder of the embedded mesh model: a coarse grid of distances and colours <-> a small volume of latents.

The decoder is implicit (Peng et al. 2020, "Convolutional Occupancy Networks"): convolutions make a volume of features
out of the latents, and a small network reads the features around a point. So a shape can be sampled at any resolution,
and training needs a few points a shape, not a dense grid.
"""

from typing import ClassVar

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

GRID_CHANNELS = 6
"""Distance, then base colour (3), roughness and metallic, each in [-1, 1]."""


class FieldAutoencoder(ModelMixin, ConfigMixin):
    """Grids (b, 6, n, n, n) <-> latents (b, c, n / 4, n / 4, n / 4) of about zero mean and unit variance.

    A grid's places are the centres of n^3 equal cells of the cube [-1, 1]^3, axes (z, y, x). Distances are divided by
    `band` and cut off at -1 and 1; appearance is 0 away from the surface.
    """

    _skip_layerwise_casting_patterns: ClassVar[list[str]] = ["conv_in", "conv_out", "point"]

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 16,
        width: int = 64,
        fine_width: int = 24,
        feature_channels: int = 8,
        point_width: int = 64,
        grid: int = 32,
        band: float = 0.25,
        latents_mean: tuple[float, ...] | None = None,
        latents_std: tuple[float, ...] | None = None,
    ) -> None:
        """width, fine_width: channels at a quarter and a half of the grid's size.

        feature_channels, point_width: of the volume that points are read from, and of the network that reads it.
        latents_mean, latents_std: one figure a channel, measured on the training data; None means 0 and 1.
        """
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv3d(8 * GRID_CHANNELS, width, 4, stride=2, padding=1),
            ResidualBlock(width),
            nn.Conv3d(width, latent_channels, 3, padding=1),
        )
        self.decoder = nn.Sequential(
            nn.Conv3d(latent_channels, width, 3, padding=1),
            ResidualBlock(width),
            nn.Conv3d(width, 8 * fine_width, 3, padding=1),
            VoxelShuffle(),
            ResidualBlock(fine_width),
            nn.Conv3d(fine_width, 8 * feature_channels, 3, padding=1),
            VoxelShuffle(),
        )
        self.point = nn.Sequential(
            nn.Linear(feature_channels, point_width),
            nn.SiLU(),
            nn.Linear(point_width, point_width),
            nn.SiLU(),
            nn.Linear(point_width, GRID_CHANNELS),
        )
        self.size = nn.Sequential(nn.Linear(8 * latent_channels, 64), nn.SiLU(), nn.Linear(64, 1))
        self.eval()

    @property
    def latent_size(self) -> int:
        """Latents along each side."""
        return int(self.config.grid) // 4

    def encode(self, grid: Tensor) -> Tensor:
        """Normalised latents (b, c, n / 4, ...) of grids (b, 6, n, n, n); deterministic, row by row."""
        latents = torch.cat([self.encode_grids(row[None]) for row in grid.to(self.dtype)])
        mean, std = self._statistics(latents)
        return (latents - mean) / std

    def features(self, latents: Tensor) -> Tensor:
        """What points are read from: (b, f, n, n, n) of normalised latents (b, c, n / 4, ...); row by row."""
        mean, std = self._statistics(latents)
        raw = (latents * std + mean).to(self.dtype)
        return torch.cat([self.decode_features(row[None]) for row in raw])

    def encode_grids(self, grid: Tensor) -> Tensor:
        """Raw latents, before normalisation, of grids."""
        latents: Tensor = self.encoder(gathered(grid))
        return latents

    def decode_features(self, latents: Tensor) -> Tensor:
        """Features of raw latents."""
        features: Tensor = self.decoder(latents)
        return features

    def read(self, features: Tensor, points: Tensor) -> Tensor:
        """Distance in units of `band`, colour, roughness and metallic (b, p, 6) at points (b, p, 3) in [-1, 1]^3."""
        # the last grid_sample axis is x, and so is the grid's
        around = F.grid_sample(features, points[:, :, None, None], padding_mode="border", align_corners=False)
        values: Tensor = self.point(around[..., 0, 0].transpose(1, 2))
        return values

    def log_size(self, latents: Tensor) -> Tensor:
        """(b,) natural logarithm of the longest side in metres of what normalised latents (b, c, ...) show."""
        octants = latents.unflatten(4, (2, -1)).unflatten(3, (2, -1)).unflatten(2, (2, -1)).mean(dim=(3, 5, 7))
        sizes: Tensor = self.size(octants.flatten(1))
        return sizes[:, 0]

    def _statistics(self, like: Tensor) -> tuple[Tensor, Tensor]:
        channels = self.config.latent_channels
        mean = like.new_tensor(self.config.latents_mean or [0.0] * channels).view(1, channels, 1, 1, 1)
        std = like.new_tensor(self.config.latents_std or [1.0] * channels).view(1, channels, 1, 1, 1)
        return mean, std


class ResidualBlock(nn.Module):
    """x + conv(silu(conv(silu(x)))): no normalisation; starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(width, width, 3, padding=1)
        self.conv2 = nn.Conv3d(width, width, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)
        assert self.conv2.bias is not None
        nn.init.zeros_(self.conv2.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        residual: Tensor = self.conv2(F.silu(self.conv1(F.silu(hidden))))
        return hidden + residual


class VoxelShuffle(nn.Module):
    """(b, 8 c, l, h, w) -> (b, c, 2 l, 2 h, 2 w): pixel shuffle (Shi et al. 2016) in space."""

    def forward(self, packed: Tensor) -> Tensor:
        split = packed.unflatten(1, (-1, 2, 2, 2))
        return split.permute(0, 1, 5, 2, 6, 3, 7, 4).flatten(6, 7).flatten(4, 5).flatten(2, 3)


def gathered(grid: Tensor) -> Tensor:
    """(b, c, 2 l, 2 h, 2 w) -> (b, 8 c, l, h, w), the inverse of VoxelShuffle."""
    split = grid.unflatten(4, (-1, 2)).unflatten(3, (-1, 2)).unflatten(2, (-1, 2))
    return split.permute(0, 1, 3, 5, 7, 2, 4, 6).flatten(1, 4)
