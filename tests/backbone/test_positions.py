import torch

from kinoform.backbone.positions import RotaryPositions, absolute_positions, axis_widths, rotate

GRID = (4, 5, 6)


def at(place: tuple[int, int, int]) -> int:
    return (place[0] * GRID[1] + place[1]) * GRID[2] + place[2]


def test_rotated_products_depend_on_the_distance_between_places_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(1, 1, 1, 32, generator=generator).expand(1, 120, 1, 32) for _ in range(2))
    cos, sin = RotaryPositions(32, 100.0)(query, GRID)
    scores = rotate(query, cos, sin)[0, :, 0] @ rotate(key, cos, sin)[0, :, 0].T
    for shift in [(1, 0, 0), (0, 2, 0), (0, 0, 3), (1, 2, 3)]:
        moved = (1 + shift[0], 1 + shift[1], 1 + shift[2])
        assert torch.allclose(
            scores[at((1, 1, 1)), at((2, 0, 2))], scores[at(moved), at(add((2, 0, 2), shift))], atol=1e-4
        )
    for distance in [(1, 0, 0), (0, 1, 0), (0, 0, 1)]:
        assert not torch.isclose(scores[0, 0], scores[0, at(distance)], atol=1e-3)


def add(place: tuple[int, int, int], shift: tuple[int, int, int]) -> tuple[int, int, int]:
    return (place[0] + shift[0], place[1] + shift[1], place[2] + shift[2])


def test_rotation_keeps_lengths_and_the_dtype() -> None:
    x = torch.randn(2, 120, 3, 16, generator=torch.Generator().manual_seed(0))
    cos, sin = RotaryPositions(16, 100.0)(x, GRID)
    assert torch.allclose(rotate(x, cos, sin).norm(dim=-1), x.norm(dim=-1), rtol=1e-5)
    half = rotate(x.bfloat16(), cos, sin)
    assert half.dtype == torch.bfloat16
    assert torch.equal(half, rotate(x.bfloat16().float(), cos, sin).bfloat16())


def test_every_even_width_is_shared_out_whole() -> None:
    for width in range(2, 130, 2):
        shares = axis_widths(width)
        assert sum(shares) == width
        assert all(share % 2 == 0 for share in shares)


def test_every_place_has_a_position_of_its_own() -> None:
    where = absolute_positions(GRID, 48, 100.0, torch.device("cpu"))
    distances = torch.cdist(where, where) + 10 * torch.eye(120)
    assert where.shape == (120, 48)
    assert distances.min() > 0.05
