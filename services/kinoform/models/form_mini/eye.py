"""What form-mini sees a picture with: a small convolutional network, trained together with the denoiser."""

from typing import ClassVar

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from kinoform.models.form_mini.pictures import VIEW

STRIDE = 16
"""Pixels to an image token, along each side."""


class Eye(ModelMixin, ConfigMixin):
    """Views (b, 3, VIEW, VIEW) in [-1, 1] -> image tokens (b, (VIEW / STRIDE)^2, image_dim), in rows from the top."""

    _skip_layerwise_casting_patterns: ClassVar[list[str]] = ["place"]

    @register_to_config
    def __init__(self, image_dim: int = 192, width: int = 32) -> None:
        """width: channels at half the view's size; twice and four times as many at a quarter and an eighth."""
        super().__init__()
        self.stages = nn.Sequential(
            nn.Conv2d(3, width, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1),
            nn.SiLU(),
            nn.Conv2d(4 * width, 4 * width, 3, padding=1),
            nn.SiLU(),
            nn.Conv2d(4 * width, image_dim, 4, stride=2, padding=1),
        )
        self.place = nn.Parameter(0.2 * torch.randn(1, (VIEW // STRIDE) ** 2, image_dim))
        self.eval()

    def forward(self, views: Tensor) -> Tensor:
        tokens: Tensor = self.stages(views).flatten(2).transpose(1, 2) + self.place
        return tokens
