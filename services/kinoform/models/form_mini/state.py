"""A form-mini job between two steps, and its form in bytes."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kinoform.backbone.guidance import StepRange
from kinoform.backbone.schedules import Course
from kinoform.engine.errors import BadCheckpoint
from kinoform.models.checkpoint import pack, unpack
from kinoform.models.reach import Reach

FAMILY = "form-mini"
VERSION = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioning:
    """What a solid is asked to be, encoded; n tokens of text, m of each of v views."""

    text: Tensor
    """(n, d) float32 token states of the prompt."""
    text_mask: Tensor
    """(n,) bool; all False without a prompt."""
    negative: Tensor
    """(n, d) float32 token states of what guidance leads away from."""
    negative_mask: Tensor
    """(n,) bool; all False without a negative prompt, as in training."""
    views: Tensor
    """(v, m, e) float32 image tokens."""
    reaches: tuple[Reach, ...]
    """Of the views: v."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShapeState:
    """A solid between two steps. Immutable: a step makes a new one."""

    latent: Tensor
    """(c, l, h, w) float32, noisy until the last step; l is depth."""
    clean: Tensor
    """As `latent`: the finished latent as the last step foresaw it; zero before the first."""
    conditioning: Conditioning
    step: int
    """Steps done."""
    course: Course
    guidance: float

    def __post_init__(self) -> None:
        if not self.course.origin <= self.step <= self.steps:
            raise ValueError(f"step {self.step} of {self.steps}, from {self.course.origin} on")

    @property
    def steps(self) -> int:
        """In all."""
        return self.course.steps

    def times(self) -> Tensor:
        """(2,) float32: where the next step starts and where it ends, from 1 to 0."""
        return self.course.times(self.step)

    def strengths(self) -> tuple[float, ...]:
        """How strongly each view acts in the next step; 0 = not at all."""
        return tuple(reach.at(self.step, self.steps) for reach in self.conditioning.reaches)

    def advanced(self, latent: Tensor, clean: Tensor) -> "ShapeState":
        """The state one step later."""
        return replace(self, latent=latent, clean=clean, step=self.step + 1)


def to_bytes(state: ShapeState, fingerprint: str) -> bytes:
    """The state as safetensors; equal states give equal bytes. `fingerprint` names the weights that made it."""
    given = state.conditioning
    facts = {
        "family": FAMILY,
        "version": VERSION,
        "fingerprint": fingerprint,
        "step": state.step,
        "course": list(state.course),
        "guidance": state.guidance,
        "reaches": [[reach.strength, *reach.steps] for reach in given.reaches],
    }
    tensors = {
        "latent": state.latent,
        "clean": state.clean,
        "text": given.text,
        "text_mask": given.text_mask,
        "negative": given.negative,
        "negative_mask": given.negative_mask,
        "views": given.views,
    }
    return pack(facts, tensors)


def from_bytes(data: bytes, fingerprint: str, device: torch.device) -> ShapeState:
    """Reads what `to_bytes` wrote.

    Raises:
        BadCheckpoint: other bytes, another version, or other weights.
    """
    facts, parts = unpack(data, device)
    found = (facts.get("family"), facts.get("version"), facts.get("fingerprint"))
    if found != (FAMILY, VERSION, fingerprint):
        raise BadCheckpoint(f"a checkpoint of {found}, wanted {(FAMILY, VERSION, fingerprint)}")
    try:
        latent, clean = parts.pop("latent"), parts.pop("clean")
        reaches = tuple(Reach(float(strength), StepRange(*steps)) for strength, *steps in facts["reaches"])
        return ShapeState(
            latent=latent,
            clean=clean,
            conditioning=Conditioning(**parts, reaches=reaches),
            step=int(facts["step"]),
            course=Course(*facts["course"]),
            guidance=float(facts["guidance"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadCheckpoint(f"a form-mini checkpoint lacks a part: {error}") from error
