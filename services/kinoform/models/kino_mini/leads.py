"""What leads a clip beside its text and its first frame, as the networks read it; kept with the state."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from kinoform.engine.family import Frames
from kinoform.media.picture.recolour import Tones, recoloured
from kinoform.models.kino_mini.planner import Plan
from kinoform.models.reach import Reach


class Known(NamedTuple):
    """Latents that are known."""

    latents: Tensor
    """(c, l, h, w) float32."""
    where: Tensor
    """(l, h, w) float32, 1 = known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One condition."""

    keyframe: Tensor | None
    """(n, d) float32 tokens of the keyframe stage's branch; None where it says nothing of the first frame."""
    clip: Tensor | None
    """(n, d) float32 tokens of the clip stage's branch; None where it says nothing of what follows."""
    known: Known | None
    """Of pixels that are given."""
    reach: Reach


class Follow(NamedTuple):
    """How the actor shall move, as the conditions show it."""

    plan: Plan
    amount: float
    """0 to 1: 1 = so, and not as the text says."""


class Ending(NamedTuple):
    """The last frame; what it asks for depends on the first."""

    picture: Tensor
    """(3, h, w) float32 in [-1, 1]."""
    reach: Reach


class Tinge(NamedTuple):
    """Colours that the clip is brought to, all frames by one map, once they are made."""

    tones: Tones
    amount: float
    """0 to 1."""


class Kept(NamedTuple):
    """Pixels that the clip has in the end, whatever was made."""

    pixels: Tensor
    """(l, h, w, 3) uint8."""
    where: Tensor
    """(l, h, w) bool, True = kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """All that leads a clip."""

    each: tuple[Lead, ...] = ()
    follow: Follow | None = None
    ending: Ending | None = None
    """None once it is one of `each`."""
    tinge: Tinge | None = None
    kept: Kept | None = None

    def acting(self, stage: str, step: int, steps: int) -> list[tuple[Tensor, float]]:
        """The tokens (n, d) and strengths of those that the stage's branch reads in a step."""
        tokens = [
            (lead.keyframe if stage == "keyframe" else lead.clip, lead.reach.at(step, steps)) for lead in self.each
        ]
        return [(each, strength) for each, strength in tokens if each is not None and strength > 0]

    def pinned(self, clean: Tensor, step: int, steps: int) -> Tensor:
        """The foreseen latents (c, l, h, w), of the clip's first l frames, with what is known of them in its place."""
        for lead in self.each:
            firmness = min(lead.reach.at(step, steps), 1.0)
            if lead.known is not None and firmness > 0:
                length = clean.shape[1]
                share = firmness * lead.known.where[:length]
                clean = (1 - share) * clean + share * lead.known.latents[:, :length]
        return clean

    def finished(self, frames: Frames, chosen: list[int]) -> Frames:
        """Frames (k, h, w, 3), the `chosen` ones of the clip, in the colours and with the pixels they shall have."""
        if self.tinge is not None:
            frames = recoloured(frames, *self.tinge)
        if self.kept is None:
            return frames
        pixels, where = self.kept
        return torch.where(where[chosen][..., None], pixels[chosen], torch.from_numpy(frames)).numpy()


NO_LEADS = Leads()
