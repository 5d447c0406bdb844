"""What the eye is taught beside the denoising: to say what it sees.

Denoising alone teaches an eye slowly, since the noisy latent and the caption tell most of what it could tell. From its
tokens a small head, which does not ship, guesses the caption's mean token state and the latent, coarsely: a picture in
words and in rough shape."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from kinoform.models.form_mini.eye import STRIDE
from kinoform.models.form_mini.pictures import VIEW

TOKENS = (VIEW // STRIDE) ** 2
STATE = 384
"""Width of the text encoder's token states."""
COARSE = 4
"""The guessed latent has so many cells along each side."""
HIDDEN = 512


class Looks(NamedTuple):
    """Views and what should be read from them; n rows."""

    views: Tensor
    """(n, 3, VIEW, VIEW) in [-1, 1]."""
    states: Tensor
    """(n, STATE): the captions' mean token states."""
    coarse: Tensor
    """(n, c, COARSE, COARSE, COARSE): the latents, averaged over blocks."""

    def to(self, device: torch.device) -> "Looks":
        """The same on a device."""
        return Looks(*(part.to(device) for part in self))


class Reader(nn.Module):
    """Image tokens (n, TOKENS, image_dim) -> states (n, STATE) and coarse latents."""

    def __init__(self, image_dim: int, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.read = nn.Sequential(
            nn.Flatten(),
            nn.Linear(TOKENS * image_dim, HIDDEN),
            nn.SiLU(),
            nn.Linear(HIDDEN, STATE + channels * COARSE**3),
        )

    def forward(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        states, coarse = self.read(tokens).split([STATE, self.channels * COARSE**3], dim=1)
        return states, coarse.unflatten(1, (self.channels, COARSE, COARSE, COARSE))


def reading_loss(reader: Reader, tokens: Tensor, looks: Looks) -> Tensor:
    """One minus the cosine of the states, plus the mean square error of the coarse latents."""
    states, coarse = reader(tokens)
    words = 1 - F.cosine_similarity(states, looks.states)
    return words.mean() + (coarse - looks.coarse).square().mean()


def mean_states(states: Tensor, mask: Tensor) -> Tensor:
    """(n, STATE) of token states (n, t, STATE) and their mask (n, t)."""
    return (states * mask[..., None]).sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp_min(1)
