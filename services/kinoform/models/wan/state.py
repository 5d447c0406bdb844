"""A Wan job between two steps, and its form in bytes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from kinoform.engine.errors import BadCheckpoint
from kinoform.models.checkpoint import pack, unpack
from kinoform.models.wan.solver import History

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class WanConditions:
    """Encoded texts, (1, n, d) in the denoiser's dtype."""

    prompt: Tensor
    negative: Tensor | None
    """None without guidance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WanState:
    """Never changed in place."""

    latents: Tensor
    """(1, c, l, h, w), float32 at the start."""
    conditions: WanConditions
    history: History
    steps: int
    guidance: float


def to_bytes(state: WanState, fingerprint: str) -> bytes:
    """The state as safetensors; `fingerprint` names the weights that made it."""
    history = state.history
    facts = {
        "family": "wan",
        "version": VERSION,
        "fingerprint": fingerprint,
        "steps": state.steps,
        "guidance": state.guidance,
        "step": history.step,
        "orders": len(history.outputs),
        "lower_order_nums": history.lower_order_nums,
        "this_order": history.this_order,
    }
    tensors = {
        "latents": state.latents,
        "prompt": state.conditions.prompt,
        "negative": state.conditions.negative,
        "last_sample": history.last_sample,
    } | {f"output.{index}": output for index, output in enumerate(history.outputs)}
    return pack(facts, {name: tensor for name, tensor in tensors.items() if tensor is not None})


def from_bytes(data: bytes, fingerprint: str, device: torch.device) -> WanState:
    """Reads what `to_bytes` wrote. Raises BadCheckpoint on other bytes, another version, or other weights."""
    facts, tensors = unpack(data, device)
    found = (facts.get("family"), facts.get("version"), facts.get("fingerprint"))
    if found != ("wan", VERSION, fingerprint):
        raise BadCheckpoint(f"a checkpoint of {found}, wanted {('wan', VERSION, fingerprint)}")
    try:
        history = History(
            step=facts["step"],
            outputs=tuple(tensors.get(f"output.{index}") for index in range(facts["orders"])),
            last_sample=tensors.get("last_sample"),
            lower_order_nums=facts["lower_order_nums"],
            this_order=facts["this_order"],
        )
        conditions = WanConditions(prompt=tensors["prompt"], negative=tensors.get("negative"))
        return WanState(
            latents=tensors["latents"],
            conditions=conditions,
            history=history,
            steps=facts["steps"],
            guidance=facts["guidance"],
        )
    except (KeyError, TypeError) as error:
        raise BadCheckpoint(f"a Wan checkpoint lacks a part: {error}") from error
