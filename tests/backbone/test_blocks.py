import pytest
import torch
from torch import Tensor

from kinoform.backbone.blocks import DenoiserBlock, Positions, modulations
from kinoform.backbone.positions import Grid, RotaryPositions

GRID: Grid = (3, 4, 5)


def build(factorised: bool) -> DenoiserBlock:
    torch.manual_seed(0)
    block = DenoiserBlock(48, 2, 2.0, factorised=factorised).eval()
    torch.nn.init.normal_(block.scale_shift_table)
    return block


def positions(tokens: Tensor, factorised: bool) -> Positions:
    rope, (frames, height, width) = RotaryPositions(24, 100.0), GRID
    if factorised:
        return Positions(GRID, rope(tokens, (1, height, width)), rope(tokens, (frames, 1, 1)))
    return Positions(GRID, rope(tokens, GRID), None)


@torch.no_grad()
def run(block: DenoiserBlock, places: Tensor) -> Tensor:
    """The block on one row of tokens laid out as (l, h, w, d)."""
    tokens = places.flatten(0, 2)[None]
    modulation = torch.zeros(1, modulations(block.factorised), 48)
    out: Tensor = block(tokens, torch.zeros(1, 2, 48), None, modulation, positions(tokens, block.factorised))
    return out[0].unflatten(0, GRID)


@pytest.mark.parametrize("factorised", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_attention_tells_the_order_of_tokens_along_every_axis(factorised: bool, axis: int) -> None:
    block = build(factorised)
    places = torch.randn(*GRID, 48, generator=torch.Generator().manual_seed(1))
    assert not torch.allclose(run(block, places.flip(axis)).flip(axis), run(block, places), atol=1e-3)


@pytest.mark.parametrize("factorised", [False, True])
def test_only_relative_places_count(factorised: bool) -> None:
    """Turning every query and key further by one and the same place changes nothing."""
    block = build(factorised)
    tokens = torch.randn(1, 60, 48, generator=torch.Generator().manual_seed(1))
    here = positions(tokens, factorised)
    turn = torch.tensor(0.7)

    def turned(rotary: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        cos, sin = rotary
        return cos * turn.cos() - sin * turn.sin(), sin * turn.cos() + cos * turn.sin()

    there = Positions(GRID, turned(here.among), None if here.across_frames is None else turned(here.across_frames))
    given = (torch.zeros(1, 2, 48), None, torch.zeros(1, modulations(factorised), 48))
    with torch.no_grad():
        assert torch.allclose(block(tokens, *given, here), block(tokens, *given, there), atol=1e-4)
