"""`python -m kinoform.training.depth COMMAND`: how depth-mini is made, from seeds to measured weights."""

import json
from pathlib import Path
from typing import Annotated

import typer

from kinoform.models.depth_mini.predict import DepthMini
from kinoform.training.depth import bank, learner, shards
from kinoform.training.depth.evaluate import EXAM, on_motorcycle, on_scenes
from kinoform.training.depth.export import export, record
from kinoform.training.depth.sheet import photographs, renders, write_sheet
from kinoform.training.depth.views import CAMERAS
from kinoform.training.furniture.catalogue import FOLDER
from kinoform.training.records import record_run
from kinoform.training.workers import launch

DEFAULT = bank.Sizes()

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Run = Annotated[Path, typer.Option(help="Folder of this run: bank, pictures, checkpoint, records.")]
Model = Annotated[Path, typer.Option(help="Model folder, with its card.json.")]
Processes = Annotated[int, typer.Option(min=1, help="One-thread processes that work together.")]
Count = Annotated[int, typer.Option(min=0, help="At most, where the package is installed.")]


@app.command()
def prepare(
    run: Run,
    scenes: Annotated[int, typer.Option(min=1, help=f"Rounded up to whole shards; {CAMERAS} pictures each.")] = 4000,
    processes: Processes = 2,
    solids: Annotated[int, typer.Option(min=1, help="Parametric solids that stand about.")] = DEFAULT.solids,
    tiles: Annotated[int, typer.Option(min=1, help="Textures.")] = DEFAULT.tiles,
    furniture: Count = DEFAULT.furniture,
    libraries: Annotated[Path, typer.Option(help="Folder of sweethome3d-furniture.")] = FOLDER,
    exam: Annotated[int, typer.Option(min=1, help="Held-out scenes; rounded up.")] = shards.SCENES,
) -> None:
    """Furnish and render scenes; what exists already is left alone."""
    record_run(run, "prepare", {"scenes": scenes, "solids": solids, "tiles": tiles, "furniture": furniture})
    sizes = bank.Sizes(solids=solids, tiles=tiles, furniture=furniture)
    held_out = bank.Sizes(*map(min, sizes, bank.EXAM))
    wanted: tuple[tuple[bank.Half, bank.Sizes, int], ...] = (("exam", held_out, exam), ("lessons", sizes, scenes))
    for half, size, count in wanted:
        launch(bank.write_bank, processes, processes, run / "bank" / half, half, size, libraries)
        launch(shards.write_shards, processes, processes, run, half, -(-count // shards.SCENES))


@app.command()
def train(
    run: Run,
    steps: Annotated[int, typer.Option(min=1)] = 6000,
    batch: Annotated[int, typer.Option(min=1, help="Pictures a process and step.")] = 16,
    descent: Annotated[int, typer.Option(min=1, help="The learning rate falls over so many last steps.")] = 2000,
    coarse: Annotated[
        int, typer.Option(min=0, help="So many first steps see smaller pictures, and are quicker.")
    ] = 3000,
    processes: Processes = 2,
    bfloat16: Annotated[bool, typer.Option(help="Multiply in bfloat16; slow on CPUs without it.")] = True,
) -> None:
    """Train the network; resumes, and may be prolonged by more steps."""
    settings = learner.DepthRun(folder=run, steps=steps, batch=batch, descent=descent, coarse=coarse, bfloat16=bfloat16)
    launch(learner.train, processes, settings)


@app.command(name="export")
def export_model(run: Run, model: Model) -> None:
    """Write the model folder: the network in bfloat16, the card, the credits."""
    export(run, model)


@app.command()
def evaluate(
    run: Run,
    model: Model,
    pictures: Annotated[int, typer.Option(min=1, help="Held-out rendered pictures.")] = EXAM,
    write: Annotated[bool, typer.Option("--record", help="Write the figures into the card.")] = False,
) -> None:
    """Measure a model on a photograph with measured depth, and on scenes that no training saw; prints JSON."""
    depth_mini = DepthMini.from_folder(model)
    found = {
        "motorcycle": on_motorcycle(depth_mini),
        "scenes": on_scenes(depth_mini, shards.read_shards(run, "exam"), pictures),
    }
    print(json.dumps(found, indent=1))
    if write:
        record(model, found)


@app.command()
def sheet(run: Run, model: Model, output: Path, count: Annotated[int, typer.Option(min=1)] = 13) -> None:
    """Write a page of photographs and held-out renders with what the model sees in them."""
    pictures = [*photographs(), *renders(shards.read_shards(run, "exam"), count)]
    write_sheet(output, DepthMini.from_folder(model), pictures)


if __name__ == "__main__":
    app()
