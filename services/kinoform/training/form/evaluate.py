"""Measures a form-mini folder: from captions, from pictures, and its autoencoder alone."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import trimesh

from kinoform.media.mesh.model import Mesh
from kinoform.media.surface.errors import NoSurface
from kinoform.media.surface.extract import surface_of
from kinoform.media.surface.field import Field
from kinoform.media.surface.topology import is_solid
from kinoform.models.form_mini.family import FormMini
from kinoform.models.form_mini.grid import cell_centres, grid_of
from kinoform.models.form_mini.pictures import Pixels, framed
from kinoform.models.shape import MeshRequest, View
from kinoform.training.form.compare import VOXELS, chamfer_and_f, iou, iou_of, surface_points
from kinoform.training.form.judge import Judge
from kinoform.training.form.samples import BAND, GRID, floats
from kinoform.training.form.shards import Shard
from kinoform.training.form.views import draw_view, render_view
from kinoform.training.shapes.catalogue import build
from kinoform.training.shapes.facts import Facts

RESOLUTION = 96
"""Of the surfaces that are measured."""
SHUFFLED = 60
"""Solids that are held against a caption of another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How solids are made."""

    steps: int
    guidance: float
    seed: int = 1000


def make(model: FormMini, settings: Settings, prompts: Sequence[str], pictures: Sequence[Pixels | None]) -> list[Field]:
    """A solid for each prompt or picture; each with a seed of its own."""
    return [
        made_by(model, settings, place, prompt, () if picture is None else (View(picture),))
        for place, (prompt, picture) in enumerate(zip(prompts, pictures, strict=True))
    ]


def made_by(model: FormMini, settings: Settings, place: int, prompt: str = "", views: tuple[View, ...] = ()) -> Field:
    """The solid of that place in an exam: each has a seed of its own."""
    request = MeshRequest(
        prompt=prompt,
        views=views,
        steps=settings.steps,
        guidance=settings.guidance,
        seed=settings.seed + place,
    )
    state = model.begin(request, model.encode(request))
    for _ in range(settings.steps):
        (state,) = model.denoise([state])
    return model.decode(state)


def from_captions(
    model: FormMini, judge: Judge, exam: Sequence[tuple[str, Facts]], settings: Settings
) -> dict[str, Any]:
    """Shares of captions whose solid has the right family, colour and attribute, and a closed surface.

    Beside them the judge's own shares of real solids, and those of the solids against shuffled captions.
    """
    asked = [facts for _, facts in exam]
    made = make(model, settings, [caption for caption, _ in exam], [None] * len(exam))
    real = [build(facts, np.random.default_rng([settings.seed, place])) for place, facts in enumerate(asked)]
    order = np.random.default_rng(0).permutation(len(asked))
    return {
        "captions": len(exam),
        "generated": shares(judge, made, asked),
        "real": shares(judge, real, asked),
        "shuffled": shares(judge, made[:SHUFFLED], [asked[place] for place in order[:SHUFFLED]]),
        "closed": float(np.mean([closed(field) for field in made])),
    }


def shares(judge: Judge, solids: Sequence[Field], asked: Sequence[Facts]) -> dict[str, float]:
    """Of solids, how many are as asked."""
    verdicts = [judge.verdict(field, facts) for field, facts in zip(solids, asked, strict=True)]
    return {
        name: round(float(np.mean([getattr(each, name) for each in verdicts])), 3)
        for name in ("family", "colour", "attribute", "all")
    }


def closed(field: Field) -> bool:
    """Whether its surface, decimated to nothing yet, is watertight and a manifold."""
    try:
        mesh = surface_of(field, RESOLUTION)
    except NoSurface:
        return False
    return is_solid(mesh.positions, mesh.triangles) and _watertight(mesh)


def from_pictures(
    model: FormMini, shards: Sequence[Shard], exam: Sequence[tuple[str, Facts]], settings: Settings
) -> dict[str, Any]:
    """IoU with the true solid, seen from a side that no training showed, without its caption and with it; beside the
    training solid that looks most alike, and beside the true solid's own reconstruction."""
    seen, grids = _library(shards)
    generated: list[float] = []
    told: list[float] = []
    nearest, best = [], []
    for place, (caption, facts) in enumerate(exam):
        rng = np.random.default_rng([settings.seed, place, 2])
        true = build(facts, rng)
        grid = grid_of(true, GRID, BAND)
        picture = framed(render_view(true, grid[0] * np.float32(BAND), draw_view(rng)))
        for prompt, ious in (("", generated), (caption, told)):
            (made,) = make(model, settings, [prompt], [picture])
            ious.append(iou(made, true))
        alike = int(np.square(seen - _flat(picture)).sum(axis=1).argmin())
        nearest.append(iou_of(_occupied(grids[alike]), true.distance(cell_centres(VOXELS)) < 0))
        best.append(iou(model.reconstructed(grid), true))
    return {
        "pictures": len(exam),
        "iou": round(float(np.mean(generated)), 3),
        "iou_with_caption": round(float(np.mean(told)), 3),
        "iou_of_nearest_training_solid": round(float(np.mean(nearest)), 3),
        "iou_of_reconstruction": round(float(np.mean(best)), 3),
    }


def reconstruction(model: FormMini, solids: Iterable[Field]) -> dict[str, Any]:
    """Chamfer distance and F-score of the autoencoder, in units of the cube that solids fill to nine tenths."""
    figures = []
    for true in solids:
        decoded = model.reconstructed(grid_of(true, GRID, BAND))
        try:
            figures.append(chamfer_and_f(surface_points(decoded, RESOLUTION), surface_points(true, RESOLUTION)))
        except NoSurface:
            figures.append((2.0, 0.0))
    chamfer, f = np.mean(figures, axis=0)
    return {"solids": len(figures), "chamfer": round(float(chamfer), 4), "f_score": round(float(f), 3)}


def _watertight(mesh: Mesh) -> bool:
    return bool(trimesh.Trimesh(mesh.positions, mesh.triangles, process=False).is_watertight)


def _library(shards: Sequence[Shard]) -> tuple[np.ndarray, list[np.ndarray]]:
    """What every training solid looks like in its view, (n, d), and its stored grid."""
    seen = np.stack([_flat(view) for view in _views(shards)])
    return seen, [grid for shard in shards for grid in shard.grids]


def _views(shards: Sequence[Shard]) -> Iterator[Pixels]:
    for shard in shards:
        for views in shard.views:
            yield views[0]


def _flat(view: Pixels) -> np.ndarray:
    """Half as large, premultiplied, as one vector."""
    small = view[::2, ::2].astype(np.float32) / 255
    return (small * small[..., 3:]).ravel()


def _occupied(grid: np.ndarray) -> np.ndarray:
    """A stored grid's occupancy at the places of a grid of VOXELS, by the nearest cell."""
    index = ((np.arange(VOXELS) + 0.5) * GRID / VOXELS).astype(int)
    inside = floats(grid[0]) < 0
    return inside[np.ix_(index, index, index)].ravel()
