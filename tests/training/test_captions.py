"""The caption grammar and what is kept out of training."""

import itertools

import pytest

from kinoform.training.captions import (
    BACKGROUNDS,
    MOTIONS,
    SUBJECTS,
    Triple,
    every_triple,
    held_out,
    parse,
    phrasings,
    training_triples,
)


def test_every_caption_reads_back_as_its_triple() -> None:
    assert [parse(triple.caption()) for triple in every_triple()] == list(every_triple())


def test_a_text_outside_the_grammar_is_refused() -> None:
    with pytest.raises(ValueError, match="a walrus"):
        parse("a walrus moves up over a teal background")


def test_training_and_held_out_share_nothing_and_make_up_all() -> None:
    assert held_out().isdisjoint(training_triples())
    assert held_out().union(training_triples()) == set(every_triple())


def test_more_than_200_triples_are_held_out_yet_every_pair_is_trained_on() -> None:
    seen = training_triples()
    assert len(held_out()) == 210
    assert len({(t.subject, t.motion) for t in seen}) == len(SUBJECTS) * len(MOTIONS)
    assert len({(t.subject, t.background) for t in seen}) == len(SUBJECTS) * len(BACKGROUNDS)
    assert len({(t.motion, t.background) for t in seen}) == len(MOTIONS) * len(BACKGROUNDS)


def test_no_phrasing_belongs_to_two_meanings() -> None:
    for a, b in itertools.combinations([Triple(0, motion, 0) for motion in range(len(MOTIONS))], 2):
        assert set(phrasings(a)).isdisjoint(phrasings(b))


def test_the_first_phrasing_is_the_canonical_caption() -> None:
    assert phrasings(Triple(0, 0, 0))[0] == "a penguin moves to the left over a teal background"
