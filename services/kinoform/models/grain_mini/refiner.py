"""What tokens can't see: how neighbouring latents go on across the borders of tokens and windows."""

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn

from kinoform.backbone.schedules import add_noise
from kinoform.models.grain_mini.autoencoder import wrapped


class LatentRefiner(ModelMixin, ConfigMixin):
    """Improves a foreseen clean latent with the noisy one beside it: a few convolutions on the whole torus.

    The denoiser predicts 4 x 4 latents at once, from one token; without the refiner irregular textures show that grid.
    Being local and the same everywhere, it commutes with rolls and takes tiles of any size.
    """

    @register_to_config
    def __init__(self, channels: int = 12, width: int = 32, depth: int = 2) -> None:
        """channels: of the latent; width: of the hidden layers; depth: how many there are between first and last."""
        super().__init__()
        layers: list[nn.Module] = [wrapped(2 * channels + 2, width)]
        for _ in range(depth):
            layers += [nn.SiLU(), wrapped(width, width)]
        last = wrapped(width, channels)
        nn.init.zeros_(last.weight)  # at first nothing is changed
        assert last.bias is not None
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(*layers, nn.SiLU(), last)
        self.eval()

    def forward(self, noisy: Tensor, clean: Tensor, alpha_bar: Tensor) -> Tensor:
        """The refined clean latent. noisy, clean: (b, c, h, w); alpha_bar: (b,), of `noisy`. Returns (b, c, h, w)."""
        ones, zeros = torch.ones_like(noisy[:, :1]), torch.zeros_like(noisy[:, :1])
        amplitudes = [add_noise(ones, zeros, alpha_bar), add_noise(zeros, ones, alpha_bar)]
        refined: Tensor = clean + self.layers(torch.cat([noisy, clean, *amplitudes], dim=1))
        return refined
