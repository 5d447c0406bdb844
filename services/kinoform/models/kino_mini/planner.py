"""The motion planner: from text and first frame to how the actor will move, and the first frame moved that way.

The clip stage is given each frame's motion-compensated first frame, as video codecs predict a frame before they code
what is left (Wiegand et al. 2003): to turn or shift a latent by a fraction of its width is hard to learn, to choose
between a moved and an unmoved picture is easy.
"""

from typing import NamedTuple

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

from kinoform.backbone.autoencoder import VideoAutoencoder

PARTS = 4
"""Numbers a frame: way to the right and down, logarithm of the size and turn, all since the first frame."""


class Plan(NamedTuple):
    """How one actor moves; lengths in half frame widths, x to the right, y down, the frame's middle at 0."""

    pivot: Tensor
    """(2,) float32: x, y of its centre in the first frame."""
    moves: Tensor
    """(PARTS, l) float32: x, y, log size, turn in radians (clockwise as seen), each less that of the first frame."""


class MotionPlanner(ModelMixin, ConfigMixin):
    """Reads the prompt by a few learned questions, the first frame's latent as a whole."""

    @register_to_config
    def __init__(
        self, channels: int = 16, size: int = 8, text_dim: int = 384, dim: int = 256, queries: int = 4, frames: int = 16
    ) -> None:
        """size: side of the first frame's latent; frames: moments that the plan is made for."""
        super().__init__()
        self.text_norm = nn.LayerNorm(text_dim, elementwise_affine=False)
        self.questions = nn.Linear(text_dim, queries)
        self.answers = nn.Linear(text_dim, dim // 2)
        self.picture = nn.Sequential(nn.Flatten(), nn.Linear(channels * size * size, dim), nn.GELU())
        self.hidden = nn.Sequential(
            nn.Linear(queries * (dim // 2) + dim, dim), nn.GELU(), nn.Linear(dim, dim), nn.GELU()
        )
        self.out = nn.Linear(dim, 2 + PARTS * frames)
        self.eval()

    def forward(self, text: Tensor, mask: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
        """Pivots (b, 2) and moves (b, PARTS, frames) of `Plan`s.

        text: (b, n, text_dim) token states; mask: (b, n) bool; first: (b, channels, 1, size, size) latents.
        """
        states = self.text_norm(text)
        hidden = torch.where(mask[..., None], self.questions(states), -1e4)
        asked = hidden.softmax(dim=1).transpose(1, 2) @ self.answers(states)
        known = torch.cat([asked.flatten(1), self.picture(first)], dim=1)
        planned = self.out(self.hidden(known))
        return planned[:, :2], planned[:, 2:].unflatten(1, (PARTS, -1))

    @torch.inference_mode()
    def plan(self, text: Tensor, mask: Tensor, first: Tensor, frames: int) -> Plan:
        """One clip's plan. text: (n, text_dim); mask: (n,); first: (channels, 1, h, w), resampled to the net's size."""
        size = self.config.size
        seen = F.interpolate(first[:, 0][None], (size, size), mode="bilinear", align_corners=False)
        pivot, moves = self(text[None], mask[None], seen[:, :, None])
        moves = moves - moves[:, :, :1]
        return Plan(pivot[0], F.interpolate(moves, frames, mode="linear", align_corners=True)[0])


def blended(said: Plan, shown: Plan, amount: float) -> Plan:
    """Between two plans: 0 = as said, 1 = as shown."""
    if amount == 1.0:
        return shown
    return Plan(said.pivot.lerp(shown.pivot, amount), said.moves.lerp(shown.moves, amount))


def moved_latents(autoencoder: VideoAutoencoder, first: Tensor, plan: Plan) -> Tensor:
    """Latents (c, l, h, w) of the first frame, (c, 1, h, w), moved by the plan; frame 0 is `first` as it is."""
    picture = autoencoder.decode(first[None])[0, :, 0]
    moved = autoencoder.encode(compensated(picture, plan)[None])[0]
    return torch.cat([first, moved[:, 1:]], dim=1)


def moved_condition(moved: Tensor) -> Tensor:
    """The clip stage's condition (..., 2 c, l, h, w): the first frame in every frame, and moved as planned.

    moved: (..., c, l, h, w) latents of the moved first frame, which at frame 0 is still in its place.
    """
    return torch.cat([moved[..., :1, :, :].expand_as(moved), moved], dim=-4)


def compensated(picture: Tensor, plan: Plan) -> Tensor:
    """The picture (3, h, w) as a clip (3, l, h, w): all of it moves by the plan, and past its edge the edge goes on."""
    x, y, size, turn = plan.moves
    scale, length = torch.exp(-size), plan.moves.shape[1]
    cos, sin = scale * torch.cos(turn), scale * torch.sin(turn)
    right, down = plan.pivot[0] + x, plan.pivot[1] + y
    rows = [
        cos, sin, plan.pivot[0] - cos * right - sin * down,
        -sin, cos, plan.pivot[1] + sin * right - cos * down,
    ]  # fmt: skip
    theta = torch.stack(rows, dim=1).view(length, 2, 3)
    pictures = picture.expand(length, -1, -1, -1)
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    moved = F.grid_sample(pictures, grid, mode="bicubic", padding_mode="border", align_corners=False)
    return moved.clamp(-1, 1).transpose(0, 1)
