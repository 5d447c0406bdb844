import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from kinoform.backbone.errors import WeightsMissing
from kinoform.backbone.guidance import StepRange, guide
from kinoform.backbone.schedules import clean_from, cosine_alpha_bar, ddim_step
from kinoform.engine.errors import BadCheckpoint, ModelError
from kinoform.engine.family import BatchKey, Family, Frames
from kinoform.media.surface.extract import surface_of
from kinoform.media.surface.topology import is_solid
from kinoform.models.checkpoint import pack
from kinoform.models.form_mini.family import FormMini
from kinoform.models.form_mini.grid import cell_centres, grid_of
from kinoform.models.form_mini.sketch import modelled
from kinoform.models.form_mini.solid import Solid
from kinoform.models.form_mini.state import Conditioning, ShapeState
from kinoform.models.reach import FULL, Reach
from kinoform.models.shape import MeshRequest, SizedField, View
from tests.models.tiny_form import write_tiny_form

PICTURE, SIDE, BACK = np.random.default_rng(0).integers(0, 256, (3, 40, 50, 3), dtype=np.uint8)
EARLY, LATE = StepRange(0.0, 0.5), StepRange(0.5, 1.0)


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> FormMini:
    return FormMini.from_folder(write_tiny_form(tmp_path_factory.mktemp("form")))


def asked(seed: int = 1, **others: object) -> MeshRequest:
    defaults = {"prompt": "a red chair with arms", "steps": 4, "guidance": 3.0}
    return MeshRequest(seed=seed, **(defaults | others))  # type: ignore[arg-type]


def seen_in(picture: Frames, reach: Reach = FULL) -> tuple[View, ...]:
    return (View(picture, reach),)


REQUESTS = [
    asked(1),
    asked(2, steps=6),
    asked(3, views=seen_in(PICTURE)),
    asked(4, guidance=5.0, negative_prompt="blue"),
    asked(5, guidance=1.0),
    asked(6, prompt="", views=seen_in(PICTURE), steps=3),
    asked(7, steps=1),
    asked(8, views=seen_in(PICTURE), guidance=1.0),
    asked(9, views=seen_in(PICTURE, Reach(0.5))),
    asked(10, views=seen_in(PICTURE, Reach(1.5, EARLY)), guidance=1.0),
    asked(11, views=seen_in(PICTURE) + seen_in(SIDE), steps=3),
    asked(12, views=seen_in(PICTURE, Reach(0.5)) + seen_in(SIDE, Reach(1.0, LATE)) + seen_in(BACK, Reach(0.2))),
    asked(13, views=seen_in(BACK, Reach(0.7)) + seen_in(SIDE, Reach(0.7))),
]


def begin(form: FormMini, request: MeshRequest) -> ShapeState:
    return form.begin(request, form.encode(request))


def finish(form: FormMini, state: ShapeState) -> bytes:
    while state.step < state.steps:
        (state,) = form.denoise([state])
    return seen(form.decode(state))


def make(form: FormMini, request: MeshRequest) -> bytes:
    return finish(form, begin(form, request))


def seen(solid: SizedField) -> bytes:
    points = cell_centres(8)
    return solid.distance(points).tobytes() + solid.appearance(points).tobytes()


def test_it_is_a_family_of_sized_fields(form: FormMini) -> None:
    family: Family[MeshRequest, Conditioning, ShapeState, SizedField] = form
    assert family.batch_exact


def test_batched_at_different_steps_equals_alone(form: FormMini) -> None:
    alone = [make(form, request) for request in REQUESTS]
    running: dict[int, ShapeState] = {}
    together: dict[int, bytes] = {}
    waiting = list(enumerate(REQUESTS))
    largest = 0
    while waiting or running:
        if waiting:  # one more joins before every step, so that all stand at different steps
            index, request = waiting.pop(0)
            running[index] = begin(form, request)
        groups: dict[BatchKey, list[int]] = {}
        for index, state in running.items():
            groups.setdefault(form.key(state), []).append(index)
        for members in groups.values():
            largest = max(largest, len(members))
            for index, state in zip(members, form.denoise([running[i] for i in members]), strict=True):
                running[index] = state
        for index in [i for i, state in running.items() if state.step == state.steps]:
            together[index] = seen(form.decode(running.pop(index)))
    assert largest >= 2
    assert [together[index] for index in range(len(REQUESTS))] == alone


def test_resumed_after_any_step_equals_undisturbed(form: FormMini, tmp_path: Path) -> None:
    other = FormMini.from_folder(write_tiny_form(tmp_path))
    mixed = seen_in(PICTURE, Reach(0.5, EARLY)) + seen_in(SIDE, Reach(1.25))
    for request in (asked(), asked(views=seen_in(PICTURE), steps=3), asked(views=mixed, steps=3)):
        undisturbed, state = make(form, request), begin(form, request)
        while state.step < state.steps:
            saved = form.save(state)
            assert other.save(other.load(saved)) == saved
            assert finish(other, other.load(saved)) == undisturbed
            (state,) = form.denoise([state])


@pytest.mark.parametrize(
    "other",
    [
        asked(2),
        asked(prompt="a blue mug"),
        asked(views=seen_in(PICTURE)),
        asked(guidance=2.0),
        asked(negative_prompt="red"),
    ],
)
def test_whatever_is_asked_for_changes_the_solid(form: FormMini, other: MeshRequest) -> None:
    assert make(form, other) != make(form, asked())


def test_the_backdrop_of_a_picture_changes_nothing(form: FormMini) -> None:
    pictures = []
    for level in (20, 200):
        picture = np.full((60, 80, 3), level, np.uint8)
        picture[10:50, 20:50] = (250, 120, 90)
        pictures.append(picture)
    cut = np.zeros((40, 30, 4), np.uint8)
    cut[...] = (250, 120, 90, 255)
    solids = [make(form, asked(prompt="", views=seen_in(picture))) for picture in (*pictures, cut)]
    assert solids[0] == solids[1] == solids[2]


SILENT = [
    seen_in(PICTURE, Reach(0.0)),
    seen_in(PICTURE, Reach(1.0, StepRange(0.0, 0.05))),
    seen_in(PICTURE, Reach(0.0)) + seen_in(SIDE, Reach(0.0)),
]


@pytest.mark.parametrize("views", SILENT)
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_picture_without_strength_changes_no_bit(form: FormMini, views: tuple[View, ...], guidance: float) -> None:
    assert make(form, asked(views=views, guidance=guidance)) == make(form, asked(guidance=guidance))


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_a_picture_of_strength_1_is_followed_as_in_training(form: FormMini, guidance: float) -> None:
    """One row with all that is said, and one, if guided, with nothing."""
    state = begin(form, asked(views=seen_in(PICTURE), guidance=guidance, negative_prompt="blue"))
    (state,) = form.denoise([state])  # the first step is not guided
    given, denoiser = state.conditioning, form._networks.denoiser
    copies = 1 if guidance == 1.0 else 2
    with torch.inference_mode():
        predicted = denoiser(
            state.latent.repeat(copies, 1, 1, 1, 1),
            1000 * state.times()[:1].repeat(copies),
            torch.stack([given.text, given.negative][:copies]),
            torch.stack([given.text_mask, given.negative_mask][:copies]),
            image_hidden_states=given.views.repeat(copies, 1, 1),
            image_attention_mask=torch.tensor([[True], [False]])[:copies].expand(-1, given.views.shape[1]),
            return_dict=False,
        )[0]
        followed = guide(predicted[:1], predicted[-1:], guidance)
        now, after = cosine_alpha_bar(state.times()[:, None])
        clean = clean_from(followed, state.latent[None], now, denoiser.config.prediction)
        wanted = ddim_step(state.latent[None], clean, now, after)[0]
    assert torch.equal(form.denoise([state])[0].latent, wanted)


def test_half_a_strength_goes_half_of_the_way(form: FormMini) -> None:
    """In one step without guidance, where the clean latent is linear in the prediction."""

    def foreseen(strength: float) -> Tensor:
        views = seen_in(PICTURE, Reach(strength))
        return form.denoise([begin(form, asked(views=views, guidance=1.0))])[0].clean

    assert torch.allclose(foreseen(0.5), (foreseen(0.0) + foreseen(1.0)) / 2, atol=1e-5)
    assert not torch.allclose(foreseen(0.0), foreseen(1.0), atol=1e-2)


def test_outside_of_its_steps_a_picture_is_silent(form: FormMini) -> None:
    early = begin(form, asked(views=seen_in(PICTURE, Reach(1.0, EARLY))))
    always, without = begin(form, asked(views=seen_in(PICTURE))), begin(form, asked())
    for _ in range(2):
        early, always = (form.denoise([state])[0] for state in (early, always))
        assert torch.equal(early.latent, always.latent)
    assert form.key(early) == form.key(replace(without, step=2))
    silent = replace(early, conditioning=without.conditioning)
    assert torch.equal(form.denoise([early])[0].latent, form.denoise([silent])[0].latent)


def test_views_of_one_strength_are_seen_together_and_in_any_order(form: FormMini) -> None:
    both, turned, one = (
        form.denoise([begin(form, asked(views=views))])[0].clean
        for views in (
            seen_in(PICTURE) + seen_in(SIDE),
            seen_in(SIDE) + seen_in(PICTURE),
            seen_in(PICTURE),
        )
    )
    assert torch.allclose(both, turned, atol=1e-4)
    assert not torch.allclose(both, one, atol=1e-2)


def test_a_sketch_is_seen_as_what_it_encloses(form: FormMini) -> None:
    drawing = np.full((60, 80, 3), 255, np.uint8)
    drawing[10:50, 20:50] = 0
    drawing[12:48, 22:48] = 255
    drawn = begin(form, asked(prompt="", views=(View(drawing, sketch=True),))).conditioning.views
    clay = begin(form, asked(prompt="", views=seen_in(modelled(drawing)))).conditioning.views
    assert torch.equal(drawn, clay)
    assert not torch.equal(drawn, begin(form, asked(prompt="", views=seen_in(drawing))).conditioning.views)
    with pytest.raises(ModelError, match="no lines"):
        form.encode(asked(views=(View(np.full_like(drawing, 255), sketch=True),)))


def test_a_point_reads_the_same_alone_and_among_others(form: FormMini) -> None:
    solid = form.decode(begin(form, asked()))
    points = cell_centres(9)
    together = solid.distance(points)
    assert all(np.array_equal(solid.distance(points[i : i + 1]), together[i : i + 1]) for i in range(0, 729, 91))


def test_a_solid_has_a_closed_surface_and_is_as_high_as_its_longest_side_allows(form: FormMini) -> None:
    solid = form.decode(begin(form, asked()))
    surface = surface_of(solid, 48)
    assert is_solid(surface.positions, surface.triangles)
    inside = cell_centres(96)[solid.distance(cell_centres(96)) < 0]
    sides = np.ptp(inside, axis=0)
    assert solid.height_m == pytest.approx(solid.size_m * sides[1] / sides.max(), rel=0.05)


def test_a_preview_is_one_picture(form: FormMini) -> None:
    (state,) = form.denoise([begin(form, asked())])
    picture = form.preview(state)
    assert picture.shape == (1, 128, 128, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 10


def test_neither_prompt_nor_picture_is_refused(form: FormMini) -> None:
    with pytest.raises(ModelError, match="prompt"):
        form.encode(asked(prompt="  "))
    with pytest.raises(ModelError, match="no picture acts"):
        form.encode(asked(prompt="", views=SILENT[0] + SILENT[1]))


def test_an_end_that_is_not_read_is_told(form: FormMini) -> None:
    assert form.warnings(asked()) == []
    (warning,) = form.warnings(asked(prompt="red " * 60))
    assert "reads the first 32" in warning


def test_tokens_are_counted_once_for_each_row(form: FormMini) -> None:
    assert form.cost(asked(guidance=1.0)).tokens * 2 == form.cost(asked()).tokens == 16
    assert form.cost(asked(views=seen_in(PICTURE) + seen_in(SIDE))).tokens == 16
    assert form.cost(asked(views=seen_in(PICTURE) + seen_in(SIDE, Reach(0.5)))).tokens == 8 * 4


def test_a_checkpoint_of_other_weights_or_other_bytes_is_refused(form: FormMini, tmp_path: Path) -> None:
    other = FormMini.from_folder(write_tiny_form(tmp_path, seed=1))
    with pytest.raises(BadCheckpoint, match="wanted"):
        form.load(other.save(begin(other, asked())))
    with pytest.raises(BadCheckpoint):
        form.load(b"rubbish")
    with pytest.raises(BadCheckpoint):
        form.load(pack({"family": "form-mini"}, {"latent": torch.zeros(1)}))


@pytest.mark.parametrize("part", ["autoencoder", "eye", "denoiser"])
def test_a_folder_without_a_part_is_refused(tmp_path: Path, part: str) -> None:
    folder = write_tiny_form(tmp_path)
    shutil.rmtree(folder / part)
    with pytest.raises(WeightsMissing, match=part):
        FormMini.from_folder(folder)


def test_the_state_says_what_step_is_impossible(form: FormMini) -> None:
    with pytest.raises(ValueError, match="step 5 of 4"):
        replace(begin(form, asked()), step=5)


def test_a_grid_holds_the_distances_and_looks_of_its_cells_centres(form: FormMini) -> None:
    solid: Solid = form.decode(begin(form, asked()))
    grid, points = grid_of(solid, 8, 0.25), cell_centres(8)
    place = (2, 5, 7)  # z, y, x
    point = np.array([[7.5 / 4 - 1, 5.5 / 4 - 1, 2.5 / 4 - 1]], np.float32)
    assert np.array_equal(points[np.ravel_multi_index(place, (8, 8, 8))], point[0])
    distance = solid.distance(point)[0]
    assert grid[(0, *place)] == np.clip(distance / 0.25, -1, 1)
    near = abs(distance) < 0.1
    assert np.array_equal(grid[(slice(1, 6), *place)], 2 * solid.appearance(point)[0] - 1 if near else np.zeros(5))
