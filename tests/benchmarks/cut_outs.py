"""Cut-outs of rendered solids over photographs, whose true outline is known."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

from kinoform.conditioning.u2net import foreground_alpha
from kinoform.models.form_mini.grid import grid_of
from kinoform.training.form.compare import iou_of
from kinoform.training.form.samples import BAND, GRID
from kinoform.training.form.views import draw_view, render_view
from kinoform.training.shapes.catalogue import build
from kinoform.training.shapes.draw import held_out_captions
from tests.benchmarks.table import Figure

SIDE = 320
SOLIDS = 60
GROUNDS = ("coffee", "rocket", "grass", "brick", "gravel")
"""scikit-image's photographs."""


def cut_outs() -> Iterator[Figure]:
    """Mean intersection over union with the truth, beside the best that one outline for all can do."""
    drawn = [_rendered(place) for place in range(SOLIDS)]
    found = [foreground_alpha(picture) >= 0.5 for picture, _ in drawn]
    truths = [truth for _, truth in drawn]
    mean = np.mean(truths, axis=0)
    one_for_all = max(np.mean([iou_of(mean >= level, truth) for truth in truths]) for level in (0.2, 0.35, 0.5, 0.65))
    note = f"{SOLIDS} rendered solids over {len(GROUNDS)} photographs, {SIDE} x {SIDE}"
    score = np.mean([iou_of(one, other) for one, other in zip(found, truths, strict=True)])
    yield Figure(name="cut-out, IoU with the truth", value=float(score), unit="", note=note)
    yield Figure(name="the same: best single outline for all", value=float(one_for_all), unit="", note=note)


def _rendered(place: int) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    rng = np.random.default_rng([9, place])
    _, facts = held_out_captions(SOLIDS)[place]
    solid = build(facts, rng)
    view = render_view(solid, grid_of(solid, GRID, BAND)[0] * np.float32(BAND), draw_view(rng), SIDE)
    photo = Image.fromarray(getattr(data, GROUNDS[place % len(GROUNDS)])()).convert("RGB").resize((SIDE, SIDE))
    alpha = view[..., 3:].astype(np.float32) / 255
    shown = view[..., :3] * alpha + np.asarray(photo) * (1 - alpha)
    return np.asarray(np.rint(shown), np.uint8), view[..., 3] >= 128
