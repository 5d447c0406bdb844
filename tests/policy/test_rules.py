"""Prompt rules: what they find, and what a file of them may not be."""

from pathlib import Path

import pytest

from kinoform.policy.errors import BadPolicy
from kinoform.policy.judge import Place, Policies, Refused
from kinoform.policy.rules import read_rules

RULES = """
[[rule]]
name = "figures"
reason = "belongs to somebody else"
words = ["Mickey Mouse", "café"]

[[rule]]
name = "styles"
reason = "imitates somebody"
patterns = ["in the style of (?!our studio)"]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    (tmp_path / "rules.toml").write_text(RULES)
    return tmp_path / "rules.toml"


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("MICKEY  mouse waves", "figures"),
        ("Ｍｉｃｋｅｙ mouse waves", "figures"),
        ("mic\u200bkey mouse waves", "figures"),
        ("a table before a cafe", "figures"),
        ("a house in the style of Vermeer", "styles"),
        ("a house in the style of our studio", None),
        ("mickey mouses", None),
        ("a mickey and a mouse", None),
        ("", None),
    ],
)
def test_rules_find_words_however_they_are_dressed_up(prompt: str, rule: str | None, rules: Path) -> None:
    found = read_rules(rules).judge_prompt(prompt)
    assert (found and found.rule) == rule


def test_a_refusal_names_field_rule_and_reason(rules: Path) -> None:
    with pytest.raises(Refused) as refused:
        Policies([read_rules(rules)]).check_prompt("spec.prompt.text", "mickey mouse")
    assert refused.value.place is Place.PROMPT
    assert str(refused.value) == "spec.prompt.text is refused by policy 'figures': belongs to somebody else"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "must hold"),
        ("rule = 3", "must hold"),
        ("[[rule]", "rules.toml: "),
        ("other = 1\n[[rule]]\nname='a'", "must hold"),
        ("[[rule]]\nreason='r'\nwords=['w']", "rule 1: name must be .* is None"),
        ("[[rule]]\nname='A b'\nreason='r'\nwords=['w']", "rule 1: name must be .* is 'A b'"),
        ("[[rule]]\nname='a'\nwords=['w']", "rule 1: reason must say why"),
        ("[[rule]]\nname='a'\nreason='r'", "rule 1: needs words or patterns"),
        ("[[rule]]\nname='a'\nreason='r'\nwords='w'", "rule 1: words must be a list"),
        ("[[rule]]\nname='a'\nreason='r'\nwords=[' ']", "rule 1: words must be a list"),
        ("[[rule]]\nname='a'\nreason='r'\npatterns=['(']", "rule 1: '\\(' is no regular expression"),
        ("[[rule]]\nname='a'\nreason='r'\nwords=['w']\nword=['w']", "rule 1: has no setting 'word'"),
    ],
)
def test_a_bad_file_is_refused_by_what_is_wrong_with_it(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "rules.toml").write_text(text)
    with pytest.raises(BadPolicy, match=said):
        read_rules(tmp_path / "rules.toml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadPolicy, match="No such file"):
        read_rules(tmp_path / "none.toml")
