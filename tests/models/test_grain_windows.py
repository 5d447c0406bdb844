import pytest
import torch

from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.models.grain_mini.refiner import LatentRefiner
from kinoform.models.grain_mini.windows import TOKEN, WINDOW, cut, joined, phase_planes, shift_at


@pytest.mark.parametrize("units", [1, 2, 4])
def test_what_is_cut_joins_to_the_same(units: int) -> None:
    latent = torch.randn(3, units * WINDOW, units * WINDOW, generator=torch.Generator().manual_seed(0))
    shift = shift_at(5, 3, 0.3, units * WINDOW)
    windows, planes = cut(latent, shift)
    assert windows.shape == (units**2, 3, 1, WINDOW, WINDOW)
    assert planes.shape[0] == units**2
    assert torch.equal(joined(windows, shift, units * WINDOW), latent)


def test_planes_roll_with_the_latent() -> None:
    """A place keeps its planes however the tile is rolled: layouts stay where they are."""
    still = phase_planes(0, 0, wraps=True)
    for shift in [(4, 0), (0, 12), (28, 8), (-4, 20)]:
        _, planes = cut(torch.zeros(1, WINDOW, WINDOW), shift)
        back = planes[0].roll((-shift[0], -shift[1]), dims=(2, 3))
        torch.testing.assert_close(back, still, atol=1e-5, rtol=0)


def test_only_a_tile_of_one_window_wraps_around_in_it() -> None:
    (whole,) = cut(torch.zeros(1, WINDOW, WINDOW), (0, 0))[1]
    parts = cut(torch.zeros(1, 2 * WINDOW, 2 * WINDOW), (0, 0))[1]
    assert bool((whole[-1] == 1).all())
    assert bool((parts[:, -1] == -1).all())


def test_shifts_bring_every_border_of_windows_and_tokens_to_lie_in_a_middle() -> None:
    for side in (WINDOW, 4 * WINDOW):
        shifts = [shift_at(9, step, 0.3, side) for step in range(40)]
        assert all(0 <= part < side for shift in shifts for part in shift)
        assert all(part % TOKEN == 0 for shift in shifts[::2] for part in shift)
        for one, other in zip(shifts[::2], shifts[1::2], strict=True):
            assert all((b - a) % WINDOW == WINDOW // 2 + TOKEN // 2 for a, b in zip(one, other, strict=True))
        assert len(set(shifts)) > 20
    assert shift_at(9, 6, 0.3, WINDOW) == shift_at(9, 6, 0.3, WINDOW)


def test_tokens_keep_to_their_grid_while_layouts_come_into_being() -> None:
    shifts = [shift_at(9, step, 0.8, WINDOW) for step in range(40)]
    assert all(part % TOKEN == 0 for shift in shifts for part in shift)


def test_a_rolled_latent_decodes_to_the_rolled_tile() -> None:
    torch.manual_seed(0)
    codec = MaterialAutoencoder(latent_channels=4, widths=(8, 8), encoder_depths=(1, 1), decoder_depths=(1, 1))
    latent = torch.randn(1, 4, 16, 16)
    with torch.no_grad():
        rolled = codec.decode(latent.roll((3, 7), dims=(2, 3)))
        torch.testing.assert_close(rolled, codec.decode(latent).roll((24, 56), dims=(2, 3)), atol=1e-5, rtol=0)
        tiles = torch.rand(1, 6, 64, 64) * 2 - 1
        coded = codec.encode(tiles.roll((8, 40), dims=(2, 3)))
        torch.testing.assert_close(coded, codec.encode(tiles).roll((1, 5), dims=(2, 3)), atol=1e-5, rtol=0)


def test_the_refiner_changes_nothing_before_it_is_trained_and_then_goes_with_rolls() -> None:
    torch.manual_seed(0)
    refiner = LatentRefiner(channels=4, width=8)
    noisy, clean, alpha_bar = torch.randn(2, 4, 16, 16), torch.randn(2, 4, 16, 16), torch.tensor([0.2, 0.9])
    with torch.no_grad():
        assert torch.equal(refiner(noisy, clean, alpha_bar), clean)
        for parameter in refiner.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
        rolled = refiner(noisy.roll((3, 7), dims=(2, 3)), clean.roll((3, 7), dims=(2, 3)), alpha_bar)
        torch.testing.assert_close(rolled, refiner(noisy, clean, alpha_bar).roll((3, 7), dims=(2, 3)))
        assert not torch.equal(refiner(noisy, clean, 1 - alpha_bar), refiner(noisy, clean, alpha_bar))


def test_other_shapes_are_refused() -> None:
    codec = MaterialAutoencoder(latent_channels=4, widths=(8, 8))
    with pytest.raises(ValueError, match=r"\(1, 3, 64, 64\)"):
        codec.encode(torch.zeros(1, 3, 64, 64))
    with pytest.raises(ValueError, match=r"\(1, 5, 8, 8\)"):
        codec.decode(torch.zeros(1, 5, 8, 8))
