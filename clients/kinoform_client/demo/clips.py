"""Which clips the demo asks for."""

from dataclasses import dataclass
from pathlib import Path

from kinoform_client.types import Model

_CLIPS = 3
_OPEN_PROMPTS = ("a penguin walks over ice", "a red balloon rises into a blue sky", "waves roll onto a beach at sunset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A clip to ask for."""

    name: str
    """Stem of its files."""
    prompt: str
    seed: int
    parts: tuple[str, str, str] | None = None
    """Subject, motion and background, for a model with a vocabulary."""
    from_picture: bool = False

    @property
    def caption(self) -> str:
        """What to write under it."""
        return f"{self.prompt} (from a picture)" if self.from_picture else self.prompt


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A clip that was made."""

    wish: Wish
    file: Path
    seconds: float
    """From asking to having."""
    warnings: tuple[str, ...]
    image: Path | None
    """The picture it began with."""
    view_size: tuple[int, int]
    """(width, height) of the file's pictures."""
    steps: int

    @property
    def caption(self) -> str:
        """What to write under it."""
        return self.wish.caption


def wishes(model: Model) -> list[Wish]:
    """Three clips, as unlike as can be: of combinations never trained on, if the card lists such."""
    triples = _triples(model)
    if not triples:
        return [
            Wish(name=f"clip-{number}", prompt=prompt, seed=number)
            for number, prompt in enumerate(_OPEN_PROMPTS, start=1)
        ]
    return [
        Wish(name=f"clip-{number}", prompt=" ".join(triple), seed=number, parts=triple)
        for number, triple in enumerate(_unlike(triples), start=1)
    ]


def picture_wish(model: Model, first: Wish) -> Wish:
    """The clip that begins with a picture of the first one: the same subject and background, another motion."""
    prompt = first.prompt
    if first.parts is not None:
        subject, motion, background = first.parts
        others = [other for other in model.card["vocabulary"]["motions"] if other != motion]
        prompt = " ".join((subject, others[0] if others else motion, background))
    return Wish(name="clip-from-picture", prompt=prompt, seed=4, from_picture=True)


def _triples(model: Model) -> list[tuple[str, str, str]]:
    """Held-out triples first; without any, the vocabulary's own diagonal."""
    held_out = [(subject, motion, background) for subject, motion, background in model.card.get("held_out") or ()]
    words = model.card.get("vocabulary")
    if held_out or not words:
        return held_out
    kinds = words["subjects"], words["motions"], words["backgrounds"]
    return [(a, b, c) for a, b, c in zip(*(_cycled(kind) for kind in kinds), strict=True)]


def _cycled(phrases: list[str]) -> list[str]:
    return [phrases[place % len(phrases)] for place in range(_CLIPS)]


def _unlike(triples: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Three triples, each sharing as few phrases with those before it as can be."""
    chosen = [triples[0]]
    while len(chosen) < min(_CLIPS, len(triples)):
        seen = {phrase for triple in chosen for phrase in triple}
        rest = [triple for triple in triples if triple not in chosen]
        chosen.append(min(rest, key=lambda triple: sum(phrase in seen for phrase in triple)))
    return chosen
