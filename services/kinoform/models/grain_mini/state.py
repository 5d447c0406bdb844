"""What grain-mini keeps of a tile between two steps, and its form as bytes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from kinoform.backbone.schedules import Course
from kinoform.engine.errors import BadCheckpoint
from kinoform.models.checkpoint import pack, unpack
from kinoform.models.grain_mini.scale import Scale

FAMILY = "grain-mini"
VERSION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioning:
    """What a tile is asked to show, encoded; n tokens of text."""

    text: Tensor
    """(n, d) float32 token states of the prompt."""
    text_mask: Tensor
    """(n,) bool."""
    negative: Tensor
    """(n, d) float32 token states of what guidance leads away from."""
    negative_mask: Tensor
    """(n,) bool; all False without a negative prompt, as in training."""
    scale: Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class TileState:
    """A tile between two steps. Immutable: a step makes a new one."""

    latent: Tensor
    """(c, n, n) float32, noisy until the last step."""
    clean: Tensor
    """As `latent`: the finished latent as the last step foresaw it; zero before the first."""
    conditioning: Conditioning
    seed: int
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

    def advanced(self, latent: Tensor, clean: Tensor) -> "TileState":
        """The state one step later."""
        return replace(self, latent=latent, clean=clean, step=self.step + 1)


def to_bytes(state: TileState, fingerprint: str) -> bytes:
    """The state as safetensors; equal states give equal bytes. `fingerprint` names the weights that made it."""
    given = state.conditioning
    facts = {
        "family": FAMILY,
        "version": VERSION,
        "fingerprint": fingerprint,
        "seed": state.seed,
        "step": state.step,
        "course": list(state.course),
        "guidance": state.guidance,
        "scale": list(given.scale),
    }
    tensors = {
        "latent": state.latent,
        "clean": state.clean,
        "text": given.text,
        "text_mask": given.text_mask,
        "negative": given.negative,
        "negative_mask": given.negative_mask,
    }
    return pack(facts, tensors)


def from_bytes(data: bytes, fingerprint: str, device: torch.device) -> TileState:
    """Reads what `to_bytes` wrote.

    Raises:
        BadCheckpoint: other bytes, another version, or other weights.
    """
    facts, parts = unpack(data, device)
    found = (facts.get("family"), facts.get("version"), facts.get("fingerprint"))
    if found != (FAMILY, VERSION, fingerprint):
        raise BadCheckpoint(f"a checkpoint of {found}, wanted {(FAMILY, VERSION, fingerprint)}")
    try:
        return _state(facts, parts)
    except (KeyError, TypeError, ValueError) as error:
        raise BadCheckpoint(f"a grain-mini checkpoint lacks a part: {error}") from error


def _state(facts: Mapping[str, Any], parts: dict[str, Tensor]) -> TileState:
    latent, clean = parts.pop("latent"), parts.pop("clean")
    unit_m, relief_m = (float(metres) for metres in facts["scale"])
    return TileState(
        latent=latent,
        clean=clean,
        conditioning=Conditioning(**parts, scale=Scale(unit_m, relief_m)),
        seed=int(facts["seed"]),
        step=int(facts["step"]),
        course=Course(*facts["course"]),
        guidance=float(facts["guidance"]),
    )
