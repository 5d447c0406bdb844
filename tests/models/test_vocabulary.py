import subprocess
import sys

from kinoform.models.card import Vocabulary
from kinoform.models.vocabulary import outside_vocabulary

PHRASES = ["a penguin", "a red apple", "moves to the left", "spins", "over a teal background"]


def test_sizes_and_other_wordings_are_known_where_the_card_names_them() -> None:
    words = Vocabulary(subjects=("a fox",), motions=("spins",), backgrounds=("at sunset",), others=("small", "whirls"))
    assert outside_vocabulary("A small fox whirls and spins at sunset", words.phrases()) == ["and"]


def test_every_caption_of_the_vocabulary_is_inside() -> None:
    for subject in PHRASES[:2]:
        for motion in PHRASES[2:4]:
            assert outside_vocabulary(f"{subject} {motion} {PHRASES[4]}", PHRASES) == []


def test_other_words_are_named_once_in_order_and_in_lower_case() -> None:
    found = outside_vocabulary("A Walrus, a walrus and 3 penguins spin to the left!", PHRASES)
    assert found == ["walrus", "and", "spin"]


def test_words_of_any_script_count() -> None:
    assert outside_vocabulary("ein Pinguin… 企鹅", PHRASES) == ["ein", "pinguin", "企鹅"]
    assert outside_vocabulary("", PHRASES) == []


def test_it_needs_no_torch() -> None:
    code = "import sys, kinoform.models.vocabulary; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
