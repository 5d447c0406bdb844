"""Which words of a prompt a model was never shown."""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def outside_vocabulary(prompt: str, phrases: Iterable[str]) -> list[str]:
    """The words of `prompt` that occur in none of the phrases: lower case, in order, each once.

    A plural in -s counts as its singular. Numbers and punctuation are passed over.
    """
    known = {word for phrase in phrases for word in _words(phrase)}
    unknown = (word for word in _words(prompt) if word not in known and word.removesuffix("s") not in known)
    return list(dict.fromkeys(unknown))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
