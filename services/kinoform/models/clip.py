"""What a video family is asked for."""

from dataclasses import dataclass

from kinoform.engine.family import Frames


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRequest:
    """A clip, resolved: every default filled in and every limit of the model's card already checked."""

    prompt: str
    negative_prompt: str = ""
    image: Frames | None = None
    """First frame: (h, w, 3) uint8 sRGB of any size; the family crops and scales it to the clip."""
    frames: int
    width: int
    """In pixels."""
    height: int
    """In pixels."""
    steps: int
    guidance: float
    """Classifier-free guidance scale; 1 is none."""
    seed: int
    """0 to 2**63 - 1."""
    reproducible: bool = False
    """Never share a forward pass."""


def cut(text: str, tokens: int, limit: int) -> str:
    """The warning that the end of `text` ("prompt") is not read."""
    return f"the {text} has {tokens} tokens; the model reads the first {limit}"
