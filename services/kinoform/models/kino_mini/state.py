"""A kino-mini job between two steps, and its form in bytes."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kinoform.engine.errors import BadCheckpoint
from kinoform.models.checkpoint import pack, unpack

FAMILY = "kino-mini"
VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditioning:
    """What a clip is asked to show, encoded; n tokens of text, latent (c, l, h, w)."""

    text: Tensor
    """(n, d) float32 token states of the prompt."""
    text_mask: Tensor
    """(n,) bool."""
    negative: Tensor
    """(n, d) float32 token states of what guidance leads away from."""
    negative_mask: Tensor
    """(n,) bool; all False without a negative prompt, as in training."""
    picture: Tensor
    """(k, l, h, w) float32: latent of the first frame and its mask, all zero without a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipState:
    """A clip between two steps. Immutable: a step makes a new one."""

    latent: Tensor
    """(c, l, h, w) float32, noisy until the last step."""
    clean: Tensor
    """(c, l, h, w) float32, the finished latent as the last step foresaw it; zero before the first."""
    conditioning: Conditioning
    step: int
    """Steps done."""
    steps: int
    guidance: float

    def __post_init__(self) -> None:
        if not 0 <= self.step <= self.steps:
            raise ValueError(f"step {self.step} of {self.steps}")

    def advanced(self, latent: Tensor, clean: Tensor) -> "ClipState":
        """The state one step later."""
        return replace(self, latent=latent, clean=clean, step=self.step + 1)


def to_bytes(state: ClipState, fingerprint: str) -> bytes:
    """The state as safetensors; equal states give equal bytes. `fingerprint` names the weights that made it."""
    facts = {
        "family": FAMILY,
        "version": VERSION,
        "fingerprint": fingerprint,
        "step": state.step,
        "steps": state.steps,
        "guidance": state.guidance,
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
        latent, clean = parts.pop("latent"), parts.pop("clean")
        return ClipState(
            latent=latent,
            clean=clean,
            conditioning=Conditioning(**parts),
            step=int(facts["step"]),
            steps=int(facts["steps"]),
            guidance=float(facts["guidance"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadCheckpoint(f"a kino-mini checkpoint lacks a part: {error}") from error


def _tensors(state: ClipState) -> dict[str, Tensor]:
    given = state.conditioning
    return {
        "latent": state.latent,
        "clean": state.clean,
        "text": given.text,
        "text_mask": given.text_mask,
        "negative": given.negative,
        "negative_mask": given.negative_mask,
        "picture": given.picture,
    }
