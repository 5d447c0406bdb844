import numpy as np
import pytest

from kinoform.training.grain.captions import NUMBERS, canonical, phrased
from kinoform.training.grain.descriptors import mean_colour, seam
from kinoform.training.grain.finish import FINISHES
from kinoform.training.grain.layouts import courses, hexagons, places, threads
from kinoform.training.grain.noise import UNIT, cells, waves
from kinoform.training.grain.recipe import COLOURS, FAMILIES, HELD_OUT_OF, Recipe, drawn, every_recipe, held_out


def first(family: str, colour: str = "blue", finish: str = "") -> Recipe:
    counts = FAMILIES[family].counts
    return Recipe(family, colour, finish, counts[0] if counts else 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_makes_planes_in_range_that_meet_at_the_borders(family: str) -> None:
    planes = first(family).make(np.random.default_rng(1)).planes()
    assert planes.shape == (6, UNIT, UNIT)
    assert planes.dtype == np.float32
    assert planes.min() >= 0
    assert planes.max() <= 1
    inner = np.abs(np.diff(planes, axis=1)).mean(axis=(0, 2)), np.abs(np.diff(planes, axis=2)).mean(axis=(0, 1))
    border = np.abs(planes[:, -1] - planes[:, 0]).mean(), np.abs(planes[:, :, -1] - planes[:, :, 0]).mean()
    for steps, step in zip(inner, border, strict=True):
        assert step <= steps.max() * 1.05  # a border like any other line, joints included


def test_a_recipe_and_a_seed_make_one_tile() -> None:
    for recipe in (first("gravel"), first("bricks", finish="worn")):
        one, again, other = (recipe.make(np.random.default_rng(seed)).planes() for seed in (3, 3, 4))
        assert np.array_equal(one, again)
        assert not np.array_equal(one, other)


def test_larger_tiles_show_more_of_the_same() -> None:
    planes = first("square tiles").make(np.random.default_rng(0), 2 * UNIT).planes()
    grout = planes[5] < 0.3
    rows = grout.mean(axis=1) > 0.9
    starts = np.flatnonzero(rows & ~np.roll(rows, 1))
    assert len(starts) == 2 * FAMILIES["square tiles"].counts[0]


def test_colours_are_told_apart_by_their_means() -> None:
    means = {
        colour: mean_colour(first("plaster", colour).make(np.random.default_rng(number)).planes())
        for number, colour in enumerate(COLOURS)
    }
    again = {
        colour: mean_colour(first("plaster", colour).make(np.random.default_rng(99 + number)).planes())
        for number, colour in enumerate(COLOURS)
    }
    for colour, lab in again.items():
        assert min(means, key=lambda name: float(np.linalg.norm(means[name] - lab))) == colour


def test_finishes_change_what_they_say() -> None:
    plain, glossy, matte = (
        first("leather", finish=finish).make(np.random.default_rng(0)).planes()[3].mean()
        for finish in ("", "glossy", "matte")
    )
    assert glossy < plain < matte


def test_waves_have_no_border_and_unit_deviation() -> None:
    plane = waves(np.random.default_rng(0), UNIT, 40)
    assert abs(float(plane.mean())) < 1e-5
    assert float(plane.std()) == pytest.approx(1, abs=1e-3)
    steps = np.abs(np.roll(plane, -1, axis=0) - plane).mean(axis=1)
    assert steps[-1] < 2 * np.median(steps)


def test_cells_wrap_around() -> None:
    found = cells(np.random.default_rng(0), UNIT, 4)
    crossing = found.number[0] == found.number[-1]
    assert crossing.mean() > 0.8
    assert found.edge.min() >= 0
    assert set(found.number.ravel()) <= set(range(found.total))


def test_layouts_repeat_in_each_unit() -> None:
    x, y = places(2 * UNIT)
    assert np.allclose(
        courses(x, y, 3, 4, stagger=0.5).edge, np.roll(courses(x, y, 3, 4, stagger=0.5).edge, UNIT, 1), atol=1e-3
    )
    assert np.allclose(hexagons(x, y, 7, 4).edge, np.roll(hexagons(x, y, 7, 4).edge, UNIT, 0), atol=1e-3)
    woven = threads(x, y, 12)
    assert np.array_equal(woven.over, np.roll(woven.over, UNIT, 1))
    assert woven.over.mean() == pytest.approx(0.5)


def test_held_out_recipes_are_never_drawn_but_each_of_their_words_is() -> None:
    rng = np.random.default_rng(0)
    recipes = [drawn(rng) for _ in range(3000)]
    assert not any(recipe.is_held_out for recipe in recipes)
    assert {recipe.family for recipe in recipes} == set(FAMILIES)
    assert {recipe.colour for recipe in recipes} == set(COLOURS)
    assert {recipe.finish for recipe in recipes} == set(FINISHES)
    assert {recipe.count for recipe in recipes} == {0, *NUMBERS}
    share = len(held_out()) / len(list(every_recipe()))
    assert share == pytest.approx(1 / HELD_OUT_OF, abs=0.02)


def test_a_counted_recipe_is_held_out_whatever_its_finish() -> None:
    counted = [recipe for recipe in held_out() if recipe.count]
    for recipe in counted:
        for finish in FINISHES:
            assert Recipe(recipe.family, recipe.colour, finish, recipe.count).is_held_out


def test_canonical_captions_are_as_documented() -> None:
    assert canonical(Recipe("square tiles", "blue", count=4)) == "blue square tiles, four per row"
    assert canonical(Recipe("leather", "red", "glossy")) == "glossy red leather"


def test_phrasings_keep_family_number_and_finish() -> None:
    recipe, family = Recipe("bricks", "blue", "worn", 3), FAMILIES["bricks"]
    texts = {phrased(recipe, np.random.default_rng(seed)) for seed in range(60)}
    assert len(texts) > 20
    for text in texts:
        assert any(name in text for name in ("bricks", *family.synonyms))
        assert "three" in text or "3" in text
        assert any(word in text for word in FINISHES["worn"])
        assert "blue" in text


def test_a_natural_colour_may_go_without_saying() -> None:
    texts = [phrased(Recipe("grass", "green"), np.random.default_rng(seed)) for seed in range(40)]
    assert any("green" not in text for text in texts)
    assert any("green" in text for text in texts)


def test_a_seam_is_measured_where_there_is_one() -> None:
    planes = first("plaster").make(np.random.default_rng(0)).planes()
    assert max(seam(planes)) < 1.5
    torn = np.concatenate([planes[:, :, 100:], planes[:, :, :60]], axis=2)
    assert seam(torn)[1] > 1.5 > seam(torn)[0]
