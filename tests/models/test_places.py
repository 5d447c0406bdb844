"""The seed's places."""

from kinoform.models.kino_mini.places import place, place_planes


def test_nine_seeds_in_a_row_choose_nine_places() -> None:
    assert {place(seed) for seed in range(100, 109)} == {(x, y) for x in (-1, 0, 1) for y in (-1, 0, 1)}
    assert place(2**62) == place(2**62 % 9)


def test_the_network_is_told_the_same_everywhere() -> None:
    planes = place_planes(5, 3, 4)
    assert planes.shape == (2, 1, 3, 4)
    assert (planes[0] == place(5)[0]).all()
    assert (planes[1] == place(5)[1]).all()
