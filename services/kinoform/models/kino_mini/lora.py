"""Low-rank adapters (Hu et al. 2021), added to the weights at load: a model that carries one is no slower."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from kinoform.backbone.errors import BackboneError

DOWN, UP = ".lora_A.weight", ".lora_B.weight"


class LoraMismatch(BackboneError):
    """The adapter does not fit the model: it was made for another, or is broken."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(file, key, reason)
        self.file = file
        self.key = key
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}"


@torch.no_grad()
def merge(model: nn.Module, file: Path) -> None:
    """Adds B A to the weight of every linear layer that the file names, in float32; no scale, it stands in B.

    file: safetensors with `<module path>.lora_A.weight` (r, in) and `<module path>.lora_B.weight` (out, r).

    Raises:
        LoraMismatch: no such file format, half a pair, an unknown layer, another shape. The model is then unchanged.
    """
    tensors = _read(file)
    layers = {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    pairs = [_pair(file, name, layers, tensors) for name in sorted({_layer(file, key) for key in tensors})]
    for layer, down, up in pairs:
        change = up.float() @ down.float()
        layer.weight.copy_(layer.weight.float() + change.to(layer.weight.device))


def _read(file: Path) -> dict[str, Tensor]:
    try:
        return load_file(file)
    except SafetensorError as error:
        raise LoraMismatch(str(file), "file", f"no safetensors: {error}") from error


def _layer(file: Path, key: str) -> str:
    for ending in (DOWN, UP):
        if key.endswith(ending):
            return key.removesuffix(ending)
    raise LoraMismatch(str(file), key, f"ends in neither {DOWN} nor {UP}")


def _pair(
    file: Path, name: str, layers: dict[str, nn.Linear], tensors: dict[str, Tensor]
) -> tuple[nn.Linear, Tensor, Tensor]:
    if name not in layers:
        raise LoraMismatch(str(file), name, "the model has no such linear layer")
    for ending in (DOWN, UP):
        if name + ending not in tensors:
            raise LoraMismatch(str(file), name + ending, "missing")
    layer, down, up = layers[name], tensors[name + DOWN], tensors[name + UP]
    fits = down.ndim == up.ndim == 2 and down.shape[0] == up.shape[1]
    if not fits or (up.shape[0], down.shape[1]) != tuple(layer.weight.shape):
        shapes = f"A {tuple(down.shape)}, B {tuple(up.shape)}"
        raise LoraMismatch(str(file), name, f"{shapes} make no {tuple(layer.weight.shape)}")
    return layer, down, up
