"""The motion follower: from the maps that steer a clip to how its actor must move, as the planner says it from text."""

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

from kinoform.models.kino_mini.planner import PARTS, Plan
from kinoform.models.kino_mini.signals import CHANNELS


class MotionFollower(ModelMixin, ConfigMixin):
    """Looks at each frame's maps by itself, then at each frame between the first, the last and its neighbours."""

    @register_to_config
    def __init__(self, maps: int = CHANNELS, widths: tuple[int, ...] = (16, 24, 32, 48), dim: int = 96) -> None:
        """widths: channels at a half, a quarter, ... of the maps' 64 pixels."""
        super().__init__()
        sides = zip((maps, *widths), widths, strict=False)
        self.eye = nn.ModuleList(nn.Conv2d(small, wide, 3, stride=2, padding=1) for small, wide in sides)
        self.seen = nn.Linear(widths[-1] * (64 >> len(widths)) ** 2, dim)
        self.near = nn.Conv1d(dim, dim, 5, padding=2)
        self.place = nn.Linear(dim, 2)
        self.hidden = nn.Linear(4 * dim + 1, dim)
        self.moves = nn.Linear(dim, PARTS)
        self.eval()

    def forward(self, signal: Tensor) -> tuple[Tensor, Tensor]:
        """Pivots (b, 2) and moves (b, PARTS, l) of `Plan`s for maps (b, maps, l, 64, 64)."""
        length = signal.shape[2]
        hidden = signal.transpose(1, 2).flatten(0, 1)
        for layer in self.eye:
            hidden = F.gelu(layer(hidden), approximate="tanh")
        frames = F.gelu(self.seen(hidden.flatten(1))).unflatten(0, (-1, length))
        near = F.gelu(self.near(frames.transpose(1, 2)).transpose(1, 2))
        first, last = (frames[:, [place]].expand_as(frames) for place in (0, -1))
        when = torch.linspace(0, 1, length, device=signal.device).view(1, -1, 1).expand(len(signal), -1, -1)
        known = F.gelu(self.hidden(torch.cat([near, frames, first, last, when], dim=-1)))
        return self.place(frames[:, 0]), self.moves(known).transpose(1, 2)

    @torch.inference_mode()
    def plan(self, signal: Tensor) -> Plan:
        """The plan that one clip's maps (maps, l, h, w) ask for; they are brought to 64 pixels."""
        small = F.interpolate(signal.transpose(0, 1), (64, 64), mode="area").transpose(0, 1)
        pivot, moves = self(small[None])
        return Plan(pivot[0], (moves - moves[:, :, :1])[0])
