"""`python -m kinoform.training.grain COMMAND`: how grain-mini is made, from rendered materials to measured weights."""

import json
import sys
from pathlib import Path
from typing import Annotated

import torch
import typer

from kinoform.models.card import MaterialLimits, read_card
from kinoform.models.grain_mini.autoencoder import MaterialAutoencoder
from kinoform.models.grain_mini.family import GrainMini
from kinoform.training.grain import codec, dataset, denoiser, latents
from kinoform.training.grain.captions import canonical
from kinoform.training.grain.evaluate import evaluate, lessons
from kinoform.training.grain.export import export, record
from kinoform.training.grain.judge import Judge
from kinoform.training.grain.sampling import chosen, request, sample
from kinoform.training.grain.sheet import write_sheet
from kinoform.training.records import record_run

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Run = Annotated[Path, typer.Option(help="Folder of this run: materials, checkpoints, latents, records.")]
Model = Annotated[Path, typer.Option(help="Model folder, with its card.json.")]
Steps = Annotated[int, typer.Option(min=1)]
Batch = Annotated[int, typer.Option(min=1, help="Samples a step.")]
Rate = Annotated[float, typer.Option(min=0, help="Greatest learning rate.")]
Device = Annotated[str, typer.Option(help="cpu, or cuda with a greater batch.")]
Width = Annotated[int, typer.Option(min=8, help="Width of a token.")]
Depth = Annotated[int, typer.Option(min=1, help="Blocks.")]
OwnSteps = Annotated[int | None, typer.Option(min=1, help="Default: the card's.")]
Guidance = Annotated[float | None, typer.Option(help="Default: the card's.")]
Seed = Annotated[int, typer.Option(min=0)]

SHAPE = denoiser.Shape()


def say(text: str) -> None:
    """Progress, apart from results: to stderr."""
    print(text, file=sys.stderr, flush=True)


@app.command()
def prepare(
    run: Run,
    shards: Annotated[int, typer.Option(min=1, help=f"Of {dataset.SHARD} tiles.")] = 200,
    large: Annotated[int, typer.Option(min=0, help=f"Shards of {dataset.LARGE_SHARD} larger tiles.")] = 200,
) -> None:
    """Render materials; shards that exist are left alone."""
    record_run(run, "prepare", {"shards": shards, "large": large})
    dataset.prepare(run, shards, large)


@app.command(name="codec")
def train_codec(run: Run, steps: Steps = 3000, batch: Batch = 8, rate: Rate = 2e-3, device: Device = "cpu") -> None:
    """Train the autoencoder; resumes."""
    codec.train(codec.CodecRun(folder=run, steps=steps, batch=batch, rate=rate, device=device))


@app.command(name="latents")
def cache_latents(run: Run) -> None:
    """Freeze the autoencoder if it is not, then encode all materials and captions."""
    record_run(run, "latents", {})
    if not (run / "autoencoder").exists():
        latents.freeze_codec(run)
    latents.write_cache(run)


@app.command(name="denoiser")
def train_denoiser(
    run: Run,
    steps: Steps = 4400,
    batch: Batch = 16,
    rate: Rate = 1.6e-3,
    descent: Annotated[int, typer.Option(min=1, help="The learning rate falls over so many last steps.")] = 1500,
    dim: Width = SHAPE.dim,
    depth: Depth = SHAPE.depth,
    device: Device = "cpu",
) -> None:
    """Train the denoiser on the cached latents; resumes, and may be prolonged by more steps."""
    shape = denoiser.Shape(dim=dim, depth=depth)
    denoiser.train(
        denoiser.DenoiserRun(
            folder=run, steps=steps, batch=batch, rate=rate, descent=descent, shape=shape, device=device
        )
    )


@app.command(name="export")
def export_model(run: Run, model: Model, dim: Width = SHAPE.dim, depth: Depth = SHAPE.depth) -> None:
    """Write the model folder: bfloat16 weights and card."""
    card = export(run, model, denoiser.Shape(dim=dim, depth=depth))
    say(f"{card.name} {card.version} written to {model}")


@app.command(name="evaluate")
def evaluate_model(
    run: Run,
    model: Model,
    tiles: Annotated[int, typer.Option(min=2, help="Held-out captions to try.")] = 72,
    steps: OwnSteps = None,
    guidance: Guidance = None,
    seed: Seed = 0,
    into_card: Annotated[bool, typer.Option("--record", help="Write the figures into the model's card.")] = False,
) -> None:
    """Family, colour and number on held-out captions, seams, and the codec: one JSON object on stdout."""
    say("teaching the judge on real tiles")
    judge = Judge.fitted(lessons(run))
    default_steps, default_guidance = _defaults(model)
    autoencoder = MaterialAutoencoder.from_pretrained(model / "autoencoder", torch_dtype=torch.float32)
    report = evaluate(
        GrainMini.from_folder(model),
        autoencoder,
        judge,
        tiles=tiles,
        steps=default_steps if steps is None else steps,
        guidance=default_guidance if guidance is None else guidance,
        seed=seed,
        progress=say,
    ).to_json()
    print(json.dumps(report, indent=1))
    if into_card:
        record(model, report)


@app.command()
def sheet(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", help="PNG file.")],
    tiles: Annotated[int, typer.Option(min=1)] = 36,
    repeats: Annotated[int, typer.Option(min=1, help="Shows each tile so often both ways.")] = 1,
    size: Annotated[int, typer.Option(help="Pixels of a tile: 256, 512 or 1024.")] = 256,
    steps: OwnSteps = None,
    guidance: Guidance = None,
    seed: Seed = 0,
) -> None:
    """Draw a contact sheet of held-out captions, of every family in turn."""
    default_steps, default_guidance = _defaults(model)
    steps = default_steps if steps is None else steps
    guidance = default_guidance if guidance is None else guidance
    recipes = chosen(tiles)
    requests = [
        request(each, seed=seed + number, steps=steps, guidance=guidance, size=size)
        for number, each in enumerate(recipes)
    ]
    captions = [canonical(recipe) for recipe in recipes]
    write_sheet(output, captions, sample(GrainMini.from_folder(model), requests), repeats=repeats)


def _defaults(model: Path) -> tuple[int, float]:
    ranges = read_card(model / "card.json").ranges
    assert isinstance(ranges, MaterialLimits)
    return ranges.default_steps, ranges.default_guidance


if __name__ == "__main__":
    torch.set_num_threads(1)
    app()
