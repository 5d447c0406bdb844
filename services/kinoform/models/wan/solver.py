"""diffusers' schedulers without their cursor: what they remember belongs to the request."""

import copy
from dataclasses import dataclass
from typing import TypeAlias

import torch
from diffusers import FlowMatchEulerDiscreteScheduler, UniPCMultistepScheduler
from torch import Tensor

from kinoform.engine.errors import ModelError

Scheduler: TypeAlias = UniPCMultistepScheduler | FlowMatchEulerDiscreteScheduler


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What a solver remembers between two steps. Latents are (1, c, l, h, w)."""

    step: int = 0
    """Steps done."""
    outputs: tuple[Tensor | None, ...]
    """Clean latents as foreseen by the last steps, the newest last."""
    last_sample: Tensor | None = None
    lower_order_nums: int = 0
    this_order: int = 1


class Solver:
    """Steps of one scheduler configuration, for any number of requests at different steps."""

    def __init__(self, scheduler: Scheduler, device: torch.device) -> None:
        """Raises ModelError for a scheduler that this class does not know to reproduce."""
        if isinstance(scheduler, UniPCMultistepScheduler):
            known = scheduler.config.predict_x0 and scheduler.config.solver_p is None
        else:
            euler = isinstance(scheduler, FlowMatchEulerDiscreteScheduler)
            known = euler and not (scheduler.config.stochastic_sampling or scheduler.config.use_dynamic_shifting)
        if not known:
            raise ModelError("model", f"a scheduler of kind {type(scheduler).__name__} or of its settings is unknown")
        self._scheduler = scheduler
        self._device = device
        self._prepared: dict[int, Scheduler] = {}

    def begin(self) -> History:
        """Before the first step."""
        if isinstance(self._scheduler, UniPCMultistepScheduler):
            return History(outputs=(None,) * self._scheduler.config.solver_order)
        return History(outputs=(None,))

    def timestep(self, steps: int, step: int) -> Tensor:
        """What the denoiser is told at `step` (from 0) of `steps`: a scalar, int64 or float32."""
        timestep: Tensor = self._of(steps).timesteps[step]
        return timestep

    def step(self, steps: int, history: History, predicted: Tensor, latents: Tensor) -> tuple[Tensor, History]:
        """From `latents` and the denoiser's output (both (1, c, l, h, w)) to the next latents."""
        scheduler = copy.copy(self._of(steps))
        scheduler.set_begin_index(history.step)
        timestep = self.timestep(steps, history.step)
        if isinstance(scheduler, UniPCMultistepScheduler):
            return _unipc_step(scheduler, history, predicted, timestep, latents)
        clean = latents - scheduler.sigmas[history.step] * predicted
        moved = scheduler.step(predicted, timestep, latents, return_dict=False)[0]
        return moved, History(step=history.step + 1, outputs=(clean,))

    def _of(self, steps: int) -> Scheduler:
        if steps not in self._prepared:
            scheduler = copy.deepcopy(self._scheduler)
            scheduler.set_timesteps(steps, device=self._device)
            self._prepared[steps] = scheduler
        return self._prepared[steps]


def _unipc_step(
    scheduler: UniPCMultistepScheduler, history: History, predicted: Tensor, timestep: Tensor, latents: Tensor
) -> tuple[Tensor, History]:
    scheduler.model_outputs = list(history.outputs)
    scheduler.timestep_list = [None] * len(history.outputs)
    scheduler.last_sample = history.last_sample
    scheduler.lower_order_nums = history.lower_order_nums
    scheduler.this_order = history.this_order
    moved = scheduler.step(predicted, timestep, latents, return_dict=False)[0]
    return moved, History(
        step=history.step + 1,
        outputs=tuple(scheduler.model_outputs),
        last_sample=scheduler.last_sample,
        lower_order_nums=scheduler.lower_order_nums,
        this_order=scheduler.this_order,
    )
