"""Model cards: what is known of a model, read without torch. The gateway and the CLI live on them."""

import json
from dataclasses import asdict, dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLimits:
    """Ranges and defaults of a video model's requests. Frames are counts, sizes pixels."""

    min_frames: int
    max_frames: int
    frames_step: int = 1
    """Lengths are min_frames plus a multiple of this."""
    default_frames: int
    min_size: tuple[int, int]
    """(width, height)"""
    max_size: tuple[int, int]
    size_step: int
    """Width and height are multiples of this."""
    default_size: tuple[int, int]
    default_frame_rate: Fraction
    min_steps: int = 1
    """Of a clip from text alone; with a picture one is enough."""
    max_steps: int = 200
    default_steps: int
    default_guidance: float
    text_tokens: int
    """Longer prompts are cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Phrases that, joined by spaces, make a caption: "a penguin" + "moves to the left" + "over a teal background"."""

    subjects: tuple[str, ...]
    motions: tuple[str, ...]
    backgrounds: tuple[str, ...]
    others: tuple[str, ...] = ()
    """Further phrases that were taught: sizes, pairs, other ways to say the same."""

    def phrases(self) -> tuple[str, ...]:
        """All of them."""
        return self.subjects + self.motions + self.backgrounds + self.others


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """A model and what it can do."""

    name: str
    display_name: str
    family: str
    version: str
    description: str
    license: str
    """SPDX identifier of the weights."""
    limits: tuple[str, ...]
    """What it can't do, a sentence each."""
    clip: ClipLimits
    batch_exact: bool
    image_input: bool
    vocabulary: Vocabulary | None = None
    """None for a model without a closed vocabulary."""
    held_out: tuple[tuple[str, str, str], ...] = ()
    """(subject, motion, background) phrases never seen in training."""
    details: dict[str, Any] = field(default_factory=dict)
    """The rest of the card as JSON values: data and their licences, training command and cost, measured figures."""

    def to_json(self) -> dict[str, Any]:
        """The card as JSON values; `card_from_json` reads it back."""
        values: dict[str, Any] = _plain(asdict(self))
        return values


def card_from_json(values: dict[str, Any]) -> ModelCard:
    """Reads `ModelCard.to_json`'s form. Raises KeyError or TypeError if it is no card."""
    clip = dict(values["clip"])
    for name in ("min_size", "max_size", "default_size"):
        clip[name] = tuple(clip[name])
    clip["default_frame_rate"] = Fraction(clip["default_frame_rate"])
    words = values.get("vocabulary")
    vocabulary = None if words is None else Vocabulary(**{name: tuple(phrases) for name, phrases in words.items()})
    held_out = tuple((s, m, b) for s, m, b in values.get("held_out", ()))
    nested: dict[str, Any] = {"clip": ClipLimits(**clip), "vocabulary": vocabulary, "held_out": held_out}
    rest = {part.name: values[part.name] for part in fields(ModelCard) if part.name not in nested}
    rest["limits"] = tuple(rest["limits"])
    return ModelCard(**rest, **nested)


def read_card(path: Path) -> ModelCard:
    """The card in a JSON file."""
    return card_from_json(json.loads(path.read_text()))


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value
