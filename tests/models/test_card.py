"""Model cards are read without torch and survive JSON."""

import json
import subprocess
import sys
from fractions import Fraction

from kinoform.models.card import ClipLimits, ModelCard, Vocabulary, card_from_json

CARD = ModelCard(
    name="m",
    display_name="M",
    family="kino-mini",
    version="1",
    description="d",
    license="Apache-2.0",
    limits=("small",),
    ranges=ClipLimits(
        min_frames=8,
        max_frames=8,
        default_frames=8,
        min_size=(64, 64),
        max_size=(64, 64),
        size_step=64,
        default_size=(64, 64),
        default_frame_rate=Fraction(24000, 1001),
        min_steps=2,
        default_steps=20,
        default_guidance=3.0,
        text_tokens=32,
    ),
    batch_exact=True,
    image_input=True,
    vocabulary=Vocabulary(subjects=("a penguin",), motions=("spins",), backgrounds=("over a teal background",)),
    held_out=(("a penguin", "spins", "over a teal background"),),
    details={"training": {"seconds": 3600}},
)


def test_a_card_survives_json() -> None:
    assert card_from_json(json.loads(json.dumps(CARD.to_json()))) == CARD


def test_cards_and_registry_need_no_torch() -> None:
    code = "import sys, kinoform.models.card, kinoform.models.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
