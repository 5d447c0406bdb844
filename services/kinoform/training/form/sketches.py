"""Measures what a line drawing of a solid gives: beside the view that it was drawn from, and beside other drawings."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinoform.media.picture.edges import canny
from kinoform.models.form_mini.family import FormMini
from kinoform.models.form_mini.grid import cell_centres, grid_of
from kinoform.models.form_mini.pictures import BACKDROP, Pixels
from kinoform.models.shape import View
from kinoform.training.form.compare import VOXELS, iou_of
from kinoform.training.form.evaluate import Settings, made_by
from kinoform.training.form.samples import BAND, GRID
from kinoform.training.form.views import draw_view, render_view
from kinoform.training.shapes.catalogue import build
from kinoform.training.shapes.facts import Facts

SIDE = 256
"""Of the views in pixels."""
APART = 7
"""Places from a solid to the one whose drawing it is held against: another family."""


def from_sketches(model: FormMini, exam: Sequence[tuple[str, Facts]], settings: Settings) -> dict[str, Any]:
    """Mean IoUs: with the true solid of what its view gives, of what its drawing gives, and of what another's drawing
    gives; and of what a view and its drawing, or another's drawing, give with each other."""
    points = cell_centres(VOXELS)
    true: list[np.ndarray] = []
    viewed: list[np.ndarray] = []
    drawn: list[np.ndarray] = []
    for place, (_, facts) in enumerate(exam):
        rng = np.random.default_rng([settings.seed, place, 2])
        solid = build(facts, rng)
        view = render_view(solid, grid_of(solid, GRID, BAND)[0] * np.float32(BAND), draw_view(rng), SIDE)
        true.append(solid.distance(points) < 0)
        for given, made in ((View(view), viewed), (View(drawing_of(view), sketch=True), drawn)):
            made.append(made_by(model, settings, place, views=(given,)).distance(points) < 0)
    others = np.roll(np.arange(len(exam)), APART)
    shuffled = [drawn[other] for other in others]
    return {
        "solids": len(exam),
        "view": _mean(viewed, true),
        "sketch": _mean(drawn, true),
        "another_sketch": _mean(shuffled, true),
        "sketch_and_view": _mean(drawn, viewed),
        "another_sketch_and_view": _mean(shuffled, viewed),
    }


def drawing_of(view: Pixels) -> Pixels:
    """Black lines on white (h, w, 3): the edges of a view (h, w, 4) and its outline, two pixels wide."""
    alpha = view[..., 3:] / 255
    shown = (view[..., :3] * alpha + BACKDROP * (1 - alpha)).astype(np.uint8)
    outline = np.repeat(view[..., 3:], 3, axis=2)
    lines = np.maximum(canny(shown, low=40, high=100), canny(outline, low=100, high=200))
    lines[1:] |= lines[:-1]
    lines[:, 1:] |= lines[:, :-1]
    return np.repeat(255 - lines[..., None], 3, axis=2)


def _mean(found: Sequence[np.ndarray], wanted: Sequence[np.ndarray]) -> float:
    return round(float(np.mean([iou_of(one, other) for one, other in zip(found, wanted, strict=True)])), 3)
