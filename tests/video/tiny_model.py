"""Whole tiny kino-mini models, cards included, to register by name. `python -m tests.video.tiny_model FOLDER`."""

import json
import sys
from fractions import Fraction
from pathlib import Path

from kinoform.models.card import ClipLimits, ModelCard, VideoCard
from tests.models.tiny_kino import write_tiny_kino, write_tiny_loras


def tiny_card(name: str, *, max_steps: int = 1000, default_steps: int = 20, base: str | None = None) -> VideoCard:
    """What a tiny kino-mini can do: noise that moves. base: the folder beside whose weights it changes."""
    return ModelCard(
        name=name,
        display_name=name,
        family="kino-mini",
        version="0",
        description="Random weights.",
        license="Apache-2.0",
        limits=("Shows nothing.",),
        ranges=ClipLimits(
            min_frames=2,
            max_frames=16,
            frames_step=2,
            default_frames=4,
            min_size=(16, 16),
            max_size=(128, 128),
            size_step=16,
            default_size=(32, 32),
            default_frame_rate=Fraction(8),
            min_steps=2,
            max_steps=max_steps,
            default_steps=default_steps,
            default_guidance=3.0,
            text_tokens=32,
        ),
        batch_exact=True,
        image_input=True,
        details={} if base is None else {"base": base},
    )


def write_tiny_model(folder: Path, name: str = "tiny") -> Path:
    """Writes weights and `card.json`."""
    return _with_card(write_tiny_kino(folder), tiny_card(name))


def write_tiny_turbo(folder: Path, *, base: Path, name: str = "tiny-turbo") -> Path:
    """Writes low-rank changes of the model in `base`, a sibling of `folder`, and `card.json`."""
    write_tiny_loras(folder, base=base)
    return _with_card(folder, tiny_card(name, max_steps=4, default_steps=4, base=base.name))


def _with_card(folder: Path, card: VideoCard) -> Path:
    (folder / "card.json").write_text(json.dumps(card.to_json()))
    return folder


if __name__ == "__main__":
    write_tiny_model(Path(sys.argv[1]))
