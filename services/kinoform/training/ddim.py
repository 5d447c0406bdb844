"""Sampling with one stage's network alone, step by step as the family does it."""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor

from kinoform.backbone.denoiser import VideoDenoiser
from kinoform.backbone.guidance import GuidanceInterval
from kinoform.backbone.schedules import cosine_alpha_bar, ddim_step, sampling_times


class Given(NamedTuple):
    """What a stage is told; b rows."""

    text: Tensor
    """(b, n, d) token states."""
    mask: Tensor
    """(b, n) bool."""
    condition: Tensor | None
    """(b, c, l, h, w): the first frame's latent in every frame; None in the keyframe stage."""


class Guidance(NamedTuple):
    """How far, and when, a prediction is led away from what no words would give."""

    scale: float = 1.0
    times: GuidanceInterval = GuidanceInterval()


NO_GUIDANCE = Guidance()


def sample(model: VideoDenoiser, noise: Tensor, given: Given, steps: int, guidance: Guidance = NO_GUIDANCE) -> Tensor:
    """Clean latents from noise (b, c, l, h, w) at t = 1 in `steps` deterministic steps."""
    latent = noise
    for now, after in pairwise(sampling_times(steps)):
        clean = predict(model, latent, now.expand(len(noise)), given, guidance)
        latent = ddim_step(latent, clean, cosine_alpha_bar(now[None]), cosine_alpha_bar(after[None]))
    return latent


def predict(
    model: VideoDenoiser, noisy: Tensor, time: Tensor, given: Given, guidance: Guidance = NO_GUIDANCE
) -> Tensor:
    """The clean latents (b, c, l, h, w) foreseen at times (b,)."""
    text, mask, condition = given
    conditional: Tensor = model(noisy, 1000 * time, text, mask, condition=condition, return_dict=False)[0]
    if guidance.scale == 1.0:
        return conditional
    nothing = torch.zeros_like(mask)
    free: Tensor = model(noisy, 1000 * time, text, nothing, condition=condition, return_dict=False)[0]
    scale = torch.tensor([guidance.times.scale_at(each, guidance.scale) for each in time.tolist()])
    return free + scale.view(-1, 1, 1, 1, 1) * (conditional - free)
