"""What every training run shares: a folder to resume from, a learning rate, an average of the weights."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Learning rate: a linear warm-up, a plateau, and a linear descent over the last `descent` steps of `steps`.

    A run with a plateau can be prolonged, or brought to its end, by resuming it with another `steps`.
    """

    peak: float
    steps: int
    warmup: int
    descent: int

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        rising = (step + 1) / self.warmup
        falling = (self.steps - step) / self.descent
        return self.peak * max(min(rising, falling, 1.0), 0.01)


class Average:
    """Exponential moving average of a model's weights, faster at the start."""

    def __init__(self, model: nn.Module, decay: float) -> None:
        self._decay = decay
        self.weights = {name: value.detach().clone() for name, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Moves towards the model's weights after a step."""
        keep = min(self._decay, (1 + step) / (10 + step))
        for name, value in model.state_dict().items():
            self.weights[name].lerp_(value, 1 - keep)


class Checkpoint:
    """Everything a run resumes from, in one file that is replaced whole."""

    def __init__(self, path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, average: Average) -> None:
        self._path = path
        self._model, self._optimizer, self._average = model, optimizer, average
        self._seconds = 0.0
        self._since = time.monotonic()

    def save(self, step: int) -> None:
        """Writes the state after `step` steps, with the time that they took, pauses not counted."""
        state = {
            "step": step,
            "seconds": self._seconds + time.monotonic() - self._since,
            "model": self._model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "average": self._average.weights,
        }
        partial = self._path.with_suffix(".part")
        torch.save(state, partial)
        os.replace(partial, self._path)

    def restore(self) -> int:
        """Loads the newest state; the number of steps done, 0 for a fresh run."""
        if not self._path.exists():
            return 0
        state = torch.load(self._path, weights_only=True, map_location="cpu")  # perhaps saved on another device
        self._model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        for name, value in state["average"].items():
            self._average.weights[name].copy_(value)
        self._seconds = float(state.get("seconds", 0.0))  # older checkpoints did not keep the time
        self._since = time.monotonic()
        return int(state["step"])


def averaged_weights(path: Path) -> dict[str, Tensor]:
    """The averaged weights of a checkpoint file."""
    weights: dict[str, Tensor] = torch.load(path, weights_only=True, map_location="cpu")["average"]
    return weights
