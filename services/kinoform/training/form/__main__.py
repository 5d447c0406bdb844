"""`python -m kinoform.training.form COMMAND`: how form-mini is made, from seeds to measured weights."""

import json
import shutil
import sys
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from kinoform.models.card import is_mesh, read_card
from kinoform.models.form_mini.family import FormMini
from kinoform.training.form import codec, denoiser, latents, shards
from kinoform.training.form.card import EXAM
from kinoform.training.form.evaluate import Settings, from_captions, from_pictures, make, reconstruction
from kinoform.training.form.export import export, record
from kinoform.training.form.judge import Judge
from kinoform.training.form.lessons import CORE, EVERY
from kinoform.training.form.several import from_views
from kinoform.training.form.sheet import write_sheet
from kinoform.training.form.sketches import from_sketches
from kinoform.training.furniture.catalogue import catalogue, split
from kinoform.training.furniture.solid import solid
from kinoform.training.records import record_run
from kinoform.training.shapes.catalogue import build
from kinoform.training.shapes.draw import held_out_captions
from kinoform.training.shapes.facts import Facts
from kinoform.training.shapes.shape import Shape
from kinoform.training.workers import launch

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Run = Annotated[Path, typer.Option(help="Folder of this run: solids, checkpoints, latents, records.")]
Model = Annotated[Path, typer.Option(help="Model folder, with its card.json.")]
Processes = Annotated[int, typer.Option(min=1, help="One-thread processes that work together.")]
Batch = Annotated[int, typer.Option(min=1, help="Solids a process and step.")]
Steps = Annotated[int, typer.Option(min=1)]
Device = Annotated[str, typer.Option(help="cpu, or cuda with --processes 1 and a greater batch.")]
Every = Annotated[bool, typer.Option("--every-family", help="All families, not only those that hours can teach.")]
OwnSteps = Annotated[int | None, typer.Option(min=1, help="Default: the card's.")]
Guidance = Annotated[float | None, typer.Option(help="Default: the card's.")]


@app.command()
def prepare(
    run: Run,
    solids: Annotated[int, typer.Option(min=1, help="Rounded up to whole shards.")] = 16_000,
    processes: Processes = 2,
    every_family: Every = False,
    furniture: Annotated[int, typer.Option(min=0, help="Times that Sweet Home 3D's models are taken, too.")] = 0,
) -> None:
    """Draw parametric solids and take samples of them; shards that exist are left alone."""
    record_run(run, "prepare", {"solids": solids, "every_family": every_family, "furniture": furniture})
    count = -(-solids // shards.SHARD)
    launch(shards.write_shards, processes, processes, run, EVERY if every_family else CORE, 0, count)
    if furniture:
        launch(shards.write_furniture, processes, processes, run, furniture)


@app.command(name="codec")
def train_codec(
    run: Run, steps: Steps = 2200, batch: Batch = 8, processes: Processes = 2, device: Device = "cpu"
) -> None:
    """Train the autoencoder; resumes."""
    launch(codec.train, processes, codec.CodecRun(folder=run, steps=steps, batch=batch, device=device))


@app.command(name="latents")
def cache_latents(
    run: Run,
    processes: Processes = 2,
    model: Annotated[Path | None, typer.Option(help="Take this model's autoencoder, not the run's own codec.")] = None,
) -> None:
    """Freeze the autoencoder, then encode the solids and their captions."""
    record_run(run, "latents", {"processes": processes})
    if model is not None:
        shutil.copytree(model / "autoencoder", run / "autoencoder", dirs_exist_ok=True)
    elif not (run / "autoencoder").exists():
        latents.freeze_codec(run / "codec.pt", shards.read_shards(run), run / "autoencoder")
    launch(latents.write_latents, processes, processes, run)


@app.command()
def train(
    run: Run,
    steps: Steps = 6000,
    batch: Batch = 32,
    descent: Annotated[int, typer.Option(min=1, help="The learning rate falls over so many last steps.")] = 1000,
    processes: Processes = 2,
    device: Device = "cpu",
    view_share: Annotated[float, typer.Option(min=0.1, max=0.9, help="Of the solids, those from a view.")] = 0.5,
    start: Annotated[Path | None, typer.Option(help="Begin with the weights of this model folder.")] = None,
) -> None:
    """Train the denoiser and its eye on the cached latents; resumes, and may be prolonged by more steps."""
    settings = denoiser.DenoiserRun(
        folder=run,
        steps=steps,
        batch=batch,
        descent=descent,
        device=device,
        view_share=view_share,
        start=None if start is None else str(start),
    )
    launch(denoiser.train, processes, settings)


@app.command(name="export")
def export_model(run: Run, model: Model) -> None:
    """Write the model folder: networks in bfloat16, the card."""
    export(run, model)


@app.command()
def evaluate(
    run: Run,
    model: Model,
    captions: Annotated[int, typer.Option(min=1, help="Held-out captions to try.")] = EXAM,
    pictures: Annotated[int, typer.Option(min=1, help="Solids to make from unseen views, and to reconstruct.")] = 60,
    furniture: Annotated[
        int, typer.Option(min=0, help="Models of Debian's sweethome3d-furniture to reconstruct; 80 are held out.")
    ] = 0,
    steps: OwnSteps = None,
    guidance: Guidance = None,
    write: Annotated[bool, typer.Option("--record", help="Write the figures into the card.")] = False,
) -> None:
    """Measure a model on captions, views and solids that no training saw; prints JSON."""
    solids, facts = shards.read_shards(run), held_out_captions(captions, _families(run))
    settings, form = _settings(model, steps, guidance), FormMini.from_folder(model)
    print("teaching the judge …", file=sys.stderr)
    found = {
        "settings": {"steps": settings.steps, "guidance": settings.guidance, "seed": settings.seed},
        "from_captions": from_captions(form, Judge.fitted(solids[:JUDGED_SHARDS]), facts, settings),
        "from_pictures": from_pictures(form, solids, facts[:pictures], settings),
        "autoencoder": reconstruction(form, (_solid(known) for _, known in facts[:pictures])),
    }
    if furniture:
        held_out = split(catalogue())[1][:furniture]
        found["autoencoder_on_furniture"] = reconstruction(form, (solid(item) for item in held_out))
    print(json.dumps(found, indent=1))
    if write:
        record(model, found)


JUDGED_SHARDS = 8
"""The judge learns from so many shards."""


@app.command()
def views(
    model: Model,
    solids: Annotated[int, typer.Option(min=2, help="Held-out solids to make from 1, 2 and 4 views.")] = 64,
    steps: OwnSteps = None,
    guidance: Guidance = None,
    every_family: Every = False,
) -> None:
    """Measure what several views of a solid bring over one; prints JSON. Needs no run."""
    exam = held_out_captions(solids, EVERY if every_family else CORE)
    print(json.dumps(from_views(FormMini.from_folder(model), exam, _settings(model, steps, guidance)), indent=1))


@app.command()
def sketches(
    model: Model,
    solids: Annotated[int, typer.Option(min=2, help="Held-out solids to make from a drawing of each.")] = 64,
    steps: OwnSteps = None,
    guidance: Guidance = None,
    every_family: Every = False,
) -> None:
    """Measure what line drawings of solids give; prints JSON. Needs no run."""
    exam = held_out_captions(solids, EVERY if every_family else CORE)
    print(json.dumps(from_sketches(FormMini.from_folder(model), exam, _settings(model, steps, guidance)), indent=1))


@app.command()
def sheet(run: Run, model: Model, output: Path, count: Annotated[int, typer.Option(min=1)] = 30) -> None:
    """Write a page of solids from held-out captions, seeds not selected."""
    captions = [caption for caption, _ in held_out_captions(count, _families(run))]
    made = make(FormMini.from_folder(model), _settings(model, None, None), captions, [None] * count)
    write_sheet(output, captions, made)


def _settings(model: Path, steps: int | None, guidance: float | None) -> Settings:
    card = read_card(model / "card.json")
    if not is_mesh(card):
        raise typer.BadParameter(f"{model} is a {card.kind} model")
    return Settings(
        steps=card.ranges.default_steps if steps is None else steps,
        guidance=card.ranges.default_guidance if guidance is None else guidance,
    )


def _families(run: Path) -> tuple[str, ...]:
    return shards.families_of(shards.read_shards(run))


def _solid(facts: Facts) -> Shape:
    return build(facts, np.random.default_rng(1))


if __name__ == "__main__":
    app()
