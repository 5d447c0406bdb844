"""`python -m kinoform.training.control COMMAND`: how kino-mini learns to follow edges, depth, masks and pixels."""

from pathlib import Path
from typing import Annotated

import typer

from kinoform.training import sprites
from kinoform.training.control import branch, cache, follow
from kinoform.training.latents import Stage
from kinoform.training.records import record_run
from kinoform.training.workers import launch

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Run = Annotated[Path, typer.Option(help="Folder of this run: sprites, clips, checkpoints, records.")]
Model = Annotated[Path, typer.Option(help="Folder of the kino-mini that is to be steered.")]
Steps = Annotated[int, typer.Option(min=1)]


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


if __name__ == "__main__":
    app()
