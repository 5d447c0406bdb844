"""Measures what several views of a solid bring over one: same solids, seeds and first views."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinoform.models.form_mini.family import FormMini
from kinoform.models.form_mini.grid import grid_of
from kinoform.models.form_mini.pictures import Pixels, framed
from kinoform.models.shape import View
from kinoform.training.form.compare import iou
from kinoform.training.form.evaluate import Settings, made_by
from kinoform.training.form.samples import BAND, GRID
from kinoform.training.form.views import draw_view, render_view
from kinoform.training.shapes.catalogue import build
from kinoform.training.shapes.facts import Facts
from kinoform.training.shapes.shape import Shape

COUNTS = (1, 2, 4)


def from_views(model: FormMini, exam: Sequence[tuple[str, Facts]], settings: Settings) -> dict[str, Any]:
    """Mean IoU with the true solid by how many views were given, without its caption; beside it, over one view, the
    mean gain, its standard error, and the share of solids that came nearer."""
    found = np.array([_ious(model, facts, settings, place) for place, (_, facts) in enumerate(exam)])
    gains = found - found[:, :1]
    return {"solids": len(exam)} | {
        f"{count} views": {
            "iou": round(float(found[:, column].mean()), 3),
            "gain": round(float(gains[:, column].mean()), 3),
            "error_of_gain": round(float(gains[:, column].std(ddof=1) / len(exam) ** 0.5), 3),
            "nearer": round(float((gains[:, column] > 0).mean()), 3),
        }
        for column, count in enumerate(COUNTS)
    }


def pictures_of(solid: Shape, count: int, rng: np.random.Generator) -> list[Pixels]:
    """So many views of a solid, each from where training drew its one from; framed as the model expects pictures."""
    coarse = grid_of(solid, GRID, BAND)[0] * np.float32(BAND)
    return [framed(render_view(solid, coarse, draw_view(rng))) for _ in range(count)]


def _ious(model: FormMini, facts: Facts, settings: Settings, place: int) -> list[float]:
    rng = np.random.default_rng([settings.seed, place, 2])
    true = build(facts, rng)
    views = [View(picture) for picture in pictures_of(true, max(COUNTS), rng)]
    return [iou(made_by(model, settings, place, views=tuple(views[:count])), true) for count in COUNTS]
