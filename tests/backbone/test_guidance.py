import torch

from kinoform.backbone.guidance import GuidanceInterval, guide, rescale


def test_guidance_is_linear_through_both_predictions() -> None:
    conditional, unconditional = torch.tensor([[3.0, 1.0]]), torch.tensor([[1.0, 1.0]])
    assert torch.equal(guide(conditional, unconditional, 1.0), conditional)
    assert torch.equal(guide(conditional, unconditional, 0.0), unconditional)
    assert torch.equal(guide(conditional, unconditional, 5.0), torch.tensor([[11.0, 1.0]]))


def test_guidance_acts_inside_its_interval_only() -> None:
    interval = GuidanceInterval(0.2, 0.8)
    assert [interval.scale_at(t, 4.0) for t in (0.1, 0.2, 0.5, 0.8, 0.9)] == [1.0, 4.0, 4.0, 4.0, 1.0]


def test_rescaling_gives_each_row_its_conditional_spread_back() -> None:
    conditional = (
        torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0)) * torch.tensor([1, 2, 3])[:, None, None]
    )
    guided = 4 * conditional + 1
    full = rescale(guided, conditional, 1.0)
    assert torch.allclose(full.std(dim=(1, 2)), conditional.std(dim=(1, 2)))
    assert torch.allclose(rescale(guided, conditional, 0.5), (full + guided) / 2, atol=1e-5)
    assert torch.equal(rescale(guided, conditional, 0.0), guided)
