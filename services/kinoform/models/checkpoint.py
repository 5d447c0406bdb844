"""Checkpoints as safetensors: tensors and a few facts, never code."""

import json
from collections.abc import Mapping
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from kinoform.engine.errors import BadCheckpoint

_FACTS = "facts"


def pack(facts: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> bytes:
    """Equal contents give equal bytes. `facts` are JSON values; no tensor may be called "facts"."""
    text = json.dumps(facts, sort_keys=True).encode()
    parts = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # a tensor, since safetensors reads its own metadata from files only
    parts[_FACTS] = torch.frombuffer(bytearray(text), dtype=torch.uint8)
    return save(parts)


def unpack(data: bytes, device: torch.device) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The facts and tensors that `pack` was given. Raises BadCheckpoint on other bytes."""
    try:
        parts = load(data)
        facts = json.loads(bytes(parts.pop(_FACTS).tolist()))
    except (SafetensorError, KeyError, ValueError) as error:
        raise BadCheckpoint(f"no checkpoint: {error}") from error
    if not isinstance(facts, dict):
        raise BadCheckpoint("no checkpoint: its facts are no object")
    return facts, {name: tensor.to(device) for name, tensor in parts.items()}
