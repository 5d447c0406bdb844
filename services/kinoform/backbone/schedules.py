"""Noise schedules as pure functions: the step belongs to the job, so nothing here holds a cursor.

Time t runs in [0, 1], 0 = clean, 1 = noise; the denoiser is told `1000 * t`. Every function works row by row
(one time for each row of the batch) in float32 and returns the dtype of the tensor that it moves.

Diffusion (variance preserving): x_t = sqrt(abar) x0 + sqrt(1 - abar) eps. Flow: x_t = (1 - t) x0 + t eps.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor

Prediction = Literal["x0", "v", "epsilon", "flow"]
"""What a denoiser predicts: the clean latent, the velocity v = sqrt(abar) eps - sqrt(1 - abar) x0 (Salimans & Ho 2022),
the noise, or, on the linear path of flow matching, the velocity eps - x0 (Lipman et al. 2023)."""

COSINE_OFFSET = 0.008


def sampling_times(steps: int, *, shift: float = 1.0, start: float = 1.0) -> Tensor:
    """The times of a run of `steps` steps from noise to clean: (steps + 1,) float32, from `start` to exactly 0."""
    return shifted(torch.linspace(start, 0.0, steps + 1, dtype=torch.float32), shift)


class Course(NamedTuple):
    """The way of a job through a schedule: even steps, from noise or from where a fork left another's way."""

    steps: int
    """All of them, those before the fork counted."""
    origin: int = 0
    """Steps done where this way begins."""
    start: float = 1.0
    """The time there."""

    def times(self, step: int) -> Tensor:
        """(2,) float32: where the step after `step` steps starts and where it ends."""
        done = step - self.origin
        return sampling_times(self.steps - self.origin, start=self.start)[done : done + 2]

    def forked(self, step: int, steps: int) -> Course:
        """The way on from `step` in `steps` steps in all: this one if these are its own."""
        return self if steps == self.steps else Course(steps, step, float(self.times(step)[0]))


def shifted(t: Tensor, shift: float) -> Tensor:
    """Moves times towards noise, as larger latents need (Esser et al. 2024, eq. 23). shift = 1 changes nothing."""
    t = t.float()
    return shift * t / (1 + (shift - 1) * t)


def cosine_alpha_bar(t: Tensor) -> Tensor:
    """Cosine schedule (Nichol & Dhariwal 2021) in continuous time: abar(0) = 1, abar(1) = 0 exactly. t: any shape."""

    def f(time: Tensor) -> Tensor:
        return torch.cos((time + COSINE_OFFSET) / (1 + COSINE_OFFSET) * (math.pi / 2)).square()

    t = t.float()
    return torch.where(t >= 1, 0.0, f(t) / f(torch.zeros((), device=t.device))).clamp(0.0, 1.0)


def cosine_alpha_bar_table(steps: int = 1000, *, max_beta: float = 0.999) -> Tensor:
    """The discrete cosine schedule with clipped betas, as DDPM trains on: (steps,) float32, entry i for t = i + 1."""
    abar = cosine_alpha_bar(torch.linspace(0.0, 1.0, steps + 1, dtype=torch.float32))
    betas = (1 - abar[1:] / abar[:-1]).clamp(max=max_beta)
    return torch.cumprod(1 - betas, dim=0)


def rescale_zero_terminal_snr(alpha_bar: Tensor) -> Tensor:
    """Shifts and scales sqrt(abar) so that its last entry is 0 and its first stays (Lin et al. 2023, algorithm 1)."""
    root = alpha_bar.float().sqrt()
    return ((root - root[-1]) * (root[0] / (root[0] - root[-1]))).square()


def add_noise(clean: Tensor, noise: Tensor, alpha_bar: Tensor) -> Tensor:
    """x_t. clean, noise: (b, ...); alpha_bar: (b,)."""
    signal, sigma = _amplitudes(alpha_bar, clean)
    return (signal * clean.float() + sigma * noise.float()).to(clean.dtype)


def target(clean: Tensor, noise: Tensor, alpha_bar: Tensor, prediction: Prediction) -> Tensor:
    """What the denoiser should answer. clean, noise: (b, ...); alpha_bar: (b,), not used by x0, epsilon and flow."""
    signal, sigma = _amplitudes(alpha_bar, clean)
    wanted = {
        "x0": clean.float(),
        "epsilon": noise.float(),
        "v": signal * noise.float() - sigma * clean.float(),
        "flow": noise.float() - clean.float(),
    }
    return wanted[prediction].to(clean.dtype)


def clean_from(predicted: Tensor, x: Tensor, alpha_bar: Tensor, prediction: Prediction) -> Tensor:
    """The clean latent that a diffusion prediction implies at x. predicted, x: (b, ...); alpha_bar: (b,).

    An epsilon prediction says nothing where abar = 0 (the result is not finite): such models start below t = 1.

    Raises:
        ValueError: `prediction` is "flow"; see `flow_clean`.
    """
    signal, sigma = _amplitudes(alpha_bar, x)
    if prediction == "x0":
        return predicted
    if prediction == "v":
        return (signal * x.float() - sigma * predicted.float()).to(x.dtype)
    if prediction == "epsilon":
        return ((x.float() - sigma * predicted.float()) / signal).to(x.dtype)
    raise ValueError("a flow prediction has no alpha_bar: use flow_clean")


def noise_from(clean: Tensor, x: Tensor, alpha_bar: Tensor) -> Tensor:
    """The noise that lies between clean and x; abar < 1. clean, x: (b, ...); alpha_bar: (b,)."""
    signal, sigma = _amplitudes(alpha_bar, x)
    return ((x.float() - signal * clean.float()) / sigma).to(x.dtype)


def ddim_step(x: Tensor, clean: Tensor, alpha_bar: Tensor, alpha_bar_next: Tensor) -> Tensor:
    """The deterministic step (Song et al. 2021, eta = 0) from x_t to the next, cleaner time.

    x: (b, ...) at `alpha_bar` < 1; clean: (b, ...), the predicted x0; both alpha_bars: (b,).
    """
    signal, sigma = _amplitudes(alpha_bar_next, x)
    noise = noise_from(clean.float(), x.float(), alpha_bar)
    return (signal * clean.float() + sigma * noise).to(x.dtype)


def ddpm_step(x: Tensor, clean: Tensor, alpha_bar: Tensor, alpha_bar_next: Tensor, noise: Tensor) -> Tensor:
    """A draw from the posterior q(x_next | x_t, x0) (Ho et al. 2020, eq. 6 and 7) with the given noise ~ N(0, 1)."""
    now, after = _rows(alpha_bar, x), _rows(alpha_bar_next, x)
    beta = 1 - now / after
    from_clean = after.sqrt() * beta / (1 - now)
    from_x = (now / after).sqrt() * (1 - after) / (1 - now)
    deviation = (beta * (1 - after) / (1 - now)).sqrt()
    return (from_clean * clean.float() + from_x * x.float() + deviation * noise.float()).to(x.dtype)


def min_snr_weight(alpha_bar: Tensor, prediction: Prediction, gamma: float = 5.0) -> Tensor:
    """Weight of a row's squared error, clipped at signal-to-noise `gamma` (Hang et al. 2023). alpha_bar: (b,) → (b,).

    The weight is that of the x0 error; for the other predictions it is divided by what their error makes of x0's.
    """
    abar = alpha_bar.float()
    snr = abar / (1 - abar).clamp_min(1e-12)
    clipped = snr.clamp(max=gamma)
    if prediction == "x0":
        return clipped
    if prediction == "v":
        return clipped / (snr + 1)
    if prediction == "epsilon":
        return torch.where(snr > 0, clipped / snr.clamp_min(1e-12), 1.0)
    raise ValueError("flow matching weighs by its choice of times, not by signal-to-noise")


def flow_noised(clean: Tensor, noise: Tensor, t: Tensor) -> Tensor:
    """The straight path: (1 - t) clean + t noise. clean, noise: (b, ...); t: (b,)."""
    time = _rows(t, clean)
    return ((1 - time) * clean.float() + time * noise.float()).to(clean.dtype)


def flow_clean(x: Tensor, velocity: Tensor, t: Tensor) -> Tensor:
    """The clean latent at the end of the straight line through x: x - t velocity. x, velocity: (b, ...); t: (b,)."""
    return (x.float() - _rows(t, x) * velocity.float()).to(x.dtype)


def euler_step(x: Tensor, velocity: Tensor, t: Tensor, t_next: Tensor) -> Tensor:
    """One Euler step of dx/dt = velocity. x, velocity: (b, ...); t, t_next: (b,)."""
    return (x.float() + (_rows(t_next, x) - _rows(t, x)) * velocity.float()).to(x.dtype)


def _amplitudes(alpha_bar: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
    rows = _rows(alpha_bar, like)
    return rows.sqrt(), (1 - rows).sqrt()


def _rows(values: Tensor, like: Tensor) -> Tensor:
    return values.float().view(-1, *[1] * (like.ndim - 1))
