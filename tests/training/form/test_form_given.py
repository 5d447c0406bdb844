"""What is measured of several views and of drawings, on tiny weights."""

import numpy as np
import pytest

from kinoform.models.form_mini.family import FormMini
from kinoform.models.form_mini.sketch import modelled
from kinoform.training.form.evaluate import Settings
from kinoform.training.form.several import from_views
from kinoform.training.form.sketches import drawing_of, from_sketches
from kinoform.training.shapes.draw import held_out_captions
from tests.models.tiny_form import write_tiny_form

EXAM = held_out_captions(2, ("mug", "star"))
SETTINGS = Settings(steps=2, guidance=2.0)


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> FormMini:
    return FormMini.from_folder(write_tiny_form(tmp_path_factory.mktemp("form")))


def test_views_are_measured_against_the_first_of_them(form: FormMini) -> None:
    found = from_views(form, EXAM, SETTINGS)
    assert found == from_views(form, EXAM, SETTINGS)
    assert found["1 views"] == {"iou": found["1 views"]["iou"], "gain": 0, "error_of_gain": 0, "nearer": 0}
    assert found["4 views"]["gain"] == pytest.approx(found["4 views"]["iou"] - found["1 views"]["iou"], abs=2e-3)


def test_drawings_are_measured_against_views_and_others(form: FormMini) -> None:
    found = from_sketches(form, EXAM, SETTINGS)
    assert found["solids"] == 2
    assert all(0 < found[name] < 1 for name in found if name != "solids")
    assert found["sketch"] != found["another_sketch"]


def test_a_drawing_encloses_what_its_view_shows() -> None:
    view = np.zeros((200, 240, 4), np.uint8)
    view[50:150, 40:200] = (90, 40, 30, 255)
    drawing = drawing_of(view)
    assert drawing.shape == (200, 240, 3)
    assert set(np.unique(drawing)) == {0, 255}
    inside, shown = modelled(drawing)[..., 3] > 0, view[..., 3] > 0
    assert (inside & shown).sum() / (inside | shown).sum() > 0.95
