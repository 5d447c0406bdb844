"""Captions for models that say what they know."""

from collections.abc import Sequence

from kinoform_client.types import Model


def captions(model: Model, otherwise: Sequence[str]) -> list[str]:
    """Captions never seen in training first, then the vocabulary's subjects; `otherwise` for a model without either."""
    held_out = [" ".join(phrases) for phrases in model.card.get("held_out") or ()]
    words = model.card.get("vocabulary") or {}
    return held_out or list(words.get("subjects") or otherwise)
