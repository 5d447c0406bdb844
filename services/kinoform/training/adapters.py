"""Low-rank adapters (Hu et al. 2021) to train: every linear layer of a frozen network gets a small learned change."""

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from kinoform.models.kino_mini.lora import DOWN, UP


class Adapter(nn.Module):
    """x ↦ B A x: zero at first, so that a fresh one changes nothing."""

    def __init__(self, linear: nn.Linear, rank: int) -> None:
        super().__init__()
        self.down = nn.Parameter(torch.empty(rank, linear.in_features))
        self.up = nn.Parameter(torch.zeros(linear.out_features, rank))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) → (..., out)."""
        return x @ self.down.T @ self.up.T


class Adapted(nn.Module):
    """A linear layer with its adapter beside it."""

    def __init__(self, linear: nn.Linear, adapter: Adapter) -> None:
        super().__init__()
        self.linear = linear
        self.adapter = adapter

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) → (..., out)."""
        out: Tensor = self.linear(x) + self.adapter(x)
        return out


class Adapters(nn.Module):
    """All adapters of a network: what is trained, averaged and kept, while the network's own weights stay."""

    def __init__(self, model: nn.Module, rank: int) -> None:
        """Freezes `model` and gives each of its linear layers an adapter; a narrower layer gets one of its width."""
        super().__init__()
        model.requires_grad_(False)
        linears = {name: module for name, module in model.named_modules() if isinstance(module, nn.Linear)}
        self._names = list(linears)
        self.adapters = nn.ModuleList()
        for name, linear in linears.items():
            adapter = Adapter(linear, min(rank, linear.in_features, linear.out_features))
            self.adapters.append(adapter)
            parent, _, attribute = name.rpartition(".")
            setattr(model.get_submodule(parent), attribute, Adapted(linear, adapter))

    def save(self, weights: Mapping[str, Tensor], path: Path) -> None:
        """Writes weights that are named as in `state_dict()` as a LoRA file of the family, in bfloat16."""
        pairs: dict[str, Tensor] = {}
        for index, name in enumerate(self._names):
            pairs[name + DOWN] = weights[f"adapters.{index}.down"].bfloat16()
            pairs[name + UP] = weights[f"adapters.{index}.up"].bfloat16()
        save_file(pairs, path)
