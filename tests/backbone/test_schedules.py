import math
from itertools import pairwise

import pytest
import torch

from kinoform.backbone import schedules
from kinoform.backbone.schedules import Prediction, cosine_alpha_bar, sampling_times

SHAPE = (3, 2, 4, 5)
DIFFUSION: tuple[Prediction, ...] = ("x0", "v", "epsilon")


def draw(seed: int) -> torch.Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("steps", [1, 2, 7, 50])
def test_ddim_with_the_perfect_denoiser_of_one_point_ends_exactly_there(steps: int) -> None:
    point, x = draw(0), draw(1)
    abar = cosine_alpha_bar(sampling_times(steps))
    for now, after in pairwise(abar):
        x = schedules.ddim_step(x, point, now.expand(3), after.expand(3))
    assert torch.equal(x, point)


def test_ddim_with_the_perfect_denoiser_of_a_gaussian_maps_noise_to_it() -> None:
    mean, spread, steps = 0.7, 0.4, 400
    start = x = draw(1).double().float()
    abar = cosine_alpha_bar(sampling_times(steps))
    for now, after in pairwise(abar):
        variance = now * spread**2 + 1 - now
        clean = mean + now.sqrt() * spread**2 / variance * (x - now.sqrt() * mean)  # E[x0 | x_t] of N(mean, spread^2)
        x = schedules.ddim_step(x, clean, now.expand(3), after.expand(3))
    assert torch.allclose(x, mean + spread * start, atol=0.02)  # the flow's exact solution, up to its discretisation


def test_each_row_follows_its_own_time() -> None:
    x, clean = draw(0), draw(1)
    now, after = cosine_alpha_bar(torch.tensor([1.0, 0.6, 0.2])), cosine_alpha_bar(torch.tensor([0.9, 0.3, 0.0]))
    together = schedules.ddim_step(x, clean, now, after)
    for row in range(3):
        one = slice(row, row + 1)
        assert torch.equal(schedules.ddim_step(x[one], clean[one], now[one], after[one]), together[one])


@pytest.mark.parametrize("prediction", DIFFUSION)
def test_the_training_target_gives_the_clean_latent_back(prediction: Prediction) -> None:
    clean, noise = draw(0), draw(1)
    abar = cosine_alpha_bar(torch.tensor([0.1, 0.5, 0.9]))
    x = schedules.add_noise(clean, noise, abar)
    wanted = schedules.target(clean, noise, abar, prediction)
    found = schedules.clean_from(wanted, x, abar, prediction)
    assert torch.allclose(found, clean, atol=1e-5)
    assert torch.allclose(schedules.noise_from(found, x, abar), noise, atol=1e-4)


def test_v_says_the_clean_latent_even_of_pure_noise() -> None:
    clean, noise = draw(0), draw(1)
    abar = torch.zeros(3)
    found = schedules.clean_from(schedules.target(clean, noise, abar, "v"), noise, abar, "v")
    assert torch.equal(found, clean)


def test_a_flow_prediction_has_no_alpha_bar() -> None:
    with pytest.raises(ValueError, match="flow_clean"):
        schedules.clean_from(draw(0), draw(1), torch.ones(3), "flow")
    with pytest.raises(ValueError, match="flow"):
        schedules.min_snr_weight(torch.ones(3), "flow")


@pytest.mark.parametrize("steps", [1, 3, 20])
@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_euler_is_exact_on_a_straight_line(steps: int, shift: float) -> None:
    clean, noise = draw(0), draw(1)
    velocity = schedules.target(clean, noise, torch.ones(3), "flow")
    times = sampling_times(steps, shift=shift)
    x = noise
    for now, after in pairwise(times):
        on_path = schedules.flow_noised(clean, noise, now.expand(3))
        assert torch.allclose(x, on_path, atol=1e-5)
        assert torch.allclose(schedules.flow_clean(x, velocity, now.expand(3)), clean, atol=1e-5)
        x = schedules.euler_step(x, velocity, now.expand(3), after.expand(3))
    assert torch.allclose(x, clean, atol=1e-5)


def test_the_cosine_schedule_runs_from_all_signal_to_none() -> None:
    abar = cosine_alpha_bar(torch.linspace(0, 1, 1001))
    assert abar[0] == 1
    assert abar[-1] == 0
    assert (abar.diff() < 0).all()
    half = math.cos(0.508 / 1.008 * math.pi / 2) ** 2 / math.cos(0.008 / 1.008 * math.pi / 2) ** 2
    assert abar[500].item() == pytest.approx(half, abs=1e-6)


def test_rescaling_takes_the_last_signal_away_and_keeps_the_first() -> None:
    table = schedules.cosine_alpha_bar_table(1000)
    rescaled = schedules.rescale_zero_terminal_snr(table)
    assert table[-1] > 0
    assert rescaled[-1] == 0
    assert rescaled[0].item() == pytest.approx(table[0].item(), rel=1e-6)
    assert (rescaled.diff() < 0).all()


def test_times_end_exactly_and_the_shift_leans_to_noise() -> None:
    plain, leaning = sampling_times(10), sampling_times(10, shift=3.0)
    assert (plain[0], plain[-1], leaning[0], leaning[-1]) == (1, 0, 1, 0)
    assert (leaning[1:-1] > plain[1:-1]).all()


def test_ddpm_draws_from_the_exact_posterior() -> None:
    """x_t made from x_s in one noising step: the posterior's mean and spread must give x_s's joint law back."""
    count = 200_000
    generator = torch.Generator().manual_seed(0)
    clean = torch.full((count,), 0.5)
    abar, abar_next = cosine_alpha_bar(torch.tensor([0.8, 0.6]))
    x = schedules.add_noise(clean, torch.randn(count, generator=generator), abar.expand(count))
    noise = torch.randn(count, generator=generator)
    stepped = schedules.ddpm_step(x, clean, abar.expand(count), abar_next.expand(count), noise)
    assert stepped.mean().item() == pytest.approx(abar_next.sqrt().item() * 0.5, abs=0.01)
    assert stepped.var().item() == pytest.approx(1 - abar_next.item(), rel=0.01)
    last = schedules.ddpm_step(x, clean, abar.expand(count), torch.ones(count), noise)
    assert torch.allclose(last, clean, atol=1e-6)


def test_min_snr_weighs_every_prediction_by_the_same_clipped_clean_error() -> None:
    clean, noise, wrong = draw(0), draw(1), draw(2)
    abar = cosine_alpha_bar(torch.tensor([0.2, 0.5, 0.9]))
    x = schedules.add_noise(clean, noise, abar)
    errors = []
    for prediction in DIFFUSION:
        wanted = schedules.target(clean, noise, abar, prediction)
        found = schedules.clean_from(wanted + 0.01 * wrong, x, abar, prediction)
        weight = schedules.min_snr_weight(abar, prediction)
        spread = (0.01 * wrong).square().mean(dim=(1, 2, 3))
        clean_error = (found - clean).square().mean(dim=(1, 2, 3))
        errors.append(weight * spread / clean_error)
    assert torch.allclose(errors[0], torch.minimum(abar / (1 - abar), torch.tensor(5.0)), rtol=1e-4)
    assert torch.allclose(errors[1], errors[0], rtol=1e-2)
    assert torch.allclose(errors[2], errors[0], rtol=1e-2)
    assert torch.equal(schedules.min_snr_weight(torch.zeros(1), "epsilon"), torch.ones(1))


def test_half_precision_comes_back_in_its_dtype_after_float32_arithmetic() -> None:
    x, clean = draw(0).bfloat16(), draw(1).bfloat16()
    now, after = cosine_alpha_bar(torch.tensor([0.9, 0.5, 0.2])), cosine_alpha_bar(torch.tensor([0.8, 0.4, 0.1]))
    stepped = schedules.ddim_step(x, clean, now, after)
    assert torch.equal(stepped, schedules.ddim_step(x.float(), clean.float(), now, after).bfloat16())
