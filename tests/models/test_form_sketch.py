"""Line drawings as form-mini takes them."""

import cv2
import numpy as np
import pytest

from kinoform.engine.errors import ModelError
from kinoform.models.form_mini.pictures import Pixels
from kinoform.models.form_mini.sketch import SIDE, modelled

CENTRE, RADIUS = (128, 120), 80


def paper(level: int = 255, side: int = SIDE) -> Pixels:
    return np.full((side, side, 3), level, np.uint8)


def ring(*, gap_deg: float = 0, ink: int = 0, level: int = 255, scale: int = 1, width: int = 2) -> Pixels:
    """A circle with a gap."""
    page = paper(level, SIDE * scale)
    centre, radius = tuple(scale * place for place in CENTRE), scale * RADIUS
    cv2.ellipse(page, centre, (radius, radius), 0, gap_deg, 360, (ink, ink, ink), width)
    return page


def disc() -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return (columns - CENTRE[0]) ** 2 + (rows - CENTRE[1]) ** 2 <= RADIUS**2


def agreement(drawing: Pixels) -> float:
    """IoU of what is cut out with the disc."""
    inside = modelled(drawing)[..., 3] > 0
    return float((inside & disc()).sum() / (inside | disc()).sum())


@pytest.mark.parametrize(
    "drawing",
    [
        ring(),
        ring(ink=90, level=230),
        ring(ink=255, level=0),
        ring(gap_deg=8),
        ring(gap_deg=17),
        ring(scale=8, width=3),
        np.dstack([paper(0), 255 - ring()[..., 0]]),
    ],
    ids=["ink", "pencil", "chalk", "gap", "wide gap", "large and thin", "transparent"],
)
def test_what_an_outline_encloses_is_cut_out(drawing: Pixels) -> None:
    assert agreement(drawing) > 0.95


def test_wide_gaps_are_not_closed_where_narrow_ones_enclose_as_much() -> None:
    """The mouth of a U is as wide as a gap, but nobody left it open."""
    page = paper()
    u = np.array([(60, 40), (115, 40), (115, 180), (141, 180), (141, 40), (196, 40), (196, 220), (60, 220)])
    cv2.polylines(page, [u], True, (0, 0, 0), 2)
    alpha = modelled(page)[..., 3]
    assert alpha[120, 80] == 255
    assert alpha[100, 128] == 0


def test_it_is_lit_from_above_and_keeps_its_lines() -> None:
    page = ring()
    cv2.line(page, (80, 120), (176, 120), (0, 0, 0), 2)
    light = modelled(page)[..., 0].astype(int)
    assert light[70, 128] > light[170, 128] + 20
    assert light[120, 128] < 0.6 * light[112, 128]


def test_a_drawing_without_lines_and_lines_that_enclose_nothing_are_refused() -> None:
    with pytest.raises(ModelError, match="no lines"):
        modelled(paper())
    stroke = paper()
    cv2.line(stroke, (30, 40), (220, 200), (0, 0, 0), 2)
    with pytest.raises(ModelError, match="enclose nothing"):
        modelled(stroke)
