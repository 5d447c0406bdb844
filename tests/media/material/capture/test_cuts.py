"""Cuts against all cuts that there are."""

from itertools import product

import numpy as np
import pytest

from kinoform.media.material.capture.cuts import cheapest_cut, cheapest_loop, prices

ROWS, COLUMNS = 6, 5


def every_cut() -> np.ndarray:
    """(k, ROWS) all of them."""
    steps = np.array(list(product((-1, 0, 1), repeat=ROWS - 1)))
    starts = np.arange(COLUMNS)[:, None, None]
    cuts = starts + np.concatenate([np.zeros((1, len(steps), 1), int), np.cumsum(steps, axis=1)[None]], axis=2)
    cuts = cuts.reshape(-1, ROWS)
    return cuts[((cuts >= 0) & (cuts < COLUMNS)).all(axis=1)]


def price(costs: np.ndarray, cut: np.ndarray) -> float:
    return float(costs[np.arange(len(costs)), cut].sum())


@pytest.mark.parametrize("seed", range(20))
def test_no_cut_is_cheaper(seed: int) -> None:
    costs = np.random.default_rng(seed).random((ROWS, COLUMNS))
    cheapest = min(price(costs, cut) for cut in every_cut())
    found = cheapest_cut(costs)
    assert np.abs(np.diff(found)).max() <= 1
    assert price(costs, found) == pytest.approx(cheapest)
    assert prices(np.stack([costs, 2 * costs])) == pytest.approx([cheapest, 2 * cheapest])


@pytest.mark.parametrize("seed", range(20))
def test_no_cut_through_given_ends_is_cheaper(seed: int) -> None:
    costs = np.random.default_rng(seed).random((ROWS, COLUMNS))
    found = cheapest_cut(costs, 2)
    closed = [cut for cut in every_cut() if cut[0] == cut[-1] == 2]
    assert (found[0], found[-1]) == (2, 2)
    assert price(costs, found) == pytest.approx(min(price(costs, cut) for cut in closed))


def test_a_loop_closes_and_follows_a_closed_valley() -> None:
    rows, columns = 200, 60
    valley = np.rint(30 + 15 * np.sin(2 * np.pi * (np.arange(rows) + 37) / rows)).astype(int)
    costs = 1 + np.random.default_rng(0).random((rows, columns))
    costs[np.arange(rows), valley] = 0.01
    loop = cheapest_loop(costs)
    assert loop[0] == loop[-1]
    assert (loop == valley).mean() > 0.97


@pytest.mark.parametrize("seed", range(10))
def test_a_loop_costs_little_more_than_an_open_cut(seed: int) -> None:
    costs = np.random.default_rng(seed).random((120, 40))
    loop = cheapest_loop(costs)
    assert loop[0] == loop[-1]
    assert price(costs, cheapest_cut(costs)) <= price(costs, loop) < 1.15 * price(costs, cheapest_cut(costs))
