import torch

from kinoform.backbone.guidance import GuidanceInterval, Layer, StepRange, guide, layers, rescale, weighted


def test_guidance_is_linear_through_both_predictions() -> None:
    conditional, unconditional = torch.tensor([[3.0, 1.0]]), torch.tensor([[1.0, 1.0]])
    assert torch.equal(guide(conditional, unconditional, 1.0), conditional)
    assert torch.equal(guide(conditional, unconditional, 0.0), unconditional)
    assert torch.equal(guide(conditional, unconditional, 5.0), torch.tensor([[11.0, 1.0]]))


def test_guidance_acts_inside_its_interval_only() -> None:
    interval = GuidanceInterval(0.2, 0.8)
    assert [interval.scale_at(t, 4.0) for t in (0.1, 0.2, 0.5, 0.8, 0.9)] == [1.0, 4.0, 4.0, 4.0, 1.0]


def test_one_condition_of_weight_1_gives_its_own_bits_and_of_weight_0_the_base() -> None:
    base, led = torch.randn(2, 1, 50, generator=torch.Generator().manual_seed(0))
    assert torch.equal(weighted(base, [(led, 1.0)]), led)
    assert torch.equal(weighted(base, [(led, 0.0)]), base)
    assert torch.equal(weighted(base, []), base)


def test_what_conditions_ask_for_adds_up() -> None:
    base, right, up = torch.tensor([[1.0, 1.0]]), torch.tensor([[3.0, 1.0]]), torch.tensor([[1.0, 5.0]])
    assert torch.equal(weighted(base, [(right, 1.0), (up, 0.5)]), torch.tensor([[3.0, 3.0]]))


def test_a_step_is_held_by_its_middle() -> None:
    assert [StepRange(0.25, 0.75).holds(step, 4) for step in range(4)] == [False, True, True, False]
    assert [StepRange(0.0, 0.125).holds(step, 4) for step in range(4)] == [True, False, False, False]
    assert not any(StepRange(0.13, 0.3).holds(step, 4) for step in range(4))
    assert all(StepRange().holds(step, 7) for step in range(7))


def test_equal_strengths_are_one_layer_and_none_is_no_layer() -> None:
    assert layers([1.0, 1.0]) == [Layer((True, True), 1.0)]
    assert layers([0.4]) == [Layer((True,), 0.4)]
    assert layers([0.0, 0.4]) == [Layer((False, True), 0.4)]
    assert layers([]) == layers([0.0, 0.0]) == []


def test_the_weights_of_the_layers_that_see_a_condition_are_its_strength() -> None:
    strengths = [0.25, 1.5, 0.0, 0.5, 1.5]
    found = layers(strengths)
    assert [sum(layer.weight for layer in found if layer.seen[place]) for place in range(5)] == strengths
    assert [sum(layer.seen) for layer in found] == [2, 3, 4]


def test_rescaling_gives_each_row_its_conditional_spread_back() -> None:
    conditional = (
        torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0)) * torch.tensor([1, 2, 3])[:, None, None]
    )
    guided = 4 * conditional + 1
    full = rescale(guided, conditional, 1.0)
    assert torch.allclose(full.std(dim=(1, 2)), conditional.std(dim=(1, 2)))
    assert torch.allclose(rescale(guided, conditional, 0.5), (full + guided) / 2, atol=1e-5)
    assert torch.equal(rescale(guided, conditional, 0.0), guided)
