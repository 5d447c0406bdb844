"""Multistep consistency (Heek, Hoogeboom, Salimans 2024, "Multistep Consistency Models"; Song et al. 2023).

Time is cut into segments. From anywhere in a segment, the student names the clean latent x that leads, by one DDIM
step, to where the teacher's trajectory through that point crosses the segment's lower end. So as many steps as there
are segments go from noise to a clip.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from kinoform.backbone.schedules import cosine_alpha_bar, ddim_step

Predict = Callable[[Tensor, Tensor], Tensor]
"""(noisy (b, ...), times (b,)) to clean latents (b, ...)."""


class Interval(NamedTuple):
    """Where rows stand; each (b,) in [0, 1]."""

    start: Tensor
    """The time of the noisy latent."""
    stop: Tensor
    """The teacher's next time."""
    end: Tensor
    """The lower end of the segment; stop ≥ end."""


def draw_intervals(rows: int, segments: int, intervals: int, rng: torch.Generator) -> Interval:
    """Equally often each of the `intervals` teacher's steps of each segment."""
    segment = torch.randint(segments, (rows,), generator=rng)
    place = torch.randint(1, intervals + 1, (rows,), generator=rng)
    total = segments * intervals
    at = segment * intervals + place  # whole numbers up to here, so that the last time is 1 and the first 0 exactly
    return Interval(start=at / total, stop=(at - 1) / total, end=segment * intervals / total)


@torch.no_grad()
def consistent_target(noisy: Tensor, foreseen: Tensor, interval: Interval, student: Predict) -> Tensor:
    """What the student should answer at (noisy, interval.start): the clean latent that leads to the segment's end.

    One step of the teacher, whose answer at `noisy` (b, ...) is `foreseen` (b, ...), and from there to the end by the
    student's present answer; where the teacher's step ends there, no student is asked and the target is exact.
    """
    start, stop, end = (cosine_alpha_bar(time) for time in interval)
    between = ddim_step(noisy, foreseen, start, stop)
    reached = (interval.stop <= interval.end).view(-1, *[1] * (noisy.ndim - 1))
    beyond = ddim_step(between, student(between, interval.stop), stop, end)
    return leading_to(noisy, torch.where(reached, between, beyond), start, end)


def leading_to(noisy: Tensor, wanted: Tensor, alpha_bar: Tensor, alpha_bar_end: Tensor) -> Tensor:
    """The clean latent for which `ddim_step(noisy, clean, alpha_bar, alpha_bar_end)` is `wanted`.

    noisy, wanted: (b, ...); alpha_bars: (b,), the second greater.
    """
    now, after = (each.view(-1, *[1] * (noisy.ndim - 1)) for each in (alpha_bar, alpha_bar_end))
    kept = ((1 - after) / (1 - now)).sqrt()
    return (wanted - kept * noisy) / (after.sqrt() - kept * now.sqrt())
