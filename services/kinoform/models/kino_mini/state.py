"""A kino-mini job between two steps, and its form in bytes."""

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor

from kinoform.backbone.schedules import Course
from kinoform.engine.errors import BadCheckpoint
from kinoform.models.checkpoint import pack, unpack
from kinoform.models.kino_mini.leads import NO_LEADS, Leads
from kinoform.models.kino_mini.leads_bytes import leads_facts, leads_from, leads_tensors, reach_facts, reach_from
from kinoform.models.reach import FULL, Reach

FAMILY = "kino-mini"
VERSION = 4

Stage = Literal["keyframe", "clip"]
"""First the first frame, from text alone, then the clip, from text and first frame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioning:
    """What a clip is asked to show, encoded; n tokens of text, latents (c, l, h, w)."""

    text: Tensor
    """(n, d) float32 token states of the prompt."""
    text_mask: Tensor
    """(n,) bool."""
    negative: Tensor
    """(n, d) float32 token states of what guidance leads away from."""
    negative_mask: Tensor
    """(n,) bool; all False without a negative prompt, as in training."""
    moved: Tensor | None
    """(c, l, h, w) float32: the first frame's latent (the picture's or the keyframe stage's), then of the same picture
    moved as planned; None until the keyframe stage is done."""
    first_reach: Reach = FULL
    """How firmly, and when, the first frame is held."""
    leads: Leads = NO_LEADS
    """What else leads the clip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipState:
    """A clip between two steps. Immutable: a step makes a new one."""

    latent: Tensor
    """(c, l, h, w) float32, noisy until the stage's last step; l = 1 in the keyframe stage."""
    clean: Tensor
    """As `latent`: the finished latent as the last step foresaw it; zero before the first."""
    conditioning: Conditioning
    frames: int
    """Length of the clip."""
    seed: int
    step: int
    """Steps done, of both stages together."""
    steps: int
    keyframe_steps: int
    """Of `steps`, those of the keyframe stage; 0 with a picture."""
    course: Course
    """The present stage's way; each stage runs from 1 to 0 by itself."""
    guidance: float

    def __post_init__(self) -> None:
        if not 0 <= self.step <= self.steps or not 0 <= self.keyframe_steps < self.steps:
            raise ValueError(f"step {self.step} of {self.steps}, {self.keyframe_steps} of them for the keyframe")
        if (self.conditioning.moved is None) != (self.stage == "keyframe"):
            raise ValueError(f"step {self.step} of {self.steps} does not fit its moved first frame")

    @property
    def stage(self) -> Stage:
        """The stage of the next step."""
        return "keyframe" if self.step < self.keyframe_steps else "clip"

    def times(self) -> Tensor:
        """(2,) float32: where the next step starts and where it ends."""
        return self.course.times(self.step)

    def advanced(self, latent: Tensor, clean: Tensor) -> "ClipState":
        """The state one step later, in the same stage."""
        return replace(self, latent=latent, clean=clean, step=self.step + 1)

    def begun_clip(self, conditioning: Conditioning) -> "ClipState":
        """The state after the keyframe's last step, with the finished keyframe moved as planned."""
        assert conditioning.moved is not None
        first = conditioning.moved[:, :1]
        _, noise = noises(self.seed, self.frames, first.shape)
        return replace(
            self,
            latent=noise.to(first.device),
            clean=first.repeat(1, self.frames, 1, 1),
            conditioning=conditioning,
            step=self.step + 1,
            course=Course(self.steps, self.keyframe_steps),
        )

    def forked(self, conditioning: Conditioning, steps: int, guidance: float) -> "ClipState":
        """The state with another way on, of `steps` steps in all; those left are shared out as they were."""
        keyframe_steps, left = self.keyframe_steps, steps - self.step
        if steps != self.steps and self.stage == "keyframe":
            share = (keyframe_steps - self.step) / (self.steps - self.step)
            keyframe_steps = self.step + min(max(round(share * left), 1), left - 1)
        end = keyframe_steps if self.stage == "keyframe" else steps
        return replace(
            self,
            conditioning=conditioning,
            steps=steps,
            keyframe_steps=keyframe_steps,
            course=self.course.forked(self.step, end),
            guidance=guidance,
        )


def noises(seed: int, frames: int, first: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    """The keyframe's noise (c, 1, h, w) and the clip's (c, frames, h, w) by the seed alone.

    Drawn one after the other from one generator on the CPU, so that every machine starts alike, and a picture's clip
    from the same noise as that of the text alone. first: (c, 1, h, w).
    """
    generator = torch.Generator().manual_seed(seed)
    channels, _, height, width = first
    keyframe = torch.randn(channels, 1, height, width, generator=generator)
    return keyframe, torch.randn(channels, frames, height, width, generator=generator)


def to_bytes(state: ClipState, fingerprint: str) -> bytes:
    """The state as safetensors; equal states give equal bytes. `fingerprint` names the weights that made it."""
    facts = {
        "family": FAMILY,
        "version": VERSION,
        "fingerprint": fingerprint,
        "frames": state.frames,
        "seed": state.seed,
        "step": state.step,
        "steps": state.steps,
        "keyframe_steps": state.keyframe_steps,
        "course": list(state.course),
        "guidance": state.guidance,
        "first_reach": reach_facts(state.conditioning.first_reach),
        "leads": leads_facts(state.conditioning.leads),
    }
    return pack(facts, _tensors(state))


def from_bytes(data: bytes, fingerprint: str, device: torch.device) -> ClipState:
    """Reads what `to_bytes` wrote.

    Raises:
        BadCheckpoint: other bytes, another version, or other weights.
    """
    facts, parts = unpack(data, device)
    found = (facts.get("family"), facts.get("version"), facts.get("fingerprint"))
    if found != (FAMILY, VERSION, fingerprint):
        raise BadCheckpoint(f"a checkpoint of {found}, wanted {(FAMILY, VERSION, fingerprint)}")
    try:
        latent, clean, moved = parts.pop("latent"), parts.pop("clean"), parts.pop("moved", None)
        leads = leads_from(facts["leads"], parts)
        return ClipState(
            latent=latent,
            clean=clean,
            conditioning=Conditioning(**parts, moved=moved, first_reach=reach_from(facts["first_reach"]), leads=leads),
            frames=int(facts["frames"]),
            seed=int(facts["seed"]),
            step=int(facts["step"]),
            steps=int(facts["steps"]),
            keyframe_steps=int(facts["keyframe_steps"]),
            course=Course(*facts["course"]),
            guidance=float(facts["guidance"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadCheckpoint(f"a kino-mini checkpoint lacks a part: {error}") from error


def _tensors(state: ClipState) -> dict[str, Tensor]:
    given = state.conditioning
    tensors = {
        "latent": state.latent,
        "clean": state.clean,
        "text": given.text,
        "text_mask": given.text_mask,
        "negative": given.negative,
        "negative_mask": given.negative_mask,
        **leads_tensors(given.leads),
    }
    return tensors if given.moved is None else tensors | {"moved": given.moved}
