"""What families say of the machine that they need, against what they take."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from kinoform.engine.cost import CostModel
from kinoform.engine.family import Family
from kinoform.engine.runner import Runner
from kinoform.models.clip import ClipRequest
from kinoform.models.form_mini.family import FormMini
from kinoform.models.grain_mini.family import UNIT, GrainMini
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.material import MaterialRequest
from kinoform.models.shape import MeshRequest, View
from kinoform.models.wan.family import WanFamily
from tests.models.tiny_form import write_tiny_form
from tests.models.tiny_grain import write_tiny_grain
from tests.models.tiny_kino import write_tiny_kino
from tests.models.tiny_wan import write_tiny_wan

CPU = torch.device("cpu")
PICTURE = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
CLIP = {"prompt": "a penguin", "width": 64, "height": 64, "steps": 4, "guidance": 3.0, "seed": 1}
SOLID = {"prompt": "a chair", "steps": 4, "guidance": 3.0, "seed": 1}
TILE = {"prompt": "green bricks", "steps": 4, "guidance": 3.0, "seed": 1}

AnyFamily = Family[Any, Any, Any, Any]
LOADERS: dict[str, Callable[[Path], AnyFamily]] = {
    "kino": lambda folder: KinoMini.from_folder(write_tiny_kino(folder), device=CPU),
    "form": lambda folder: FormMini.from_folder(write_tiny_form(folder)),
    "grain": lambda folder: GrainMini.from_folder(write_tiny_grain(folder)),
    "wan": lambda folder: WanFamily.from_pretrained(str(write_tiny_wan(folder)), name="wan", device=CPU),
}
REQUESTS: dict[str, list[Any]] = {
    "kino": [
        ClipRequest(**CLIP, frames=4),
        ClipRequest(**CLIP, frames=32),
        ClipRequest(**CLIP, frames=32, image=PICTURE),
    ],
    "form": [MeshRequest(**SOLID), MeshRequest(**SOLID, views=(View(PICTURE), View(PICTURE)))],
    "grain": [MaterialRequest(**TILE, size=UNIT), MaterialRequest(**TILE, size=4 * UNIT)],
    "wan": [ClipRequest(**CLIP, frames=5), ClipRequest(**CLIP, frames=13)],
}


@pytest.fixture(scope="module", params=LOADERS)
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, AnyFamily]:
    return request.param, LOADERS[request.param](tmp_path_factory.mktemp(request.param))


def test_a_state_is_about_as_large_as_its_cost_says(loaded: tuple[str, AnyFamily]) -> None:
    name, family = loaded
    for request in REQUESTS[name]:
        state = family.begin(request, family.encode(request))
        sizes = [len(family.save(state))]
        for _ in range(request.steps - 1):
            (state,) = family.denoise([state])
            sizes.append(len(family.save(state)))
        assert 0.5 < max(sizes) / family.cost(request).bytes < 1.5


def test_probes_have_steps_to_be_timed_and_from_them_the_speed_is_known(loaded: tuple[str, AnyFamily]) -> None:
    _, family = loaded
    runner, cost, ticks = Runner(family), CostModel(), iter(range(100))
    for probe in family.probes():
        cost.observe(probe.tokens, runner.time(probe.state, lambda: float(next(ticks))))
    assert cost.seconds(64) == pytest.approx(1.0, rel=0.6)
