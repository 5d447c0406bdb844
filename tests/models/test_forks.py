"""Forks of every family: what is done stays done, and the rest is as the fork says."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from kinoform.engine.errors import ModelError
from kinoform.models.clip import ClipRequest
from kinoform.models.form_mini.family import FormMini
from kinoform.models.grain_mini.family import GrainMini
from kinoform.models.kino_mini.family import KinoMini
from kinoform.models.material import MaterialRequest
from kinoform.models.shape import MeshRequest, View
from kinoform.models.wan.family import WanFamily
from kinoform.models.wan.state import WanState
from tests.models.tiny_form import write_tiny_form
from tests.models.tiny_grain import write_tiny_grain
from tests.models.tiny_kino import write_tiny_kino
from tests.models.tiny_wan import write_tiny_wan

STEPS = 5
PICTURE = np.random.default_rng(0).integers(0, 255, (32, 32, 3)).astype(np.uint8)
CLIP = ClipRequest(prompt="a penguin", frames=4, width=32, height=32, steps=STEPS, guidance=3.0, seed=1)
SOLID = MeshRequest(prompt="a red chair", steps=STEPS, guidance=3.0, seed=1)
TILE = MaterialRequest(prompt="red bricks", size=256, steps=STEPS, guidance=3.0, seed=1)


class Case(NamedTuple):
    """A family, and something that it is asked for."""

    family: Any
    request: Any


MAKERS: dict[str, Callable[[Path], Case]] = {
    "clip": lambda folder: Case(KinoMini.from_folder(write_tiny_kino(folder)), CLIP),
    "clip of a picture": lambda folder: Case(
        KinoMini.from_folder(write_tiny_kino(folder)), replace(CLIP, image=PICTURE)
    ),
    "solid": lambda folder: Case(FormMini.from_folder(write_tiny_form(folder)), SOLID),
    "solid of a picture": lambda folder: Case(
        FormMini.from_folder(write_tiny_form(folder)), replace(SOLID, views=(View(PICTURE),))
    ),
    "tile": lambda folder: Case(GrainMini.from_folder(write_tiny_grain(folder)), TILE),
    "wan": lambda folder: Case(
        WanFamily.from_pretrained(str(write_tiny_wan(folder)), name="tiny", device=torch.device("cpu")),
        replace(CLIP, frames=9, width=48),
    ),
}


@pytest.fixture(scope="module", params=list(MAKERS))
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return MAKERS[request.param](tmp_path_factory.mktemp("model"))


def stepped(case: Case, state: Any, steps: int) -> Any:
    """The state with so many steps done."""
    while case.family.steps_done(state) < steps:
        (state,) = case.family.denoise([state])
    return state


def begun(case: Case, step: int) -> Any:
    return stepped(case, case.family.begin(case.request, case.family.encode(case.request)), step)


def latent(state: Any) -> torch.Tensor:
    found: torch.Tensor = state.latents if isinstance(state, WanState) else state.latent
    return found


def forked(case: Case, state: Any, **changes: Any) -> Any:
    """From the state's bytes, as a service forks it."""
    request = replace(case.request, **changes)
    loaded = case.family.load(case.family.save(state))
    return case.family.fork(loaded, request, case.family.encode(request))


def test_a_fork_that_changes_nothing_ends_in_the_same_bytes(case: Case) -> None:
    way = [begun(case, 1)]
    while len(way) < STEPS:
        way += case.family.denoise(way[-1:])
    whole = case.family.save(way[-1])
    for before in way[:-1]:
        assert case.family.save(stepped(case, forked(case, before), STEPS)) == whole, case.family.steps_done(before)


@pytest.mark.parametrize("change", [{"guidance": 1.0}, {"prompt": "a blue whale"}], ids=["guidance", "prompt"])
def test_a_change_acts_from_the_next_step_on_and_the_steps_done_stay(case: Case, change: dict[str, Any]) -> None:
    before = begun(case, 1)
    fork = forked(case, before, **change)
    assert case.family.steps_done(fork) == 1
    assert torch.equal(latent(fork), latent(before))
    assert not torch.equal(latent(stepped(case, fork, STEPS)), latent(stepped(case, before, STEPS)))


def test_a_forks_own_checkpoints_lead_to_its_end(case: Case) -> None:
    fork = forked(case, begun(case, 2), guidance=2.0)
    way = [fork]
    while case.family.steps_done(way[-1]) < STEPS:
        way += case.family.denoise(way[-1:])
    for before in way[:-1]:
        again = case.family.load(case.family.save(before))
        assert case.family.save(stepped(case, again, STEPS)) == case.family.save(way[-1])


@pytest.mark.parametrize("steps", [STEPS - 1, STEPS + 3])
@pytest.mark.parametrize("step", [1, 3])
def test_other_numbers_of_steps_share_the_rest_of_the_way_evenly(case: Case, step: int, steps: int) -> None:
    before = begun(case, step)
    if isinstance(case.family, WanFamily):
        with pytest.raises(ModelError, match=f"must stay {STEPS}"):
            forked(case, before, steps=steps)
        return
    fork = forked(case, before, steps=steps)
    assert torch.equal(fork.times()[0], before.times()[0])
    way = []
    while case.family.steps_done(fork) < steps:
        way.append(fork.times())
        (fork,) = case.family.denoise([fork])
    assert len(way) == steps - step
    assert [float(end) for _, end in way][-1] == 0.0
    assert all(float(start) > float(end) for start, end in way)
    case.family.decode(fork)


def test_a_clip_that_began_with_a_picture_cannot_be_forked_away_from_it(tmp_path: Path) -> None:
    case = MAKERS["clip of a picture"](tmp_path)
    with pytest.raises(ModelError, match=r"image_reach\.strength"):
        forked(case, begun(case, 2), image=None)


def test_both_stages_of_a_clip_keep_a_step(tmp_path: Path) -> None:
    case = MAKERS["clip"](tmp_path)
    fork = forked(case, begun(case, 1), steps=3)
    assert (fork.keyframe_steps, fork.steps) == (2, 3)
    with pytest.raises(ModelError, match="must leave 2 after step 1"):
        forked(case, begun(case, 1), steps=2)
