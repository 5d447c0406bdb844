"""A whole tiny kino-mini model, card included, to register by name. `python -m tests.video.tiny_model FOLDER`."""

import json
import sys
from fractions import Fraction
from pathlib import Path

from kinoform.models.card import ClipLimits, ModelCard
from tests.models.tiny_kino import write_tiny_kino


def tiny_card(name: str) -> ModelCard:
    """What a tiny kino-mini can do: noise that moves."""
    return ModelCard(
        name=name,
        display_name=name,
        family="kino-mini",
        version="0",
        description="Random weights.",
        license="Apache-2.0",
        limits=("Shows nothing.",),
        clip=ClipLimits(
            min_frames=2,
            max_frames=16,
            frames_step=2,
            default_frames=4,
            min_size=(16, 16),
            max_size=(128, 128),
            size_step=16,
            default_size=(32, 32),
            default_frame_rate=Fraction(8),
            max_steps=1000,
            default_steps=20,
            default_guidance=3.0,
            text_tokens=32,
        ),
        batch_exact=True,
        image_input=True,
    )


def write_tiny_model(folder: Path, name: str = "tiny") -> Path:
    """Writes weights and `card.json`."""
    write_tiny_kino(folder)
    (folder / "card.json").write_text(json.dumps(tiny_card(name).to_json()))
    return folder


if __name__ == "__main__":
    write_tiny_model(Path(sys.argv[1]))
