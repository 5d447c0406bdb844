"""What depth-mini's card says, apart from what is measured."""

from typing import Any

from kinoform.training.cost import MACHINE

NAME = "depth-mini"
VERSION = "1"

COMMANDS = (
    "python -m kinoform.training.depth prepare --run RUN",
    "python -m kinoform.training.depth train --run RUN",
    "python -m kinoform.training.depth export --run RUN --model MODEL",
    "python -m kinoform.training.depth evaluate --run RUN --model MODEL --record",
)

LIMITS = (
    "Depth is relative: up to a scale and a shift of its own for each picture, no metres.",
    "On a photograph its depth is hardly nearer to the truth than a plane that tilts away from the viewer would be "
    "(`measured.motorcycle`): half an hour of training. Its normals of floors, walls and furniture are better.",
    "Taught on rendered rooms and open ground with furniture and simple solids alone: people, animals, plants and "
    "landscapes are guessed from these.",
    "Sees pictures at about 192 pixels on the longer side: what is thinner than some hundredth of it is lost or "
    "blurred, and the outlines of its answer follow the picture's edges only nearby.",
    "Mirrors, glass, fog and pictures within the picture mislead it.",
    "Pictures that were turned on their side or upside down give poor answers: it expects the ground below.",
    "Small, and trained on a CPU for less than an hour: `measured` in the details says how often it errs.",
)

SOURCE = "scenes of this project's own making, rendered from seeds; no photographs, no scraped data"
LICENCE = "Apache-2.0"


def depth_mini_card(*, furniture: int, training: dict[str, Any]) -> dict[str, Any]:
    """The card before anything is measured, as JSON values. furniture: how many models of Sweet Home 3D stood in the
    scenes; training: cost and history."""
    return {
        "name": NAME,
        "display_name": "Depth mini",
        "version": VERSION,
        "description": "One picture to relative inverse depth and surface normals.",
        "license": LICENCE,
        "limits": list(LIMITS),
        "details": {
            "data": _data(furniture),
            "training": {"commands": list(COMMANDS), "machine": MACHINE, **training},
        },
    }


def _data(furniture: int) -> dict[str, Any]:
    licences = {"scenes, solids and textures": LICENCE}
    if not furniture:
        return {"source": SOURCE, "licenses": licences}
    used = f"{furniture} models of Debian's sweethome3d-furniture, 80 held out"
    licences[used] = "CC0 1.0, CC BY 3.0, CC BY 3.0 US: authors and titles in CREDITS"
    return {"source": f"{SOURCE}; {used}", "licenses": licences}
