"""Which models a server offers, read without torch: the embedded ones and folders registered by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import kinoform_weights
from kinoform.models.card import AnyCard, Kind, read_card
from kinoform.models.wan_card import wan_card

EMBEDDED = ("kino-mini", "kino-mini-turbo", "form-mini", "grain-mini")
DEFAULT_MODELS: Mapping[Kind, str] = {"video": "kino-mini", "mesh": "form-mini", "material": "grain-mini"}
"""Model of requests that name none."""


class BadRegistration(ValueError):
    """A `--model NAME=FAMILY:PATH` that can't be used; the message says why."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(text, reason)
        self.text = text
        self.reason = reason

    def __str__(self) -> str:
        return f"--model {self.text!r}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Registration:
    """A model that this server offers."""

    name: str
    source: str
    """Folder, or hub id."""
    card: AnyCard

    def __str__(self) -> str:
        """The form that `parse_registration` reads."""
        return f"{self.name}={self.card.family}:{self.source}"


def _embedded_card(name: str, source: str) -> AnyCard:
    return read_card(Path(source) / "card.json")


CARDS: Mapping[str, Callable[[str, str], AnyCard]] = {
    "kino-mini": _embedded_card,
    "form-mini": _embedded_card,
    "grain-mini": _embedded_card,
    "wan": wan_card,
}
"""Family to the maker of a card from (name, source)."""


def embedded() -> tuple[Registration, ...]:
    """The models of the `kinoform-weights` distribution."""
    folders = ((name, kinoform_weights.path(name)) for name in EMBEDDED)
    return tuple(Registration(name, str(folder), read_card(folder / "card.json")) for name, folder in folders)


def parse_registration(text: str) -> Registration:
    """Reads `NAME=FAMILY:PATH`. Raises BadRegistration."""
    name, equals, rest = text.partition("=")
    family, colon, source = rest.partition(":")
    if not (name and equals and family and colon and source):
        raise BadRegistration(text, "must be NAME=FAMILY:PATH")
    if family not in CARDS:
        raise BadRegistration(text, f"no family {family!r}; known: {', '.join(sorted(CARDS))}")
    try:
        return Registration(name, source, CARDS[family](name, source))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise BadRegistration(text, f"no {family} model at {source!r}: {error}") from error


def catalogue(registered: Iterable[str] = ()) -> dict[str, Registration]:
    """Embedded and registered models by name. Raises BadRegistration, also for a name taken twice."""
    models = {entry.name: entry for entry in embedded()}
    for text in registered:
        entry = parse_registration(text)
        if entry.name in models:
            raise BadRegistration(text, f"the name {entry.name!r} is taken")
        models[entry.name] = entry
    return models
