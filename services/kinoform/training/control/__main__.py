"""`python -m kinoform.training.control COMMAND`: how kino-mini learns to follow edges, depth, masks and pixels."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from kinoform.models.card import read_video_card
from kinoform.models.kino_mini.family import KinoMini
from kinoform.training import sprites
from kinoform.training.control import branch, cache, evaluate, export, follow
from kinoform.training.control.sheet import write_control_sheet
from kinoform.training.latents import Stage
from kinoform.training.records import record_run
from kinoform.training.render import Renderer
from kinoform.training.workers import launch

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Run = Annotated[Path, typer.Option(help="Folder of this run: sprites, clips, checkpoints, records.")]
Model = Annotated[Path, typer.Option(help="Folder of the kino-mini that is to be steered.")]
Steps = Annotated[int, typer.Option(min=1)]
Cases = Annotated[int, typer.Option(min=1, help="Held-out captions, evenly spread.")]


@app.command()
def clips(
    run: Run,
    model: Model,
    shards: Annotated[int, typer.Option(min=1, help=f"Of {cache.CLIPS} clips each.")] = 48,
    source: Annotated[Path | None, typer.Option(help="Folder with the tarballs; without it they are fetched.")] = None,
    processes: Annotated[int, typer.Option(min=1)] = 2,
) -> None:
    """Fetch the emoji where they are not there yet, render clips with their maps, and encode them."""
    record_run(run, "control clips", {"shards": shards})
    if not (run / "sprites.npz").exists():
        folder = run / "packages" if source is None else source
        if source is None:
            sprites.fetch(folder)
        sprites.save(run / "sprites.npz", sprites.decode_all(folder))
    launch(cache.write_shards, processes, processes, run, model / "autoencoder", 0, shards)


@app.command(name="follow")
def train_follower(run: Run, steps: Steps = 4000) -> None:
    """Train the motion follower."""
    follow.train(follow.FollowerRun(folder=run, steps=steps))


@app.command()
def train(
    run: Run,
    model: Model,
    stage: Annotated[Stage, typer.Option(help="Whose branch.")],
    steps: Steps = 6000,
    batch: Annotated[int, typer.Option(min=1, help="48 keyframes or 16 clips take about as long.")] = 16,
    descent: Annotated[int, typer.Option(min=1, help="The learning rate falls over so many last steps.")] = 1500,
) -> None:
    """Train a stage's control branch; resumes, and may be prolonged by more steps."""
    branch.train(branch.BranchRun(folder=run, model=model, stage=stage, steps=steps, batch=batch, descent=descent))


@app.command(name="export")
def export_control(run: Run, model: Model) -> None:
    """Write branches and follower into the model's folder, and what it follows into its card."""
    export.export(run, model)


@app.command(name="evaluate")
def evaluate_control(
    run: Run,
    model: Model,
    cases: Cases = 120,
    into_card: Annotated[bool, typer.Option("--record", help="Write the figures into the model's card.")] = False,
) -> None:
    """Held-out captions on ways of their own: how well clips follow, with each kind of condition and without."""
    card = read_video_card(model / "card.json")
    tried = evaluate.cases(
        Renderer(sprites.load(run / "sprites.npz")),
        cases,
        steps=card.ranges.default_steps,
        guidance=card.ranges.default_guidance,
    )
    family = KinoMini.from_folder(model, name=card.name)
    report = evaluate.measure(family, tried, lambda part: print(part, file=sys.stderr, flush=True))
    print(json.dumps(report))
    if into_card:
        export.record(model, report)


@app.command()
def sheet(
    run: Run,
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="PNG file.")],
    cases: Cases = 6,
) -> None:
    """Draw some of them: map, clip without, clip with."""
    card = read_video_card(model / "card.json")
    ranges = card.ranges
    renderer = Renderer(sprites.load(run / "sprites.npz"))
    tried = evaluate.cases(renderer, cases, steps=ranges.default_steps, guidance=ranges.default_guidance)
    write_control_sheet(output, KinoMini.from_folder(model, name=card.name), tried)


if __name__ == "__main__":
    app()
