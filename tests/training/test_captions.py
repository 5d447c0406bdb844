"""The caption grammar and what is kept out of training."""

import itertools
import random

import pytest

from kinoform.training.captions import (
    BACKGROUNDS,
    MEDIUM,
    MOTIONS,
    SIZES,
    Script,
    every_triple,
    held_out,
    parse,
    script,
    training_triples,
)
from kinoform.training.cast import CAST, EXTRAS, SUBJECTS, UNSEEN


def captions_of(one: Script) -> set[str]:
    """Canonical and drawn phrasings, nearly all there are."""
    rng = random.Random(0)
    return {one.caption()} | {one.caption(rng) for _ in range(300)}


def test_every_triples_caption_reads_back_and_is_its_scripts() -> None:
    some = list(every_triple())[::37]
    assert [parse(triple.caption()) for triple in some] == some
    assert all(script(triple).caption() == triple.caption() for triple in every_triple())


def test_a_text_outside_the_grammar_is_refused() -> None:
    with pytest.raises(ValueError, match="a walrus"):
        parse("a walrus moves up over a teal background")


def test_training_and_held_out_share_nothing_and_make_up_all() -> None:
    assert held_out().isdisjoint(training_triples())
    assert held_out().union(training_triples()) == set(every_triple())


def test_a_ninth_is_held_out_yet_every_pair_is_trained_on() -> None:
    seen = training_triples()
    assert len(held_out()) == 428
    assert len({(t.subject, t.motion) for t in seen}) == len(SUBJECTS) * len(MOTIONS)
    assert len({(t.subject, t.background) for t in seen}) == len(SUBJECTS) * len(BACKGROUNDS)
    assert len({(t.motion, t.background) for t in seen}) == len(MOTIONS) * len(BACKGROUNDS)


def test_no_phrasing_belongs_to_two_meanings() -> None:
    for a, b in itertools.combinations([Script((0,), motion, 0) for motion in range(len(MOTIONS))], 2):
        assert captions_of(a).isdisjoint(captions_of(b))
    for a, b in itertools.combinations([Script((0,), 0, place) for place in range(len(BACKGROUNDS))], 2):
        assert captions_of(a).isdisjoint(captions_of(b))
    for a, b in itertools.combinations([Script((0,), 0, 0, size) for size in range(len(SIZES))], 2):
        assert captions_of(a).isdisjoint(captions_of(b))


def test_sizes_and_pairs_are_said_in_plain_english() -> None:
    octopus, unicorn = list(CAST).index("octopus"), list(CAST).index("unicorn")
    assert Script((octopus,), 0, 8, list(SIZES).index("big")).caption() == "a big octopus moves to the left in a meadow"
    assert Script((octopus, unicorn), 4, 0).caption() == "an octopus and a unicorn bounce over a teal background"
    assert "are bouncing" in " ".join(captions_of(Script((octopus, unicorn), 4, 0)))
    assert Script((octopus,), 4, 0, MEDIUM).caption() == "an octopus bounces over a teal background"


def test_the_cast_is_large_and_a_tenth_of_the_extras_is_unseen() -> None:
    assert set(UNSEEN) < set(EXTRAS)
    assert len(UNSEEN) * 10 >= len(EXTRAS)
    assert len(set(CAST.values())) == len(SUBJECTS) + len(EXTRAS) == len(CAST)
