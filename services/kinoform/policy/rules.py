"""Prompt rules from a file.

[[rule]]
name = "other-studios-figures"
reason = "names a figure that belongs to somebody else"
words = ["mickey mouse", "totoro"]           # whole words, in any case
patterns = ["style of (?!our studio)"]       # regular expressions of Python, in any case
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinoform.policy.errors import BadPolicy
from kinoform.policy.judge import Picture, Refusal

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_KEYS = {"name", "reason", "words", "patterns"}


@dataclass(frozen=True, slots=True)
class Rule:
    """Prompts that any of its expressions finds something in are refused."""

    refusal: Refusal
    expressions: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class PromptRules:
    """A policy for prompts alone."""

    rules: tuple[Rule, ...]

    def judge_prompt(self, text: str) -> Refusal | None:
        """The first rule that the prompt breaks, however its letters are dressed up."""
        plain = _plain(text)
        return next((rule.refusal for rule in self.rules if any(each.search(plain) for each in rule.expressions)), None)

    def judge_picture(self, picture: Picture) -> Refusal | None:
        """Pictures are not its business."""
        return None


def read_rules(path: Path) -> PromptRules:
    """Rules from a TOML file. Raises BadPolicy, naming the rule and what is wrong with it."""
    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise BadPolicy(str(path), error.strerror or "can't be read") from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise BadPolicy(str(path), str(error)) from error
    rules = document.get("rule")
    if set(document) != {"rule"} or not isinstance(rules, list) or not rules:
        raise BadPolicy(str(path), "must hold [[rule]] tables and nothing else")
    return PromptRules(tuple(_rule(f"{path}: rule {number}", each) for number, each in enumerate(rules, 1)))


def _rule(where: str, given: Mapping[str, Any]) -> Rule:
    if unknown := sorted(set(given) - _KEYS):
        raise BadPolicy(where, f"has no setting {unknown[0]!r}; there are: {', '.join(sorted(_KEYS))}")
    name, reason = given.get("name"), given.get("reason")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise BadPolicy(where, f"name must be lower-case letters, digits, `.`, `_`, `-`, is {name!r}")
    if not isinstance(reason, str) or not reason.strip():
        raise BadPolicy(where, f"reason must say why, is {reason!r}")
    words = [rf"(?<!\w){re.escape(_plain(each))}(?!\w)" for each in _texts(where, given, "words")]
    expressions = tuple(_compiled(where, each) for each in (*words, *_texts(where, given, "patterns")))
    if not expressions:
        raise BadPolicy(where, "needs words or patterns")
    return Rule(Refusal(name, reason.strip()), expressions)


def _texts(where: str, given: Mapping[str, Any], key: str) -> list[str]:
    found = given.get(key, [])
    if not isinstance(found, list) or not all(isinstance(each, str) and each.strip() for each in found):
        raise BadPolicy(where, f"{key} must be a list of texts, is {found!r}")
    return found


def _compiled(where: str, expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression, re.IGNORECASE)
    except re.error as error:
        raise BadPolicy(where, f"{expression!r} is no regular expression: {error}") from error


def _plain(text: str) -> str:
    """Full-width and other forms of letters as plain ones, no accents, no invisible characters, single spaces."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(each for each in decomposed if unicodedata.category(each) not in ("Mn", "Cf"))
    return " ".join(kept.split())
