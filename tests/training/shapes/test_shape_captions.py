"""What captions say, and which combinations are kept from training."""

import json

import numpy as np
import pytest

from kinoform.training.shapes.catalogue import FAMILIES, build
from kinoform.training.shapes.draw import draw, held_out, held_out_captions
from kinoform.training.shapes.facts import Facts, Value
from kinoform.training.shapes.grammar import caption
from kinoform.training.shapes.paint import COLOURS
from kinoform.training.shapes.split import combinations, held_out_of


def facts(
    family: str = "house",
    attribute: str = "chimneys",
    value: Value = 2,
    *,
    colour: str = "orange",
    finish: str = "plain",
    second: str | None = None,
) -> Facts:
    return Facts(
        family=family, colour=colour, finish=finish, attribute=attribute, value=value, second=second, size_m=9.0
    )


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (facts(), "an orange house with two chimneys"),
        (facts(second="white"), "an orange house with two chimneys and a white roof"),
        (facts(second="white", value=0), "an orange house with a white roof and without chimneys"),
        (facts("chair", "arms", "with", colour="red"), "a red chair with arms"),
        (facts("vase", "shape", "tall", finish="shiny"), "a shiny tall orange vase"),
        (facts("gear", "teeth", 8, finish="metal"), "an orange metal gear with eight teeth"),
        (facts("mug", "handles", 1, second="teal"), "an orange mug with one teal handle"),
        (facts("star", "points", 5, finish="golden", colour="yellow"), "a golden star with five points"),
    ],
)
def test_canonical_captions_say_everything(known: Facts, words: str) -> None:
    assert caption(known) == words


def test_drawn_captions_name_the_family_and_the_colour() -> None:
    rng = np.random.default_rng(0)
    for _ in range(400):
        _, known, words = draw(rng)
        assert any(noun in words for noun in FAMILIES[known.family].nouns)
        first = next((word for word in words.split() if word in COLOURS), None)
        if first != known.colour:
            assert (known.finish, known.colour) in (("golden", "yellow"), ("wooden", "brown"), ("metal", "grey"))


def test_one_fact_has_many_phrasings() -> None:
    rng = np.random.default_rng(0)
    phrasings = {caption(facts(second="white"), rng) for _ in range(500)}
    assert len(phrasings) > 25
    assert caption(facts(second="white")) in phrasings
    assert any("chimney" not in words for words in phrasings)


def test_facts_survive_json() -> None:
    for seed in range(50):
        known = draw(seed)[1]
        assert Facts(**json.loads(json.dumps(known.to_json()))) == known


def test_training_never_shows_what_is_held_out() -> None:
    for name in FAMILIES:
        for seed in range(10):
            assert not held_out(draw(seed, family=name)[1])


def test_asking_for_what_is_held_out_fails() -> None:
    colour, value = held_out_of("gear")[0]
    with pytest.raises(ValueError, match="nothing to train on of family 'gear'"):
        draw(0, family="gear", colour=colour, attribute=value)


def test_about_a_tenth_is_held_out_and_every_value_is_trained_on() -> None:
    every = {(name, *pair) for name in FAMILIES for pair in combinations(name)}
    kept = {(name, *pair) for name in FAMILIES for pair in held_out_of(name)}
    assert 0.08 < len(kept) / len(every) < 0.12
    trained = every - kept
    assert {(name, value) for name, _, value in trained} == {(name, value) for name, _, value in every}
    assert {colour for _, colour, _ in trained} == set(COLOURS)


def test_held_out_captions_are_different_held_out_and_always_the_same() -> None:
    captions = held_out_captions(200)
    assert len({words for words, _ in captions}) == 200
    assert all(held_out(known) and caption(known) == words for words, known in captions)
    assert len({known.family for _, known in captions}) > 40
    assert held_out_captions(200) == captions
    assert held_out_captions(60) == captions[:60]


def test_what_is_held_out_stays_so() -> None:
    assert held_out_of("chair") == (("green", "with"), ("blue", "with"), ("teal", "without"), ("pink", "without"))


def test_a_shape_of_held_out_facts_can_be_built() -> None:
    for _, known in held_out_captions(20):
        assert build(known, np.random.default_rng(0)).parts


def test_what_is_asked_for_is_drawn() -> None:
    _, known, _ = draw(0, family="table", attribute=6, colour="red")
    assert (known.family, known.value, known.colour) == ("table", 6, "red")
